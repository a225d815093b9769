import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ParallaxError } from '@parallax/core';
import { Admin } from '@platformatic/kafka';
import { commonJavaOptions, freshTemporaryFolder, jarFolder, javaCommand, serviceEnvironment } from './java.ts';
import { HEAP_MB, KAFKA_MESSAGE_BYTES_MAX, KAFKA_RETENTION_BYTES, PROBE_MS_MAX } from './limits.ts';
import { dataFolder, startService } from './start-service.ts';
import type { JavaServiceOptions, RunningService } from './types.ts';

/** Any 16 bytes in URL-safe base 64 name a cluster; a folder holds only ever one. */
const CLUSTER_ID = 'cGFyYWxsYXgtbG9jYWwtMQ';

const LOG4J = `status = error
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_ERR
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n%ex
`;

/**
 * One Kafka 4.4 node, broker and controller (KRaft), on loopback. Topics are not created by use; transactions work with one replica;
 * nothing is removed by age.
 *
 * @throws ParallaxError PRLX_SERVICE_START, PRLX_JARS_MISSING
 */
export async function startKafka(options: JavaServiceOptions): Promise<RunningService> {
  const data = dataFolder(options.home, 'kafka');
  return startService(
    {
      name: 'kafka',
      ports: 2,
      async prepare([port = 0, controllerPort = 0]) {
        const temporary = freshTemporaryFolder(data);
        const logs = join(data, 'logs');
        const properties = join(data, 'server.properties');
        mkdirSync(logs, { recursive: true });
        writeFileSync(join(data, 'log4j2.properties'), LOG4J);
        writeFileSync(properties, formatProperties(brokerProperties(port, controllerPort, logs)));
        const java = [
          ...commonJavaOptions(options.heapMb ?? HEAP_MB.kafka, temporary),
          '-XX:+UseSerialGC',
          '-XX:MaxDirectMemorySize=128m',
          `-Dlog4j2.configurationFile=${join(data, 'log4j2.properties')}`,
          '-cp',
          join(jarFolder('kafka', options.jars), '*'),
        ];
        if (!existsSync(join(logs, 'meta.properties'))) await format(java, properties, data, options.signal);
        return {
          command: javaCommand(),
          args: [...java, 'kafka.Kafka', properties],
          cwd: data,
          env: serviceEnvironment(),
          stopSignal: 'SIGTERM',
          deathSignal: 'KILL',
          url: `127.0.0.1:${port}`,
          probe: () => probeKafka(`127.0.0.1:${port}`),
        };
      },
    },
    options,
  );
}

function brokerProperties(port: number, controllerPort: number, logs: string): Record<string, string | number> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': logs,
    'auto.create.topics.enable': 'false',
    'num.partitions': 1,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'message.max.bytes': KAFKA_MESSAGE_BYTES_MAX,
    'replica.fetch.max.bytes': KAFKA_MESSAGE_BYTES_MAX,
    // Simulated history is stamped with its own arrival times, so neither age nor the future may matter.
    'log.retention.ms': -1,
    'log.retention.bytes': KAFKA_RETENTION_BYTES,
    'log.message.timestamp.after.max.ms': '9223372036854775807',
    'log.segment.bytes': 128 * 1024 * 1024,
    'log.index.size.max.bytes': 1024 * 1024,
    'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
    'log.cleaner.threads': 1,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 1,
  };
}

const formatProperties = (properties: Record<string, string | number>): string =>
  Object.entries(properties)
    .map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('');

/** Gives an empty log folder its cluster id, once (Kafka refuses to start in one without). */
async function format(java: readonly string[], properties: string, cwd: string, signal: AbortSignal | undefined): Promise<void> {
  const args = [
    '-XX:TieredStopAtLevel=1',
    ...java,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    properties,
    '--ignore-formatted',
  ];
  try {
    await promisify(execFile)(javaCommand(), args, { cwd, env: serviceEnvironment(), ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ParallaxError('PRLX_SERVICE_START', `kafka: its storage cannot be formatted: ${detail}`, { cause });
  }
}

/** ApiVersions, then Metadata. The broker opens its port only once the controller has let it in, so topics can be created then. */
export async function probeKafka(bootstrap: string): Promise<void> {
  const admin = new Admin({ clientId: 'parallax-probe', bootstrapBrokers: [bootstrap], retries: 0, timeout: PROBE_MS_MAX });
  try {
    await admin.listTopics();
  } finally {
    await admin.close();
  }
}
