import type { Micros } from '@parallax/core';
import { createAmqpSink } from './amqp-sink.ts';
import { canaryMessages } from './canaries.ts';
import type { Clock } from './clock.ts';
import type { Enterprise } from './enterprise.ts';
import { createEvents, type MessageKind, MICROS_PER_MINUTE, type SimMessage, type StreamEvents } from './events.ts';
import { type Compression, createKafkaSink } from './kafka-sink.ts';
import { LIMITS } from './limits.ts';
import type { MessageSink } from './sink.ts';
import { STREAM_TOPICS, setTimestampType } from './topics.ts';

export interface ProducersOptions {
  readonly enterprise: Enterprise;
  readonly clock: Clock;
  readonly kafkaBootstrap: string;
  readonly amqpUrl: string;
  readonly compression?: Compression;
  readonly signal?: AbortSignal;
}

export interface HistoryProgress {
  /** Messages confirmed so far. */
  readonly messages: number;
  /** Arrival time up to which everything of every stream is confirmed. */
  readonly upTo: Micros;
}

export interface LiveRange {
  readonly from: Micros;
  readonly signal: AbortSignal;
  readonly bridged?: () => Promise<void>;
  /** Told the arrival time from which on messages are live. */
  readonly onCaughtUp?: (at: Micros) => void;
}

/** Messages confirmed by the brokers, by stream and kind. */
export type SentCounts = Readonly<Record<string, Readonly<Partial<Record<MessageKind, number>>>>>;

export interface Producers {
  /**
   * Produces the messages that arrive in `[from, to)` as fast as the brokers take them, each stamped with its simulated arrival time (the topics
   * must have CreateTime; for the AMQP stream it is the creation time, which the bridge carries over). Memory: one batch a stream.
   */
  readonly history: (range: { from: Micros; to: Micros; onProgress?: (progress: HistoryProgress) => void }) => Promise<void>;
  /**
   * Produces from `from` on: what is already due as history, then, from the moment that `onCaughtUp` is called, at the clock's pace with the
   * broker's own stamps (LogAppendTime). `bridged` should resolve when the bridge has forwarded all that `sent()` counts for the AMQP stream, so that
   * no history is stamped with the present. Resolves when `signal` is aborted and everything sent is confirmed.
   */
  readonly live: (range: LiveRange) => Promise<void>;
  readonly sent: () => SentCounts;
  readonly close: () => Promise<void>;
}

interface Lane {
  readonly events: StreamEvents;
  readonly canaries: readonly number[];
  readonly sink: MessageSink;
  readonly sent: Partial<Record<MessageKind, number>>;
}

/** The three producers of the enterprise. */
export function createProducers(options: ProducersOptions): Producers {
  const { enterprise, clock, kafkaBootstrap, amqpUrl } = options;
  const shared = { clock, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  const lanes: Lane[] = createEvents(enterprise).map((events) => {
    const { transport, destination, name } = events.stream;
    const compression = options.compression === undefined ? {} : { compression: options.compression };
    const sink =
      transport === 'kafka'
        ? createKafkaSink({ ...shared, ...compression, bootstrap: kafkaBootstrap, clientId: `parallax-simulator-${name}` })
        : createAmqpSink({ ...shared, url: amqpUrl, address: destination });
    return { events, canaries: enterprise.canaries, sink, sent: {} };
  });

  const history: Producers['history'] = async ({ from, to, onProgress }) => {
    const [fromUs, toUs] = [Number(from), Number(to)];
    const upTo = new Map(lanes.map((lane) => [lane, fromUs]));
    const run = async (lane: Lane): Promise<void> => {
      for (let startUs = fromUs; startUs < toUs; ) {
        options.signal?.throwIfAborted();
        const endUs = Math.min(toUs, (Math.floor(startUs / MICROS_PER_MINUTE) + 1) * MICROS_PER_MINUTE);
        await produceRange(lane, startUs, endUs);
        startUs = endUs;
        upTo.set(lane, endUs);
        onProgress?.({ messages: countAll(lanes), upTo: BigInt(Math.min(...upTo.values())) });
      }
    };
    await Promise.all(lanes.map(run));
  };

  const live: Producers['live'] = async ({ from, signal, bridged, onCaughtUp }) => {
    let doneUs = Number(from);
    const behind = (): boolean => !signal.aborted && clock.nowMs() * 1000 - doneUs > LIMITS.liveCaughtUpMs * 1000;
    while (behind()) {
      while (behind()) {
        const to = BigInt(clock.nowMs()) * 1000n;
        await history({ from: BigInt(doneUs), to });
        doneUs = Number(to);
      }
      // Waiting takes time, in which more has become due.
      if (!signal.aborted) await bridged?.();
    }
    if (signal.aborted) return;
    await setTimestampType(kafkaBootstrap, STREAM_TOPICS, 'LogAppendTime');
    onCaughtUp?.(BigInt(doneUs));
    await Promise.all(lanes.map((lane) => produceLive(lane, doneUs, clock, signal)));
  };

  const close = async (): Promise<void> => {
    await Promise.all(lanes.map((lane) => lane.sink.close()));
  };
  const sent = (): SentCounts => Object.fromEntries(lanes.map((lane) => [lane.events.stream.name, { ...lane.sent }]));
  return { history, live, sent, close };
}

const arrivalMs = (message: SimMessage): number => message.arrivalUs / 1000;

/** The messages of one stream with arrival in `[fromUs, toUs)`: the next batch is made while the one before is confirmed. */
async function produceRange(lane: Lane, fromUs: number, toUs: number): Promise<void> {
  let pending: Promise<void> = Promise.resolve();
  for (const batch of batches(messagesOf(lane, fromUs, toUs))) {
    await pending;
    pending = confirm(lane, batch, arrivalMs);
    // A rejection is seen at the next await; until then it must not count as unhandled.
    pending.catch(() => undefined);
    await yieldToIo();
  }
  await pending;
}

async function produceLive(lane: Lane, fromUs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  let doneUs = fromUs;
  while (!signal.aborted) {
    const nowUs = clock.nowMs() * 1000;
    for (const batch of batches(messagesOf(lane, doneUs, nowUs))) await confirm(lane, batch, null);
    doneUs = Math.max(doneUs, nowUs);
    await clock.sleep(LIMITS.liveTickMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

async function confirm(lane: Lane, batch: readonly SimMessage[], stampMs: ((message: SimMessage) => number) | null): Promise<void> {
  await lane.sink.send(batch, stampMs);
  for (const message of batch) lane.sent[message.kind] = (lane.sent[message.kind] ?? 0) + 1;
}

/** All that a lane sends with an arrival in `[fromUs, toUs)`, by arrival. */
function* messagesOf({ events, canaries }: Lane, fromUs: number, toUs: number): Generator<SimMessage> {
  const known = canaryMessages(canaries, events.stream, fromUs, toUs);
  let next = known.next();
  for (const message of arrivals(events, fromUs, toUs)) {
    for (; next.done !== true && next.value.arrivalUs <= message.arrivalUs; next = known.next()) yield next.value;
    yield message;
  }
  for (; next.done !== true; next = known.next()) yield next.value;
}

/** Arrivals are evenly spread over a minute, so a range begins near its share of the indexes. */
export function* arrivals(events: StreamEvents, fromUs: number, toUs: number): Generator<SimMessage> {
  const { perMinute } = events;
  for (let minute = Math.floor(fromUs / MICROS_PER_MINUTE); minute * MICROS_PER_MINUTE < toUs; minute += 1) {
    const startUs = minute * MICROS_PER_MINUTE;
    const first = Math.max(0, Math.floor(((fromUs - startUs) * perMinute) / MICROS_PER_MINUTE) - 1);
    const last = Math.min(perMinute, Math.ceil(((toUs - startUs) * perMinute) / MICROS_PER_MINUTE) + 1);
    for (let index = first; index < last; index += 1) {
      const message = events.at(minute, index);
      if (message.arrivalUs >= fromUs && message.arrivalUs < toUs) yield message;
    }
  }
}

/** Groups messages by `LIMITS.produceMessagesMax` and `LIMITS.produceBytesMax`. */
export function* batches(messages: Iterable<SimMessage>): Generator<SimMessage[]> {
  let batch: SimMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.payload?.length ?? 0;
    if (batch.length > 0 && (batch.length >= LIMITS.produceMessagesMax || bytes + size > LIMITS.produceBytesMax)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function countAll(lanes: readonly Lane[]): number {
  return lanes.reduce((sum, lane) => sum + Object.values(lane.sent).reduce((a, b) => a + b, 0), 0);
}

function yieldToIo(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
