import { ParallaxError } from '@parallax/core';
import { ProduceAcks, Producer } from '@platformatic/kafka';
import type { Clock } from './clock.ts';
import type { SimMessage } from './events.ts';
import { LIMITS } from './limits.ts';
import type { MessageSink } from './sink.ts';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface KafkaSinkOptions {
  readonly bootstrap: string;
  readonly clientId: string;
  readonly clock: Clock;
  readonly compression?: Compression;
  readonly signal?: AbortSignal;
}

/**
 * Produces to Kafka with acks from all replicas. A message's record key is its customer, so each customer's messages stay in order in one
 * partition. A failed request is tried again, which may write a message twice: the contract drops it by its event id.
 */
export function createKafkaSink(options: KafkaSinkOptions): MessageSink {
  const producer = new Producer<Buffer, Buffer | null, Buffer, Buffer>({
    clientId: options.clientId,
    bootstrapBrokers: options.bootstrap.split(','),
    acks: ProduceAcks.ALL,
    compression: options.compression ?? 'zstd',
    retries: 2,
  });
  const send = async (batch: readonly SimMessage[], stampMs: ((message: SimMessage) => number) | null): Promise<void> => {
    if (batch.length === 0) return;
    for (let attempt = 1; ; attempt += 1) {
      options.signal?.throwIfAborted();
      try {
        await producer.send({ messages: batch.map((message) => record(message, stampMs)), acks: ProduceAcks.ALL });
        return;
      } catch (cause) {
        if (attempt >= LIMITS.produceAttemptsMax) {
          const topic = batch[0]?.stream.destination;
          throw new ParallaxError('PRLX_SIM_PRODUCE', `cannot produce to the topic ${topic} after ${attempt} tries`, {
            cause,
            retryable: true,
          });
        }
        await options.clock.sleep(LIMITS.produceRetryMs * 2 ** (attempt - 1), options.signal);
      }
    }
  };
  return { send, close: () => producer.close() };
}

function record(message: SimMessage, stampMs: ((message: SimMessage) => number) | null) {
  return {
    topic: message.stream.destination,
    key: Buffer.from(String(message.customerId)),
    value: message.payload,
    ...(stampMs === null ? {} : { timestamp: BigInt(Math.floor(stampMs(message))) }),
  };
}
