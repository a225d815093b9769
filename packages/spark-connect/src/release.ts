import { InterruptRequest_InterruptType as InterruptType } from './generated/spark/connect/base_pb.js';
import { limits } from './limits.ts';
import { backoff, type Rpc } from './rpc.ts';

/**
 * Frees what the server keeps of one operation. A failed release costs only the server's memory, which its own timers free
 * (spark.connect.execute.manager.detachedTimeout), so failures here are not the caller's.
 */
export class Release {
  readonly #rpc: Rpc;
  readonly #operationId: string;
  #wanted: string | undefined;
  #busy = false;

  constructor(rpc: Rpc, operationId: string) {
    this.#rpc = rpc;
    this.#operationId = operationId;
  }

  /** Lets the server forget all responses up to this one. Does not wait; while one release is under way the next ones become one. */
  until(responseId: string | undefined): void {
    this.#wanted = responseId;
    if (this.#busy || responseId === undefined) return;
    this.#busy = true;
    this.#rpc.background(this.#drain());
  }

  async #drain(): Promise<void> {
    try {
      while (this.#wanted !== undefined && this.#rpc.usable) {
        const responseId = this.#wanted;
        this.#wanted = undefined;
        await this.#send({ case: 'releaseUntil', value: { responseId } });
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Frees the whole operation, interrupting it when it still runs. */
  async all(): Promise<void> {
    this.#wanted = undefined;
    await this.#send({ case: 'releaseAll', value: {} });
  }

  async #send(release: { case: 'releaseUntil'; value: { responseId: string } } | { case: 'releaseAll'; value: object }): Promise<void> {
    await this.#rpc.client.releaseExecute(
      { ...this.#rpc.bareHeader(), operationId: this.#operationId, release },
      { timeoutMs: limits.releaseTimeoutMs },
    );
  }

  /** Interrupts the operation. One that was `seen` by the server is known to it; another may still be on its way, so ask again. */
  async interrupt(seen: boolean): Promise<void> {
    for (let attempt = 1; attempt <= limits.interruptAttemptsMax; attempt++) {
      const { interruptedIds } = await this.#rpc.client.interrupt(
        {
          ...this.#rpc.bareHeader(),
          interruptType: InterruptType.OPERATION_ID,
          interrupt: { case: 'operationId', value: this.#operationId },
        },
        { timeoutMs: limits.releaseTimeoutMs },
      );
      if (seen || interruptedIds.length > 0) return;
      await this.#rpc.timing.sleep(backoff(attempt));
    }
  }
}
