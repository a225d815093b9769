import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { ParallaxError } from '@parallax/core';
import { addJar } from './artifacts.ts';
import { type DecodedBatch, decodeBatches } from './batch.ts';
import { execute } from './execute.ts';
import {
  type ExecutePlanResponse_Metrics,
  AnalyzePlanRequest_Explain_ExplainMode as ExplainModeProto,
  InterruptRequest_InterruptType as InterruptType,
  type Plan,
  PlanSchema,
} from './generated/spark/connect/base_pb.js';
import type { CommandSchema } from './generated/spark/connect/commands_pb.js';
import { type Relation, RelationSchema } from './generated/spark/connect/relations_pb.js';
import { limits } from './limits.ts';
import { localRelation } from './local-data.ts';
import { structFromProto, unparsedType } from './proto-types.ts';
import type { Rpc } from './rpc.ts';
import type { CommandMetrics, ExplainMode, SourceDefinition, SparkSession, StatementOptions } from './session.ts';
import { type SqlArgs, sqlRelation } from './sql-args.ts';
import { isPureQuery } from './statement.ts';
import { type StreamingQuery, type StreamingQueryDefinition, startStreamingQuery } from './streaming.ts';
import type { StructType } from './types.ts';
import type { Row, SparkValue } from './values.ts';

export interface ConnectSessionParts {
  readonly rpc: Rpc;
  readonly sessionId: string;
  readonly sparkVersion: string;
  readonly newOperationId: () => string;
  readonly disconnect: () => void;
}

/** {@link SparkSession} over the calls of one {@link Rpc}. */
export class ConnectSession implements SparkSession {
  readonly sparkVersion: string;
  readonly sessionId: string;
  readonly #rpc: Rpc;
  readonly #parts: ConnectSessionParts;
  readonly #parsedSchemas = new Map<string, StructType>();
  #closing: Promise<void> | undefined;

  constructor(parts: ConnectSessionParts) {
    this.#parts = parts;
    this.#rpc = parts.rpc;
    this.sparkVersion = parts.sparkVersion;
    this.sessionId = parts.sessionId;
  }

  async command(sql: string, options: StatementOptions = {}): Promise<CommandMetrics> {
    const input = statementRelation(sql, options);
    return this.#runCommand({ case: 'sqlCommand', value: { input } }, { repeatable: false, sql, signal: options.signal });
  }

  async *query(sql: string, options: StatementOptions = {}): AsyncGenerator<Row, void> {
    for await (const batch of this.queryBatches(sql, options)) yield* batch.rows();
  }

  async *queryBatches(sql: string, options: StatementOptions = {}): AsyncGenerator<DecodedBatch, void> {
    yield* this.#batches(statementRelation(sql, options), { repeatable: isPureQuery(sql), sql, signal: options.signal });
  }

  async collect(sql: string, options: StatementOptions & { readonly limitRows?: number } = {}): Promise<Row[]> {
    const limit = options.limitRows ?? limits.collectRowsMax;
    const rows: Row[] = [];
    for await (const batch of this.queryBatches(sql, options)) {
      if (rows.length + batch.rowCount > limit) throw tooManyRows(limit);
      for (const row of batch.rows()) rows.push(row);
    }
    return rows;
  }

  async schema(sql: string, options: Pick<StatementOptions, 'args' | 'relations'> = {}): Promise<StructType> {
    const plan = rootPlan(statementRelation(sql, options));
    const response = await this.#analyze({ case: 'schema', value: { plan } }, sql);
    if (response.result.case !== 'schema') throw unexpected('schema');
    return structFromProto(response.result.value.schema);
  }

  async explain(sql: string, mode: ExplainMode = 'formatted', options: Pick<StatementOptions, 'args' | 'relations'> = {}): Promise<string> {
    const plan = rootPlan(statementRelation(sql, options));
    const response = await this.#analyze({ case: 'explain', value: { plan, explainMode: EXPLAIN_MODES[mode] } }, sql);
    if (response.result.case !== 'explain') throw unexpected('explain');
    return response.result.value.explainString;
  }

  async parseSchema(ddl: string): Promise<StructType> {
    const known = this.#parsedSchemas.get(ddl);
    if (known !== undefined) return known;
    const response = await this.#analyze({ case: 'ddlParse', value: { ddlString: ddl } }, ddl);
    if (response.result.case !== 'ddlParse') throw unexpected('ddlParse');
    const parsed = structFromProto(response.result.value.parsed);
    if (this.#parsedSchemas.size >= limits.ddlCacheEntriesMax) this.#parsedSchemas.clear();
    this.#parsedSchemas.set(ddl, parsed);
    return parsed;
  }

  async createLocalView(name: string, schema: StructType | string, rows: Iterable<readonly SparkValue[]>): Promise<void> {
    const struct = typeof schema === 'string' ? await this.parseSchema(schema) : schema;
    await this.#createView(name, await localRelation(this.#rpc, struct, rows));
  }

  async createSourceView(name: string, source: SourceDefinition): Promise<void> {
    await this.#createView(name, sourceRelation(source));
  }

  async #createView(name: string, input: Relation): Promise<void> {
    await this.#runCommand({ case: 'createDataframeView', value: { input, name, isGlobal: false, replace: true } }, { repeatable: true });
  }

  async dropView(name: string): Promise<boolean> {
    const catType = { case: 'dropTempView', value: { viewName: name } } as const;
    const relation = create(RelationSchema, { relType: { case: 'catalog', value: { catType } } });
    let dropped = false;
    for await (const batch of this.#batches(relation, { repeatable: true })) {
      for (let index = 0; index < batch.rowCount; index++) dropped = batch.columns[0]?.get(index) === true;
    }
    return dropped;
  }

  async setConf(entries: Readonly<Record<string, string>>): Promise<void> {
    const pairs = Object.entries(entries).map(([key, value]) => ({ key, value }));
    await this.#rpc.unary((options) =>
      this.#rpc.client.config({ ...this.#rpc.header(), operation: { opType: { case: 'set', value: { pairs } } } }, options),
    );
  }

  async addJar(path: string): Promise<void> {
    await addJar(this.#rpc, path);
  }

  async registerJavaFunction(name: string, className: string, returnTypeDdl: string): Promise<void> {
    const javaUdf = { case: 'javaUdf', value: { className, outputType: unparsedType(returnTypeDdl), aggregate: false } } as const;
    await this.#runCommand(
      { case: 'registerFunction', value: { functionName: name, deterministic: true, function: javaUdf } },
      { repeatable: true },
    );
  }

  startStreamingQuery(definition: StreamingQueryDefinition): Promise<StreamingQuery> {
    return startStreamingQuery((command) => this.#responses(command, { repeatable: false }), definition);
  }

  async interruptAll(): Promise<readonly string[]> {
    const response = await this.#rpc.unary((options) =>
      this.#rpc.client.interrupt({ ...this.#rpc.header(), interruptType: InterruptType.ALL }, options),
    );
    return response.interruptedIds;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      if (!this.#rpc.usable) return;
      const header = this.#rpc.bareHeader();
      this.#rpc.markClosed();
      await this.#rpc.idle();
      await this.#rpc.settle(this.#releaseSession(header));
    } finally {
      this.#rpc.markClosed();
      this.#parts.disconnect();
    }
  }

  async #releaseSession(header: ReturnType<Rpc['bareHeader']>): Promise<void> {
    try {
      await this.#rpc.client.releaseSession(header, { timeoutMs: limits.releaseTimeoutMs });
    } catch (error) {
      // A server without spark-mllib fails so at the end of SessionHolder.close, when all that matters has been freed.
      if (!ConnectError.from(error).rawMessage.includes('org/apache/spark/ml/util/ConnectHelper')) throw error;
    }
  }

  #analyze(analyze: AnalyzeInit, sql: string) {
    return this.#rpc.unary((options) => this.#rpc.client.analyzePlan({ ...this.#rpc.header(), analyze }, options), sql);
  }

  async *#batches(relation: Relation, how: RunOptions): AsyncGenerator<DecodedBatch, void> {
    let schema: StructType | undefined;
    for await (const response of execute(this.#rpc, { plan: rootPlan(relation), operationId: this.#parts.newOperationId(), ...how })) {
      if (response.schema !== undefined) schema = structFromProto(response.schema);
      if (response.responseType.case !== 'arrowBatch') continue;
      if (schema === undefined) throw unexpected('a batch before its schema');
      yield* decodeBatches(response.responseType.value.data, schema);
    }
  }

  #responses(commandType: CommandInit, how: RunOptions, operationId = this.#parts.newOperationId()) {
    const plan = create(PlanSchema, { opType: { case: 'command', value: { commandType } } });
    return execute(this.#rpc, { plan, operationId, ...how });
  }

  async #runCommand(commandType: CommandInit, how: RunOptions): Promise<CommandMetrics> {
    const operationId = this.#parts.newOperationId();
    let metrics: ExecutePlanResponse_Metrics | undefined;
    for await (const response of this.#responses(commandType, how, operationId)) {
      if (response.metrics !== undefined) metrics = response.metrics;
      if (response.responseType.case !== 'sqlCommandResult') continue;
      // A command comes back with its rows; a query comes back as it was, not run.
      if (response.responseType.value.relation?.relType.case !== 'localRelation') throw notACommand();
    }
    return { operationId, nodes: (metrics?.metrics ?? []).map(metricsOfNode) };
  }
}

type RunOptions = { readonly repeatable: boolean; readonly sql?: string | undefined; readonly signal?: AbortSignal | undefined };
type CommandInit = NonNullable<MessageInitShape<typeof CommandSchema>['commandType']>;
type AnalyzeInit = NonNullable<Parameters<Rpc['client']['analyzePlan']>[0]['analyze']>;

const EXPLAIN_MODES: Readonly<Record<ExplainMode, ExplainModeProto>> = {
  simple: ExplainModeProto.SIMPLE,
  extended: ExplainModeProto.EXTENDED,
  codegen: ExplainModeProto.CODEGEN,
  cost: ExplainModeProto.COST,
  formatted: ExplainModeProto.FORMATTED,
};

function textRelation(sql: string, args?: SqlArgs): Relation {
  return create(RelationSchema, { relType: { case: 'sql', value: sqlRelation(sql, args) } });
}

/** A statement with the relations that it alone names. */
function statementRelation(sql: string, { args, relations = {} }: Pick<StatementOptions, 'args' | 'relations'>): Relation {
  const root = textRelation(sql, args);
  const references = Object.entries(relations).map(([alias, definition]) => {
    const input = 'sql' in definition ? textRelation(definition.sql) : sourceRelation(definition);
    return create(RelationSchema, { relType: { case: 'subqueryAlias', value: { input, alias } } });
  });
  return references.length === 0 ? root : create(RelationSchema, { relType: { case: 'withRelations', value: { root, references } } });
}

function sourceRelation({ format, schema, options = {}, paths = [], predicates = [], streaming = false }: SourceDefinition): Relation {
  const dataSource = {
    format,
    options: { ...options },
    paths: [...paths],
    predicates: [...predicates],
    ...(schema === undefined ? {} : { schema }),
  };
  const read = { case: 'read', value: { isStreaming: streaming, readType: { case: 'dataSource', value: dataSource } } } as const;
  return create(RelationSchema, { relType: read });
}

function rootPlan(relation: Relation): Plan {
  return create(PlanSchema, { opType: { case: 'root', value: relation } });
}

function metricsOfNode(node: ExecutePlanResponse_Metrics['metrics'][number]): CommandMetrics['nodes'][number] {
  const values = Object.values(node.executionMetrics).map((metric) => [metric.name, metric.value] as const);
  return { name: node.name, values: Object.fromEntries(values) };
}

function tooManyRows(limit: number): ParallaxError {
  return new ParallaxError('PRLX_SPARK_TOO_MANY_ROWS', `the query has more than ${limit} rows`, {
    advice: 'Stream it by query or queryBatches, or aggregate in SQL.',
    exitCode: 2,
  });
}

function notACommand(): ParallaxError {
  return new ParallaxError('PRLX_SPARK_NOT_A_COMMAND', 'the statement is a query, which command does not run', {
    advice: 'Use query, queryBatches or collect.',
    exitCode: 2,
  });
}

function unexpected(what: string): ParallaxError {
  return new ParallaxError('PRLX_SPARK_PROTOCOL', `Spark answered ${what} with something else`);
}
