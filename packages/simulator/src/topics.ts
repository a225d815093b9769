import { ParallaxError } from '@parallax/core';
import { Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka';
import { STREAMS } from './catalogue/example-files.ts';
import { LIMITS } from './limits.ts';

/** Who stamps a record: the producer (history) or the broker (live; the contract's section 2 asks for it). */
export type TimestampType = 'CreateTime' | 'LogAppendTime';

export interface TopicOptions {
  /** `host:port`, several by commas. */
  readonly bootstrap: string;
  /** By default the topics of the three streams (the AMQP address has a bridge topic of its own name). */
  readonly topics?: readonly string[];
  readonly partitions?: number;
  readonly timestampType?: TimestampType;
}

/** The Kafka topics of the telecom: two that producers write and one that the bridge writes. */
export const STREAM_TOPICS: readonly string[] = STREAMS.map((stream) => stream.destination);

/**
 * Creates the topics that are not there yet, with room for messages past the contract's 1 MiB, and sets who stamps records.
 * @returns the names of the topics that were created
 * @throws ParallaxError PRLX_SIM_TOPICS (retryable)
 */
export async function createTopics(options: TopicOptions): Promise<string[]> {
  const { topics = STREAM_TOPICS, partitions = 4, timestampType = 'CreateTime' } = options;
  return withAdmin(options.bootstrap, 'cannot create the topics', async (admin) => {
    const present = new Set(await admin.listTopics());
    const absent = topics.filter((topic) => !present.has(topic));
    if (absent.length > 0) {
      const configs = [
        { name: 'max.message.bytes', value: String(LIMITS.topicBatchBytesMax) },
        { name: 'message.timestamp.type', value: timestampType },
      ];
      await admin.createTopics({ topics: absent, partitions, replicas: 1, configs });
    }
    const kept = topics.filter((topic) => present.has(topic));
    if (kept.length > 0) await alter(admin, kept, timestampType);
    return absent;
  });
}

/**
 * Sets who stamps the records that come from now on; what is there keeps its times.
 * @throws ParallaxError PRLX_SIM_TOPICS (retryable)
 */
export async function setTimestampType(bootstrap: string, topics: readonly string[], type: TimestampType): Promise<void> {
  await withAdmin(bootstrap, 'cannot set who stamps the records', (admin) => alter(admin, topics, type));
}

function alter(admin: Admin, topics: readonly string[], value: TimestampType): Promise<void> {
  const config = { name: 'message.timestamp.type', configOperation: IncrementalAlterConfigOperationTypes.SET, value };
  const resources = topics.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName, configs: [config] }));
  return admin.incrementalAlterConfigs({ resources, validateOnly: false });
}

async function withAdmin<T>(bootstrap: string, what: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'parallax-simulator-admin', bootstrapBrokers: bootstrap.split(',') });
  try {
    return await use(admin);
  } catch (cause) {
    throw new ParallaxError('PRLX_SIM_TOPICS', `${what} at ${bootstrap}`, { cause, retryable: true, advice: 'Is Kafka running?' });
  } finally {
    await admin.close();
  }
}
