import type { DecodedBatch } from './batch.ts';
import type { SqlArgs } from './sql-args.ts';
import type { StreamingQuery, StreamingQueryDefinition } from './streaming.ts';
import type { StructType } from './types.ts';
import type { Row, SparkValue } from './values.ts';

/** What a statement may name beside the session's views: a table of a data source, or another query. */
export type RelationDefinition = SourceDefinition | { readonly sql: string };

export interface StatementOptions {
  /** Parameters bound by the server: positional for `?`, named for `:name`. */
  readonly args?: SqlArgs;
  /**
   * Relations that this statement alone names, by name: made with it in one call, and gone after it. A view of the session of the same name is gone too, and
   * two statements that run at once may not share a name.
   */
  readonly relations?: Readonly<Record<string, RelationDefinition>>;
  /** Aborting it interrupts the operation on the server; the call then fails with `PRLX_SPARK_CANCELLED`. */
  readonly signal?: AbortSignal;
}

/** What Spark measured while it ran a command: one entry a plan node that reports any metric. */
export interface CommandMetrics {
  readonly operationId: string;
  readonly nodes: readonly { readonly name: string; readonly values: Readonly<Record<string, bigint>> }[];
}

/** A table that Spark reads by one of its data sources, as `spark.read.format(…).options(…).load(…)` says. */
export interface SourceDefinition {
  /** `parquet`, `csv`, `jdbc`, `kafka`, or the name of a connector's class. */
  readonly format: string;
  /** Columns as DDL; without it the source says or infers them. */
  readonly schema?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly paths?: readonly string[];
  /** Of `jdbc` alone: SQL conditions of the store, each of which is read as a partition. */
  readonly predicates?: readonly string[];
  /** Read as a stream, by `startStreamingQuery` alone. */
  readonly streaming?: boolean;
}

export type ExplainMode = 'simple' | 'extended' | 'codegen' | 'cost' | 'formatted';

/**
 * One session with a Spark Connect server: its temporary views, functions and settings live until `close`, or until the server
 * restarts, after which every call fails with `PRLX_SPARK_RESTARTED` (retryable: connect again). All methods may be
 * called concurrently. They throw `SparkError` for what Spark refuses, `SparkConnectionError` for what the connection does.
 */
export interface SparkSession {
  readonly sparkVersion: string;
  readonly sessionId: string;
  /**
   * Runs a statement for its effect: DDL, INSERT, SET, CREATE VIEW. It runs at most once: when the connection fails so that it may
   * have run, the error says `mayHaveRun`. A query given here is refused with `PRLX_SPARK_NOT_A_COMMAND`, as nothing would run.
   *
   * @example await session.command('INSERT INTO t VALUES (?, ?)', { args: [1n, 'a'] });
   */
  command(sql: string, options?: StatementOptions): Promise<CommandMetrics>;
  /**
   * The rows of a query as they come; the next batch is only taken from the network when the loop asks for it. Leaving the loop
   * stops the query on the server.
   *
   * @example for await (const row of session.query('SELECT id FROM t WHERE x > :x', { args: { x: 5n } })) use(row);
   */
  query(sql: string, options?: StatementOptions): AsyncGenerator<Row, void>;
  /** The same by column, without an object a row. */
  queryBatches(sql: string, options?: StatementOptions): AsyncGenerator<DecodedBatch, void>;
  /** All rows; fails with `PRLX_SPARK_TOO_MANY_ROWS` above `limitRows` (default: `limits.collectRowsMax`). */
  collect(sql: string, options?: StatementOptions & { readonly limitRows?: number }): Promise<Row[]>;
  /** The columns that a query would have. It is analysed, not run. */
  schema(sql: string, options?: Pick<StatementOptions, 'args' | 'relations'>): Promise<StructType>;
  /** Spark's own description of the plan. */
  explain(sql: string, mode?: ExplainMode, options?: Pick<StatementOptions, 'args' | 'relations'>): Promise<string>;
  /** A DDL text (`a INT, b STRING`) as a type, parsed by Spark. */
  parseSchema(ddl: string): Promise<StructType>;
  /**
   * Creates or replaces a temporary view of local rows, one value a column in the schema's order. Above 1 MiB the server keeps the
   * data until the session closes, so do not make large views every minute.
   */
  createLocalView(name: string, schema: StructType | string, rows: Iterable<readonly SparkValue[]>): Promise<void>;
  /** Creates or replaces a temporary view of a data source. Options (passwords among them) never appear in SQL text. */
  createSourceView(name: string, source: SourceDefinition): Promise<void>;
  /** Drops a temporary view; true when there was one. */
  dropView(name: string): Promise<boolean>;
  /** Sets session settings. */
  setConf(entries: Readonly<Record<string, string>>): Promise<void>;
  /** Adds a local jar to the session. */
  addJar(path: string): Promise<void>;
  /**
   * Registers a class of an added jar (`org.apache.spark.sql.api.java.UDF1` … `UDF22`) as an SQL function of the session, replacing one
   * of that name. `returnTypeDdl` such as `BINARY` or `STRUCT<a: INT>`.
   */
  registerJavaFunction(name: string, className: string, returnTypeDdl: string): Promise<void>;
  /** Starts a Structured Streaming query; it runs on the server until it is done, stopped, or the session closes. */
  startStreamingQuery(definition: StreamingQueryDefinition): Promise<StreamingQuery>;
  /** Interrupts every running operation of the session; returns their ids. */
  interruptAll(): Promise<readonly string[]>;
  /** Ends the session on the server, its operations with it, and closes the connection. Safe to call twice. */
  close(): Promise<void>;
}
