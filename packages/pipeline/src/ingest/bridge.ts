import { setTimeout as delay } from 'node:timers/promises';
import { ParallaxError } from '@parallax/core';
import { ProduceAcks, Producer } from '@platformatic/kafka';
import { BRIDGE_LIMITS as LIMITS } from './bridge-limits.ts';
import { type BridgeLink, openBridgeLink, type Unsettled } from './bridge-link.ts';

export interface BridgeOptions {
  /** `amqp://host:port` or `amqps://user:password@host:port` */
  readonly amqpUrl: string;
  /** A multicast address: each side has its own durable queue on it. */
  readonly address: string;
  /** Name of this side's queue, `<address>.spark` by default; created by attaching where the broker creates queues by use. */
  readonly queue?: string;
  /** `host:port`, several by commas. */
  readonly kafkaBootstrap: string;
  readonly topic: string;
  /** `creation_time`: a record's time is the message's creation time, for simulated history. The topic's LogAppendTime beats both. */
  readonly stamp?: 'now' | 'creation_time';
  /** Ends the bridge as `stop()` does. */
  readonly signal?: AbortSignal;
  readonly nowMs?: () => number;
  /** Told of every failure that the bridge survives (a lost connection, a refused request). */
  readonly onProblem?: (problem: ParallaxError) => void;
}

export interface BridgeCounts {
  /** Handed over by the queue, redeliveries too: the contract drops those as duplicates, by their id. */
  readonly received: number;
  /** Confirmed by Kafka, then accepted at the queue. */
  readonly forwarded: number;
  readonly withoutId: number;
  readonly unsupportedBody: number;
  /** Refused by Kafka for good (too large for the topic): rejected, so the broker moves them to its dead letter address. */
  readonly rejected: number;
  readonly reconnects: number;
  readonly produceRetries: number;
  /** Handed over and not confirmed yet. */
  readonly unconfirmed: number;
}

export interface Bridge {
  readonly counts: () => BridgeCounts;
  /** Takes no more, waits for Kafka to confirm what is in hand, leaves the rest in the queue. Safe to call again. */
  readonly stop: () => Promise<void>;
}

/**
 * AMQP 1.0 to Kafka (design, section 2): record key = message id, value = payload. A message is accepted at the queue only after Kafka has
 * confirmed it to all replicas, so none is lost; one may come twice, with the same id. While Kafka is away nothing is acknowledged and no credit
 * is given. Resolves when this side's queue exists: what is sent to the address from then on is kept.
 * @throws ParallaxError PRLX_BRIDGE_KAFKA, PRLX_BRIDGE_AMQP (both retryable) when it cannot start
 */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const bridge = new RunningBridge(options);
  await bridge.start();
  return { counts: () => bridge.counts(), stop: () => bridge.stop() };
}

type Counter = 'received' | 'forwarded' | 'withoutId' | 'unsupportedBody' | 'rejected' | 'reconnects' | 'produceRetries';

class RunningBridge {
  readonly #options: BridgeOptions;
  readonly #producer: Producer<Buffer | null, Buffer | null, Buffer, Buffer>;
  readonly #counts: Record<Counter, number>;
  readonly #stopping = new AbortController();
  readonly #nowMs: () => number;
  #link: BridgeLink | null = null;
  /** Handed over by the present link, not yet in a produce request. */
  #waiting: Unsettled[] = [];
  #unconfirmed = 0;
  #unconfirmedBytes = 0;
  /** Credit given and not yet used. */
  #credit = 0;
  #pumping: Promise<void> | null = null;
  #lastStampMs = 0;
  #loop: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => Date.now());
    this.#counts = {
      received: 0,
      forwarded: 0,
      withoutId: 0,
      unsupportedBody: 0,
      rejected: 0,
      reconnects: 0,
      produceRetries: 0,
    };
    this.#producer = new Producer({
      clientId: `parallax-bridge-${options.topic}`,
      bootstrapBrokers: options.kafkaBootstrap.split(','),
      acks: ProduceAcks.ALL,
      retries: 0,
    });
  }

  counts(): BridgeCounts {
    return { ...this.#counts, unconfirmed: this.#unconfirmed };
  }

  async start(): Promise<void> {
    const { kafkaBootstrap, topic, signal } = this.#options;
    try {
      await this.#producer.metadata({ topics: [topic] });
      this.#link = await this.#open();
    } catch (cause) {
      await this.#producer.close();
      if (cause instanceof ParallaxError) throw cause;
      const advice = `Is Kafka running at ${kafkaBootstrap}, with the topic ${topic}?`;
      throw new ParallaxError('PRLX_BRIDGE_KAFKA', `the topic ${topic} cannot be read`, { cause, retryable: true, advice });
    }
    this.#loop = this.#stayAttached(this.#link);
    signal?.addEventListener('abort', () => void this.stop(), { once: true });
    if (signal?.aborted === true) await this.stop();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  async #shutDown(): Promise<void> {
    const drained = this.#pumping ?? Promise.resolve();
    const bound = new AbortController();
    await Promise.race([drained, delay(LIMITS.drainMsMax, undefined, { signal: bound.signal }).catch(() => undefined)]);
    bound.abort();
    this.#stopping.abort();
    this.#link?.close();
    await this.#loop;
    await this.#pumping;
    await this.#producer.close();
  }

  #open(): Promise<BridgeLink> {
    const { amqpUrl, address, queue = `${address}.spark` } = this.#options;
    this.#credit = 0;
    return openBridgeLink({ url: amqpUrl, source: `${address}::${queue}`, onMessage: (message) => this.#take(message) });
  }

  /** Attaches again, with back-off, whenever the link has ended, until the bridge stops. */
  async #stayAttached(first: BridgeLink): Promise<void> {
    let link = first;
    for (;;) {
      this.#grantCredit();
      const reason = await link.ended;
      this.#link = null;
      // What the lost link handed over cannot be settled any more: the queue will hand it over again.
      this.#forget(this.#waiting.splice(0));
      link.close();
      if (this.#stopping.signal.aborted) return;
      this.#tell(new ParallaxError('PRLX_BRIDGE_AMQP', reason, { retryable: true }));
      const again = await this.#reopen();
      if (again === null) return;
      link = again;
      this.#link = again;
      this.#counts.reconnects += 1;
    }
  }

  async #reopen(): Promise<BridgeLink | null> {
    for (let attempt = 0; ; attempt += 1) {
      await this.#backOff(attempt);
      if (this.#stopping.signal.aborted) return null;
      try {
        const link = await this.#open();
        if (!this.#stopping.signal.aborted) return link;
        link.close();
        return null;
      } catch (error) {
        if (!(error instanceof ParallaxError)) throw error;
        this.#tell(error);
      }
    }
  }

  #take(message: Unsettled): void {
    this.#credit -= 1;
    this.#counts.received += 1;
    if (message.key === null) this.#counts.withoutId += 1;
    if (message.unsupported) this.#counts.unsupportedBody += 1;
    this.#unconfirmed += 1;
    this.#unconfirmedBytes += message.value?.length ?? 0;
    this.#waiting.push(message);
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
    });
  }

  /** One batch after the other, in the queue's order, until nothing waits. */
  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      const batch = this.#nextBatch();
      // A link that was lost meanwhile has taken all of it along.
      if (batch.length > 0) await this.#forward(batch);
      this.#grantCredit();
    }
  }

  /**
   * Lets more messages join a batch that is not full: a produce request costs this process and the broker about the same whatever it holds. All that is
   * unconfirmed waits here.
   */
  async #gather(): Promise<void> {
    if (this.#waiting.length >= LIMITS.batchMax || this.#unconfirmedBytes >= LIMITS.batchBytesMax) return;
    await this.#pause(LIMITS.gatherMs);
  }

  #nextBatch(): Unsettled[] {
    let bytes = 0;
    let length = 0;
    for (const message of this.#waiting) {
      bytes += message.value?.length ?? 0;
      if (length > 0 && (length >= LIMITS.batchMax || bytes > LIMITS.batchBytesMax)) break;
      length += 1;
    }
    return this.#waiting.splice(0, length);
  }

  /** Returns when each message is confirmed and accepted, or refused for good and rejected, or its link is gone or the bridge stops. */
  async #forward(batch: readonly Unsettled[]): Promise<void> {
    const link = this.#link;
    const messages = batch.map((message) => this.#record(message));
    for (let attempt = 0; link === this.#link && !this.#stopping.signal.aborted; attempt += 1) {
      try {
        await this.#producer.send({ messages, acks: ProduceAcks.ALL });
        this.#settle(batch, link, 'forwarded');
        return;
      } catch (cause) {
        const refused = refusedForGood(cause);
        if (refused && batch.length > 1) {
          for (const message of batch) await this.#forward([message]);
          return;
        }
        const problem = new ParallaxError('PRLX_BRIDGE_KAFKA', `${batch.length} messages could not be produced`, {
          cause,
          retryable: !refused,
        });
        this.#tell(problem);
        if (refused) {
          this.#settle(batch, link, 'rejected');
          return;
        }
        this.#counts.produceRetries += 1;
        await this.#backOff(attempt);
      }
    }
    this.#forget(batch);
  }

  #record(message: Unsettled) {
    const created = this.#options.stamp === 'creation_time' ? message.createdMs : null;
    // Never back in time: the first offset at or after a cut-off must stay the first (contract, section 2).
    this.#lastStampMs = Math.max(this.#lastStampMs, created ?? this.#nowMs());
    return { topic: this.#options.topic, key: message.key, value: message.value, timestamp: BigInt(this.#lastStampMs) };
  }

  /** Settles at the queue, unless the link that handed the messages over is gone: then they come again, with the same id. */
  #settle(batch: readonly Unsettled[], link: BridgeLink | null, outcome: 'forwarded' | 'rejected'): void {
    this.#forget(batch);
    if (link === null || link !== this.#link) return;
    for (const { delivery } of batch) {
      if (outcome === 'forwarded') delivery.accept();
      else delivery.reject({ condition: 'amqp:link:message-size-exceeded', description: 'too large for the Kafka topic' });
    }
    this.#counts[outcome] += batch.length;
  }

  #forget(batch: readonly Unsettled[]): void {
    this.#unconfirmed -= batch.length;
    for (const { value } of batch) this.#unconfirmedBytes -= value?.length ?? 0;
  }

  #grantCredit(): void {
    if (this.#link === null || this.#stopped !== null || this.#unconfirmedBytes > LIMITS.unconfirmedBytesMax) return;
    const room = LIMITS.unconfirmedMax - this.#unconfirmed - this.#credit;
    if (room < LIMITS.unconfirmedMax / 4) return;
    this.#credit += room;
    this.#link.addCredit(room);
  }

  #tell(problem: ParallaxError): void {
    if (!this.#stopping.signal.aborted) this.#options.onProblem?.(problem);
  }

  /** Waits, longer each time. */
  async #backOff(attempt: number): Promise<void> {
    await this.#pause(Math.min(LIMITS.backoffMs * 2 ** attempt, LIMITS.backoffMsMax));
  }

  /** Waits; returns at once when the bridge stops. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

const REFUSALS = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** Whether Kafka will never take this request, whatever happens: looks through the errors that the client wraps. */
function refusedForGood(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('apiId' in error && typeof error.apiId === 'string' && REFUSALS.has(error.apiId)) return true;
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  return inner.some(refusedForGood) || refusedForGood(error.cause);
}
