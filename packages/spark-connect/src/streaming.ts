import type { MessageInitShape } from '@bufbuild/protobuf';
import { ParallaxError } from '@parallax/core';
import type { ExecutePlanResponse } from './generated/spark/connect/base_pb.js';
import type { CommandSchema, StreamingQueryCommandResult, StreamingQueryInstanceId } from './generated/spark/connect/commands_pb.js';
import { sqlRelation } from './sql-args.ts';

/** A Structured Streaming query, as `df.writeStream…start()` says. Its sources are streaming views (`SourceDefinition.streaming`). */
export interface StreamingQueryDefinition {
  readonly sql: string;
  /** Of the sink: `noop`, `parquet`, `memory`, … */
  readonly format: string;
  readonly outputMode: 'append' | 'update' | 'complete';
  /** `checkpointLocation` among them. */
  readonly options: Readonly<Record<string, string>>;
  readonly trigger: StreamingTrigger;
}

/**
 * `available_now`: takes what is there, in as many micro-batches as the source's limits make of it, and ends. `processingTime`: a micro-batch each such
 * interval, `1 minute` for one, at whole multiples of it since 1970, until it is stopped.
 */
export type StreamingTrigger = 'available_now' | { readonly processingTime: string };

/** A query that was started; it ends with its session. */
export interface StreamingQuery {
  readonly id: string;
  /** Whether it runs; throws PRLX_SPARK_STREAMING with its reason when it failed. */
  active(): Promise<boolean>;
  /** Spark's reports of its last micro-batches, oldest first, as JSON gives them. */
  progress(): Promise<readonly StreamingProgress[]>;
  stop(): Promise<void>;
}

/** What is used of `StreamingQueryProgress.json`. */
export interface StreamingProgress {
  readonly batchId: number;
  /** Of all sources: over Connect the JSON has it by source alone. */
  readonly numInputRows: number;
  readonly durationMs: Readonly<Record<string, number>>;
}

/** Reads one report of a micro-batch. */
export function parseProgress(json: string): StreamingProgress {
  const { batchId, durationMs, sources } = JSON.parse(json) as Omit<StreamingProgress, 'numInputRows'> & {
    readonly sources: readonly { readonly numInputRows: number }[];
  };
  return { batchId, durationMs, numInputRows: sources.reduce((sum, source) => sum + source.numInputRows, 0) };
}

type CommandInit = NonNullable<MessageInitShape<typeof CommandSchema>['commandType']>;
/** The questions that are answered by yes or no, or need no more than to be asked. */
type QueryCommand = { readonly case: 'exception' | 'status' | 'recentProgress' | 'stop'; readonly value: true };
type QueryResult = StreamingQueryCommandResult['resultType'];
/** Runs one command and yields its responses. */
export type CommandRunner = (command: CommandInit) => AsyncIterable<ExecutePlanResponse>;

/** Starts the query on the server. Throws PRLX_SPARK_PROTOCOL when Spark answers with something else than a query. */
export async function startStreamingQuery(run: CommandRunner, definition: StreamingQueryDefinition): Promise<StreamingQuery> {
  const { sql, format, outputMode, options } = definition;
  const input = { relType: { case: 'sql', value: sqlRelation(sql, undefined) } } as const;
  const start = { input, format, outputMode, options: { ...options }, trigger: triggerOf(definition.trigger) };
  let queryId: StreamingQueryInstanceId | undefined;
  for await (const { responseType } of run({ case: 'writeStreamOperationStart', value: start })) {
    if (responseType.case === 'writeStreamOperationStartResult') queryId = responseType.value.queryId;
  }
  if (queryId === undefined) throw new ParallaxError('PRLX_SPARK_PROTOCOL', 'Spark did not say which streaming query it started');
  return queryOf(run, queryId);
}

function triggerOf(trigger: StreamingTrigger) {
  return trigger === 'available_now'
    ? ({ case: 'availableNow', value: true } as const)
    : ({ case: 'processingTimeInterval', value: trigger.processingTime } as const);
}

function queryOf(run: CommandRunner, queryId: StreamingQueryInstanceId): StreamingQuery {
  const ask = async (command: QueryCommand): Promise<QueryResult> => {
    let result: QueryResult = { case: undefined };
    for await (const { responseType } of run({ case: 'streamingQueryCommand', value: { queryId, command } })) {
      if (responseType.case === 'streamingQueryCommandResult') result = responseType.value.resultType;
    }
    return result;
  };
  return {
    id: queryId.id,
    async active() {
      const failed = await ask({ case: 'exception', value: true });
      if (failed.case === 'exception' && failed.value.exceptionMessage !== undefined)
        throw new ParallaxError('PRLX_SPARK_STREAMING', failed.value.exceptionMessage);
      const status = await ask({ case: 'status', value: true });
      return status.case === 'status' && status.value.isActive;
    },
    async progress() {
      const recent = await ask({ case: 'recentProgress', value: true });
      return recent.case === 'recentProgress' ? recent.value.recentProgressJson.map(parseProgress) : [];
    },
    async stop() {
      await ask({ case: 'stop', value: true });
    },
  };
}
