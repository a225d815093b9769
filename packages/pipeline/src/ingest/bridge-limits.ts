/** Every bound of the AMQP bridge, with its unit. */
export const BRIDGE_LIMITS = {
  /** Messages that the queue may have handed over and that Kafka has not confirmed. */
  unconfirmedMax: 1_000,
  /** Payload bytes of those; above it no credit is given. */
  unconfirmedBytesMax: 32 * 1024 * 1024,
  /** Messages in one produce request. */
  batchMax: 500,
  /** Payload bytes in one produce request; a single larger message goes alone. */
  batchBytesMax: 512 * 1024,
  /** A batch that is not full waits so long for more messages, ms: a hundredth of the grace after which a minute is sealed. */
  gatherMs: 20,
  /** Payload bytes that reach Kafka of one message: one more than the contract's 1 MiB, so that it stays `too_large` and never larger. */
  payloadBytesMax: 1024 * 1024 + 1,
  /** First pause after a failure, ms; doubles. */
  backoffMs: 100,
  backoffMsMax: 5_000,
  /** One attempt to connect and to attach, ms. */
  attachMsMax: 15_000,
  /** `stop()` waits this long for Kafka to confirm what is in hand; the rest stays in the queue. */
  drainMsMax: 5_000,
} as const;
