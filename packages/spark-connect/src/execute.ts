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
 * and the plan is repeatable. Leaving the loop early releases the operation, which also stops it; aborting the signal interrupts
 * it and throws `PRLX_SPARK_CANCELLED`.
 */
export async function* execute(rpc: Rpc, execution: Execution): AsyncGenerator<ExecutePlanResponse, void> {
  const run = new Run(rpc, execution);
  try {
    yield* run.responses();
  } finally {
    await run.end();
  }
}

class Run {
  readonly #rpc: Rpc;
  readonly #execution: Execution;
  readonly #release: Release;
  readonly #abort = new AbortController();
  readonly #onSignal = () => this.#cancel();
  #interrupting: Promise<void> | undefined;
  #lastResponseId: string | undefined;
  #state: 'running' | 'complete' | 'failed' = 'running';
  /** Tries since the last response. */
  #failures = 0;
  /** True from when the plan has been handed to the network. */
  #sent = false;

  constructor(rpc: Rpc, execution: Execution) {
    this.#rpc = rpc;
    this.#execution = execution;
    this.#release = new Release(rpc, execution.operationId);
    execution.signal?.addEventListener('abort', this.#onSignal, { once: true });
    if (execution.signal?.aborted === true) this.#cancel();
  }

  async *responses(): AsyncGenerator<ExecutePlanResponse, void> {
    let next: 'execute' | 'reattach' = 'execute';
    while (this.#state === 'running') {
      await this.#throwIfCancelled();
      const started = this.#rpc.timing.clock();
      let failure: Failure | undefined;
      let received = 0;
      // The loop is written out because an error of the consumer must not be taken for one of the stream.
      const streamAbort = new AbortController();
      const stream = this.#open(next, AbortSignal.any([this.#abort.signal, streamAbort.signal]))[Symbol.asyncIterator]();
      try {
        for (;;) {
          const step = await this.#step(stream);
          if (step.kind === 'failed') failure = step.failure;
          if (step.kind !== 'response') break;
          received++;
          if (step.response.responseType.case === 'resultComplete') {
            this.#state = 'complete';
            return;
          }
          yield step.response;
          this.#release.until(this.#lastResponseId);
        }
      } finally {
        streamAbort.abort();
      }
      await this.#throwIfCancelled();
      // The server ends a long stream by itself after some minutes, with no result in it when the operation is slow.
      const lively = this.#rpc.timing.clock() - started >= limits.gracefulStreamMs;
      if (lively && received > 0) this.#failures = 0;
      if (failure !== undefined) next = await this.#afterFailure(failure);
      else {
        if (!lively && received === 0) await this.#countFailure(undefined);
        next = 'reattach';
      }
    }
  }

  async #step(stream: AsyncIterator<ExecutePlanResponse>): Promise<Step> {
    let result: IteratorResult<ExecutePlanResponse>;
    try {
      result = await withSilenceLimit(stream.next(), limits.streamSilenceMs);
    } catch (thrown) {
      return { kind: 'failed', failure: classify(thrown) };
    }
    if (result.done === true) return { kind: 'ended' };
    const response = result.value;
    this.#failWith(() => this.#rpc.observe(response.serverSideSessionId, !this.#execution.repeatable));
    // Progress reports have no id; the place to take up from stays where it is.
    if (response.responseId !== '') {
      this.#lastResponseId = response.responseId;
      this.#failures = 0;
    }
    return { kind: 'response', response };
  }

  #open(how: 'execute' | 'reattach', signal: AbortSignal): AsyncIterable<ExecutePlanResponse> {
    const { operationId, plan } = this.#execution;
    const options = { signal };
    const header = this.#failWith(() => this.#rpc.header());
    if (how === 'execute') {
      this.#sent = true;
      return this.#rpc.client.executePlan({ ...header, operationId, plan, requestOptions: [REATTACHABLE] }, options);
    }
    const from = this.#lastResponseId === undefined ? {} : { lastResponseId: this.#lastResponseId };
    return this.#rpc.client.reattachExecute({ ...header, operationId, ...from }, options);
  }

  /** What to do next, or the error. */
  async #afterFailure(failure: Failure): Promise<'execute' | 'reattach'> {
    const { repeatable } = this.#execution;
    const firstTry = this.#failures === 0 && this.#lastResponseId === undefined;
    switch (failure.kind) {
      case 'refused':
        if (firstTry) return this.#fail(await this.#rpc.toError(failure, false));
        await this.#countFailure(failure);
        return 'reattach';
      case 'broken':
      case 'operation_exists':
        if (failure.kind === 'operation_exists' && firstTry) return this.#fail(await this.#rpc.toError(failure, false));
        await this.#countFailure(failure);
        return 'reattach';
      case 'operation_not_found':
        if (this.#lastResponseId !== undefined) return this.#fail(operationLost(this.#rpc.display, !repeatable, failure.error));
        // The plan may still be on its way: a command is looked for again, a bounded number of times, but never sent again.
        await this.#countFailure(failure);
        return repeatable ? 'execute' : 'reattach';
      case 'operation_cancelled':
        return this.#fail(cancelled(this.#execution.operationId, failure.error));
      case 'session_lost':
        // A server that does not know the session answers the first call without running it; one closed meanwhile may have begun.
        return this.#fail(await this.#rpc.toError(failure, !repeatable && !(firstTry && failure.reason !== 'SESSION_CLOSED')));
      default:
        return this.#fail(await this.#rpc.toError(failure, !repeatable, this.#execution.sql));
    }
  }

  async #countFailure(failure: Failure | undefined): Promise<void> {
    this.#failures++;
    if (this.#failures > limits.reattachesWithoutProgressMax) {
      const { repeatable } = this.#execution;
      if (failure === undefined || failure.kind === 'operation_not_found') {
        this.#fail(operationLost(this.#rpc.display, !repeatable, failure?.error));
      }
      this.#fail(await this.#rpc.toError(failure.kind === 'refused' ? { kind: 'broken', error: failure.error } : failure, !repeatable));
    }
    await this.#rpc.timing.sleep(backoff(this.#failures), this.#abort.signal);
  }

  #cancel(): void {
    if (this.#sent && this.#rpc.usable) this.#interrupting = this.#rpc.settle(this.#release.interrupt(this.#lastResponseId !== undefined));
    this.#abort.abort();
  }

  async #throwIfCancelled(): Promise<void> {
    if (!this.#abort.signal.aborted) return;
    await this.#interrupting;
    this.#fail(cancelled(this.#execution.operationId, this.#execution.signal?.reason));
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
    this.#execution.signal?.removeEventListener('abort', this.#onSignal);
    if (!this.#sent || !this.#rpc.usable) return;
    // Left early by its consumer it may still run; then the caller goes on only when it is torn down.
    if (this.#state === 'running') {
      await this.#rpc.settle(this.#release.all());
    } else {
      this.#rpc.background(this.#release.all());
    }
  }
}

type Step =
  | { readonly kind: 'response'; readonly response: ExecutePlanResponse }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly failure: Failure };
