import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter, createRouterTransport, type HandlerContext } from '@connectrpc/connect';
import { ArrowStreamBuilder } from '../src/arrow/encode.ts';
import type { ConnectOptions } from '../src/connect.ts';
import { openSession } from '../src/connect.ts';
import { ErrorInfoSchema } from '../src/generated/google/rpc/error_details_pb.js';
import {
  type ExecutePlanRequest,
  type ExecutePlanResponse,
  ExecutePlanResponse_ArrowBatchSchema,
  ExecutePlanResponse_ResultCompleteSchema,
  ExecutePlanResponse_SqlCommandResultSchema,
  ExecutePlanResponseSchema,
  type FetchErrorDetailsResponseSchema,
  type ReattachExecuteRequest,
  SparkConnectService,
} from '../src/generated/spark/connect/base_pb.js';
import { RelationSchema } from '../src/generated/spark/connect/relations_pb.js';
import { type DataType, DataTypeSchema } from '../src/generated/spark/connect/types_pb.js';
import type { SparkSession } from '../src/session.ts';
import type { StructType } from '../src/types.ts';

export const SESSION_ID = '00000000-0000-4000-8000-000000000001';
export const ID_SCHEMA: StructType = { kind: 'struct', fields: [{ name: 'id', type: { kind: 'long' }, nullable: false }] };
const COMPLETE: Answer = { case: 'resultComplete', value: create(ExecutePlanResponse_ResultCompleteSchema) };

/**
 * A Spark Connect server without Spark: it keeps each operation's responses, as a reattachable execution must, and breaks streams
 * where a test says so. What it was asked stands in its public fields.
 */
export class FakeSpark {
  serverSideSessionId = 'server-1';
  /** Operations by id: their responses, all at once. */
  readonly operations = new Map<string, ExecutePlanResponse[]>();
  readonly executed: ExecutePlanRequest[] = [];
  readonly reattached: ReattachExecuteRequest[] = [];
  readonly interrupted: string[] = [];
  readonly releasedUntil: string[] = [];
  readonly releasedAll: string[] = [];
  readonly headers: Headers[] = [];
  sessionReleased = false;
  /** Responses of a new operation, without ids. */
  answer: (request: ExecutePlanRequest) => Answer[] = () => [COMPLETE];
  /** Called before each response of a stream, and at its end; throwing breaks the stream there. */
  beforeResponse: (at: StreamPlace) => void | Promise<void> = () => {};
  /** Called as an ExecutePlan arrives; throwing loses it. */
  onArrival: () => void = () => {};
  /** Called as a ReattachExecute arrives, with the operation's responses. */
  onReattach: (responses: ExecutePlanResponse[]) => void = () => {};
  /** Called as a ReleaseExecute arrives. */
  onRelease: () => void = () => {};
  details: Omit<MessageInitShape<typeof FetchErrorDetailsResponseSchema>, '$typeName' | '$unknown'> = {};

  readonly routes = (router: ConnectRouter): void => {
    const echo = () => ({ serverSideSessionId: this.serverSideSessionId });
    router.service(SparkConnectService, {
      executePlan: (request, context) => this.#execute(request, context),
      reattachExecute: (request, context) => this.#reattach(request, context),
      analyzePlan: (request, context) => {
        this.headers.push(context.requestHeader);
        this.#checkSession(request);
        return { ...echo(), result: { case: 'sparkVersion', value: { version: 'fake' } } };
      },
      config: (request) => {
        this.#checkSession(request);
        return echo();
      },
      interrupt: (request) => {
        const id = request.interrupt.case === 'operationId' ? request.interrupt.value : 'all';
        this.interrupted.push(id);
        return { ...echo(), interruptedIds: this.operations.has(id) ? [id] : [] };
      },
      releaseExecute: (request) => {
        this.onRelease();
        if (request.release.case === 'releaseUntil') this.releasedUntil.push(request.release.value.responseId);
        else this.releasedAll.push(request.operationId);
        return echo();
      },
      releaseSession: () => {
        this.sessionReleased = true;
        return echo();
      },
      fetchErrorDetails: () => ({ ...echo(), ...this.details }),
    });
  };

  async *#execute(request: ExecutePlanRequest, context: HandlerContext): AsyncGenerator<ExecutePlanResponse> {
    this.onArrival();
    this.#checkSession(request);
    const id = request.operationId ?? '';
    if (this.operations.has(id)) throw invalidHandle('OPERATION_ALREADY_EXISTS');
    this.executed.push(request);
    const responses = this.answer(request).map((answer, index) => this.response(id, index, answer));
    this.operations.set(id, responses);
    yield* this.#stream(responses, 0, context);
  }

  async *#reattach(request: ReattachExecuteRequest, context: HandlerContext): AsyncGenerator<ExecutePlanResponse> {
    this.reattached.push(request);
    this.#checkSession(request);
    const responses = this.operations.get(request.operationId);
    if (responses === undefined) throw invalidHandle('OPERATION_NOT_FOUND');
    this.onReattach(responses);
    const last = responses.findIndex((response) => response.responseId === request.lastResponseId);
    yield* this.#stream(responses, last + 1, context);
  }

  async *#stream(responses: readonly ExecutePlanResponse[], from: number, context: HandlerContext): AsyncGenerator<ExecutePlanResponse> {
    for (let index = from; index <= responses.length; index++) {
      await this.beforeResponse({ index, signal: context.signal });
      const response = responses[index];
      if (response !== undefined) yield response;
    }
  }

  /** A response of an operation, the `index`th. */
  response(operationId: string, index: number, answer: Answer): ExecutePlanResponse {
    const response = create(ExecutePlanResponseSchema, {
      sessionId: SESSION_ID,
      serverSideSessionId: this.serverSideSessionId,
      operationId,
      responseId: `r${index}`,
    });
    response.responseType = answer;
    if (answer.case === 'arrowBatch') response.schema = LONG_SCHEMA;
    return response;
  }

  #checkSession(request: { clientObservedServerSideSessionId?: string | undefined }): void {
    const observed = request.clientObservedServerSideSessionId;
    if (observed !== undefined && observed !== this.serverSideSessionId) throw invalidHandle('SESSION_CHANGED');
  }

  /** A session over it, in memory; its clock moves only by the sleeps, which take no time. */
  async session(options: Partial<ConnectOptions> = {}): Promise<{ session: SparkSession; sleeps: number[]; operationIds: string[] }> {
    const sleeps: number[] = [];
    const operationIds: string[] = [];
    let now = 0;
    const session = await openSession(
      createRouterTransport(this.routes),
      () => {},
      { display: 'sc://fake:1', userId: 'tester' },
      {
        sessionId: SESSION_ID,
        newOperationId: () => {
          const id = `00000000-0000-4000-9000-${String(operationIds.length + 1).padStart(12, '0')}`;
          operationIds.push(id);
          return id;
        },
        clock: () => now,
        sleep: async (ms) => {
          sleeps.push(ms);
          now += ms;
        },
        ...options,
      },
    );
    return { session, sleeps, operationIds };
  }
}

export interface StreamPlace {
  /** Which response comes next; the number of all at the stream's end. */
  readonly index: number;
  readonly signal: AbortSignal;
}

const LONG_SCHEMA: DataType = create(DataTypeSchema, {
  kind: {
    case: 'struct',
    value: { fields: [{ name: 'id', dataType: { kind: { case: 'long', value: {} } }, nullable: false }] },
  },
});

export type Answer = ExecutePlanResponse['responseType'];

/** One batch of BIGINT rows for each list of ids, then the end. */
export function idBatches(...batches: readonly (readonly bigint[])[]): Answer[] {
  const answers: Answer[] = batches.map((ids) => {
    const builder = new ArrowStreamBuilder(ID_SCHEMA);
    for (const id of ids) builder.append([id]);
    const value = create(ExecutePlanResponse_ArrowBatchSchema, { rowCount: BigInt(ids.length), data: builder.finish() });
    return { case: 'arrowBatch', value };
  });
  return [...answers, COMPLETE];
}

/** What a command that ran answers. */
export function commandDone(): Answer[] {
  const relation = create(RelationSchema, { relType: { case: 'localRelation', value: {} } });
  return [{ case: 'sqlCommandResult', value: create(ExecutePlanResponse_SqlCommandResultSchema, { relation }) }, COMPLETE];
}

/** A connection that breaks. */
export function broken(): ConnectError {
  return new ConnectError('the connection broke', Code.Unavailable);
}

export function invalidHandle(reason: string): ConnectError {
  return sparkFailure(`[INVALID_HANDLE.${reason}] The handle is invalid.`, { errorClass: `INVALID_HANDLE.${reason}` });
}

/** An error as Spark's server sends it. */
export function sparkFailure(message: string, metadata: Record<string, string>): ConnectError {
  const error = new ConnectError(message, Code.Internal);
  const value = toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { reason: 'x', domain: 'org.apache.spark', metadata }));
  error.details = [{ type: 'google.rpc.ErrorInfo', value }];
  return error;
}
