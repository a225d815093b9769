import type { SimMessage } from './events.ts';

/** Where a producer's messages go. Batches are sent one after the other, so order is kept. */
export interface MessageSink {
  /**
   * Resolves when the broker has confirmed each of them.
   * `stampMs` gives each message's time at the broker in ms (see `TimestampType`); null lets the transport use the present.
   */
  readonly send: (batch: readonly SimMessage[], stampMs: ((message: SimMessage) => number) | null) => Promise<void>;
  readonly close: () => Promise<void>;
}
