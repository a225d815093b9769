import { type Client, createClient, type Transport } from '@connectrpc/connect';
import { ParallaxError } from '@parallax/core';
import { sparkError } from './error-details.ts';
import { classify, type Failure, restarted, type SparkError, unauthenticated, unreachable } from './errors.ts';
import { type FetchErrorDetailsResponse, SparkConnectService } from './generated/spark/connect/base_pb.js';
import { limits } from './limits.ts';

/** What the session's clock and sleep are made of; tests give their own. */
export interface Timing {
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

export interface RpcOptions extends Timing {
  readonly transport: Transport;
  /** `sc://host:port`, for messages. */
  readonly display: string;
  readonly sessionId: string;
  readonly userId: string;
  /** Called once, when the server is found to have lost the session. */
  readonly onRestart: () => void;
  /** Told of failures that cost nobody anything: a release or an error's details that could not be had. */
  readonly onWarning: (error: unknown) => void;
}

interface CallOptions {
  readonly timeoutMs: number;
}

/** The calls of one session: the header of each request, the watch over the server's session id, retries, errors. */
export class Rpc {
  readonly client: Client<typeof SparkConnectService>;
  readonly display: string;
  readonly timing: Timing;
  readonly #options: RpcOptions;
  #serverSideSessionId: string | undefined;
  #lost: { readonly reason: string } | undefined;
  #closed = false;
  readonly #background = new Set<Promise<void>>();

  constructor(options: RpcOptions) {
    this.#options = options;
    this.client = createClient(SparkConnectService, options.transport);
    this.display = options.display;
    this.timing = options;
  }

  /** The fields that every request begins with. Throws when the session is closed or known to be lost. */
  header() {
    if (this.#closed) throw new ParallaxError('PRLX_SPARK_CLOSED', `the session with Spark at ${this.display} was closed`);
    if (this.#lost !== undefined) throw restarted(this.display, this.#lost.reason, false);
    return this.bareHeader();
  }

  /** The same without the checks, for cleaning up. */
  bareHeader() {
    const { sessionId, userId } = this.#options;
    const observed = this.#serverSideSessionId;
    return {
      sessionId,
      userContext: { userId },
      clientType: 'parallax-spark-connect',
      ...(observed === undefined ? {} : { clientObservedServerSideSessionId: observed }),
    };
  }

  get usable(): boolean {
    return !this.#closed && this.#lost === undefined;
  }

  markClosed(): void {
    this.#closed = true;
  }

  /** Every response names the server's own id of the session; a new one means that the old session's state is gone. */
  observe(serverSideSessionId: string, mayHaveRun: boolean): void {
    if (serverSideSessionId === '' || serverSideSessionId === this.#serverSideSessionId) return;
    if (this.#serverSideSessionId !== undefined) throw this.lose('SESSION_CHANGED', mayHaveRun);
    this.#serverSideSessionId = serverSideSessionId;
  }

  /** Notes that the session is lost and returns the error that says so. */
  lose(reason: string, mayHaveRun: boolean, cause?: unknown): ParallaxError {
    if (this.#lost === undefined) {
      this.#lost = { reason };
      this.#options.onRestart();
    }
    return restarted(this.display, reason, mayHaveRun, cause);
  }

  /** Waits for work whose failure must not become the caller's; it goes to `onWarning`. */
  async settle(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#options.onWarning(error);
    }
  }

  /** The same without waiting; {@link idle} waits for all. */
  background(work: Promise<void>): void {
    const settled = this.settle(work).finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }

  async idle(): Promise<void> {
    await Promise.all(this.#background);
  }

  /**
   * A call that may be repeated without harm: tried again with back-off while the server cannot be reached, a bounded number of
   * times. `sql` is what it is about, for the line in an error.
   */
  async unary<R extends { serverSideSessionId: string }>(call: (options: CallOptions) => Promise<R>, sql?: string): Promise<R> {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await call({ timeoutMs: limits.unaryTimeoutMs });
        this.observe(response.serverSideSessionId, false);
        return response;
      } catch (thrown) {
        if (thrown instanceof ParallaxError) throw thrown;
        const failure = classify(thrown);
        const again = failure.kind === 'refused' || failure.kind === 'broken';
        if (!again || attempt >= limits.unaryAttemptsMax) throw await this.toError(failure, false, sql);
        await this.timing.sleep(backoff(attempt));
      }
    }
  }

  /** The error that the caller gets for a failure that nothing more is done about. */
  async toError(failure: Failure, mayHaveRun: boolean, sql?: string): Promise<ParallaxError> {
    switch (failure.kind) {
      case 'refused':
      case 'broken':
        return unreachable(this.display, failure.error, mayHaveRun && failure.kind === 'broken');
      case 'session_lost':
        return this.lose(failure.reason, mayHaveRun, failure.error);
      case 'unauthenticated':
        return unauthenticated(this.display, failure.error);
      case 'spark':
        return this.#sparkError(failure, sql);
      default:
        return this.#sparkError({ kind: 'spark', info: undefined, error: failure.error }, sql);
    }
  }

  async #sparkError(failure: Failure & { kind: 'spark' }, sql: string | undefined): Promise<SparkError> {
    const errorId = failure.info?.metadata.errorId;
    return sparkError(failure, errorId === undefined ? undefined : await this.#fetchDetails(errorId), sql);
  }

  async #fetchDetails(errorId: string): Promise<FetchErrorDetailsResponse | undefined> {
    try {
      return await this.client.fetchErrorDetails({ ...this.bareHeader(), errorId }, { timeoutMs: limits.releaseTimeoutMs });
    } catch (error) {
      // The details are an addition: without them the error still stands, with the class and state of its status.
      this.#options.onWarning(error);
      return undefined;
    }
  }
}

/** Milliseconds before the try that follows try number `attempt` (from 1). */
export function backoff(attempt: number): number {
  return Math.min(limits.backoffFirstMs * 2 ** (attempt - 1), limits.backoffLastMs);
}
