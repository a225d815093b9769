import { create } from '@bufbuild/protobuf';
import type { ParallaxError } from '@parallax/core';
import { cancelled, classify, type Failure, operationLost } from './errors.ts';
import {
  type ExecutePlanRequest_RequestOption,
  ExecutePlanRequest_RequestOptionSchema,
  type ExecutePlanResponse,
  type Plan,
} from './generated/spark/connect/base_pb.js';
import { limits } from './limits.ts';
import { Release } from './release.ts';
import { backoff, type Rpc } from './rpc.ts';
import { withSilenceLimit } from './silence.ts';

export interface Execution {
  readonly plan: Plan;
  /** A fresh UUID: the server knows the operation by it, so that it can be found again. */
  readonly operationId: string;
  /** True when running the plan twice does no harm (a query, a replaced view). Anything else runs at most once. */
  readonly repeatable: boolean;
  /** The statement, for the line in an error. */
  readonly sql?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const REATTACHABLE: ExecutePlanRequest_RequestOption = create(ExecutePlanRequest_RequestOptionSchema, {
  requestOption: { case: 'reattachOptions', value: { reattachable: true } },
});

/**
 * Runs a plan and yields its responses, each once and in order, over any number of streams: Spark Connect's reattachable execution
 * (ReattachExecute, ReleaseExecute in base.proto). A stream that breaks is taken up after the last response received; a bounded
 * number of times without progress. The plan is sent anew only when the server does not know the operation, nothing was received,
 * and the plan is repeatable. Leaving the loop early stops the operation; aborting the signal interrupts it and throws
 * `PRLX_SPARK_CANCELLED` (a command may have had its effect by then).
 */
export async function* execute(rpc: Rpc, execution: Execution): AsyncGenerator<ExecutePlanResponse, void> {
  const run = new Run(rpc, execution);
  try {
    yield* run.responses();
  } finally {
    await run.end();
  }
}

/** What the loop goes through: from `running` to one of the others, once. */
type State = 'running' | 'complete' | 'failed';

type Step =
  | { readonly kind: 'response'; readonly response: ExecutePlanResponse }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly failure: Failure };

class Run {
  readonly #rpc: Rpc;
  readonly #execution: Execution;
  readonly #release: Release;
  readonly #onSignal = () => this.#interrupt();
  /** The stream that is read; aborting it ends the stream, not the operation. */
  #stream: { readonly iterator: AsyncIterator<ExecutePlanResponse>; readonly abort: AbortController } | undefined;
  #lastResponseId: string | undefined;
  #state: State = 'running';
  /** Tries since the last response. */
  #failures = 0;
  /** True from when the plan has been handed to the network. */
  #sent = false;
  #sentAt = 0;
  /** Aborted when the operation is seen to have begun, or to be over. */
  readonly #begun = new AbortController();
  #interrupted: { readonly done: Promise<void>; readonly timer: NodeJS.Timeout } | undefined;

  constructor(rpc: Rpc, execution: Execution) {
    this.#rpc = rpc;
    this.#execution = execution;
    this.#release = new Release(rpc, execution.operationId);
    execution.signal?.addEventListener('abort', this.#onSignal, { once: true });
  }

  async *responses(): AsyncGenerator<ExecutePlanResponse, void> {
    let next: 'execute' | 'reattach' = 'execute';
    while (this.#state === 'running') {
      await this.#throwIfCancelled();
      const started = this.#rpc.timing.clock();
      const before = this.#lastResponseId;
      let received = 0;
      this.#open(next);
      let step = await this.#step();
      for (; step.kind === 'response'; step = await this.#step()) {
        received++;
        if (step.response.responseType.case === 'resultComplete') this.#state = 'complete';
        if (this.#state === 'complete') break;
        if (this.#execution.signal?.aborted === true) continue;
        yield step.response;
        this.#release.until(this.#lastResponseId);
      }
      this.#closeStream();
      if (step.kind === 'failed' || this.#state === 'complete') this.#begun.abort();
      await this.#throwIfCancelled();
      if (this.#state === 'complete') return;
      // The server ends a long stream by itself after some minutes, with no result in it when the operation is slow.
      const lively = this.#rpc.timing.clock() - started >= limits.gracefulStreamMs;
      if (lively && received > 0) this.#failures = 0;
      if (step.kind === 'failed') {
        next = await this.#afterFailure(step.failure);
      } else {
        if (!lively && this.#lastResponseId === before) await this.#countFailure(undefined);
        next = 'reattach';
      }
    }
  }

  #open(how: 'execute' | 'reattach'): void {
    const { operationId, plan } = this.#execution;
    const header = this.#failWith(() => this.#rpc.header());
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const from = this.#lastResponseId === undefined ? {} : { lastResponseId: this.#lastResponseId };
    if (!this.#sent) this.#sentAt = this.#rpc.timing.clock();
    this.#sent = true;
    const { client } = this.#rpc;
    const stream =
      how === 'execute'
        ? client.executePlan({ ...header, operationId, plan, requestOptions: [REATTACHABLE] }, options)
        : client.reattachExecute({ ...header, operationId, ...from }, options);
    this.#stream = { iterator: stream[Symbol.asyncIterator](), abort };
    // Aborted between the check and here: the listener came too early to have anything to stop.
    if (this.#execution.signal?.aborted === true) this.#interrupt();
  }

  #closeStream(): void {
    this.#stream?.abort.abort();
    this.#stream = undefined;
  }

  async #step(): Promise<Step> {
    if (this.#stream === undefined) return { kind: 'ended' };
    let result: IteratorResult<ExecutePlanResponse>;
    try {
      result = await withSilenceLimit(this.#stream.iterator.next(), limits.streamSilenceMs);
    } catch (thrown) {
      return { kind: 'failed', failure: classify(thrown) };
    }
    if (result.done === true) return { kind: 'ended' };
    const response = result.value;
    if (showsWork(response)) this.#begun.abort();
    this.#failWith(() => this.#rpc.observe(response.serverSideSessionId, !this.#execution.repeatable));
    // Progress reports have no id; the place to take up from stays where it is.
    if (response.responseId !== '') {
      this.#lastResponseId = response.responseId;
      this.#failures = 0;
    }
    return { kind: 'response', response };
  }

  /** What to do next, or the error. */
  async #afterFailure(failure: Failure): Promise<'execute' | 'reattach'> {
    const { repeatable, sql, operationId } = this.#execution;
    const received = this.#lastResponseId !== undefined;
    const firstTry = this.#failures === 0 && !received;
    switch (failure.kind) {
      case 'refused':
      case 'operation_exists':
        // Nothing listens, or the id is taken: this plan has not begun.
        if (firstTry) return this.#fail(await this.#rpc.toError(failure, false));
        await this.#countFailure(failure);
        return 'reattach';
      case 'broken':
        await this.#countFailure(failure);
        return 'reattach';
      case 'operation_not_found':
        if (received) return this.#fail(operationLost(this.#rpc.display, !repeatable, failure.error));
        // The plan may still be on its way: a command is looked for again, a bounded number of times, but never sent again.
        await this.#countFailure(failure);
        return repeatable ? 'execute' : 'reattach';
      case 'operation_cancelled':
        return this.#fail(cancelled(operationId, failure.error));
      case 'session_lost':
        // A server that does not know the session answers the first call without running it; one closed meanwhile may have begun.
        return this.#fail(await this.#rpc.toError(failure, !repeatable && !(firstTry && failure.reason !== 'SESSION_CLOSED')));
      default:
        return this.#fail(await this.#rpc.toError(failure, !repeatable, sql));
    }
  }

  async #countFailure(failure: Failure | undefined): Promise<void> {
    this.#failures++;
    if (this.#failures <= limits.reattachesWithoutProgressMax) {
      return await this.#rpc.timing.sleep(backoff(this.#failures), this.#execution.signal);
    }
    const mayHaveRun = !this.#execution.repeatable;
    if (failure === undefined || failure.kind === 'operation_not_found') {
      this.#fail(operationLost(this.#rpc.display, mayHaveRun, failure?.error));
    }
    this.#fail(await this.#rpc.toError({ kind: 'broken', error: failure.error }, mayHaveRun));
  }

  /**
   * Asks the server to stop, once. What it answers on the stream is still read, so that the operation is at its end when it is
   * released; a server that does not come to it in time loses the stream.
   */
  #interrupt(): void {
    if (this.#interrupted !== undefined || !this.#sent || this.#state !== 'running' || !this.#rpc.usable) return;
    const done = this.#rpc.settle(this.#interruptOnceBegun());
    const timer = setTimeout(() => this.#closeStream(), limits.stopTimeoutMs);
    this.#interrupted = { done, timer };
  }

  /**
   * Spark, interrupted while it still plans, can submit a stage after it has cancelled the operation's jobs, and nobody can stop
   * that stage any more (seen with 4.2.0, adaptive execution). So a new operation is first given a moment to show its tasks.
   */
  async #interruptOnceBegun(): Promise<void> {
    const age = this.#rpc.timing.clock() - this.#sentAt;
    if (age < limits.interruptAgeMs) await this.#rpc.timing.sleep(limits.interruptAgeMs - age, this.#begun.signal);
    await this.#release.interrupt(this.#lastResponseId !== undefined);
  }

  async #throwIfCancelled(): Promise<void> {
    const { signal, operationId } = this.#execution;
    if (signal?.aborted !== true) return;
    await this.#interrupted?.done;
    this.#fail(cancelled(operationId, signal.reason));
  }

  #fail(error: ParallaxError): never {
    this.#state = 'failed';
    throw error;
  }

  #failWith<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }

  /** The server keeps the operation and its results until they are released. */
  async end(): Promise<void> {
    if (this.#state === 'running') await this.#stop();
    this.#execution.signal?.removeEventListener('abort', this.#onSignal);
    clearTimeout(this.#interrupted?.timer);
    this.#closeStream();
    if (this.#sent && this.#rpc.usable) this.#rpc.background(this.#release.all());
  }

  /** Left by its consumer while it may still run: the caller goes on when it is stopped. */
  async #stop(): Promise<void> {
    this.#interrupt();
    await this.#interrupted?.done;
    let step = await this.#step();
    while (step.kind === 'response' && step.response.responseType.case !== 'resultComplete') step = await this.#step();
  }
}

/** Whether the response proves that the operation is past its planning: stages, or a result. */
function showsWork(response: ExecutePlanResponse): boolean {
  const { case: kind, value } = response.responseType;
  return kind === 'executionProgress' ? value.stages.length > 0 || value.numInflightTasks > 0n : kind !== undefined;
}
