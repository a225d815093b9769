import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ParallaxError } from '@parallax/core';
import cassandra from 'cassandra-driver';
import { commonJavaOptions, exportsOf, freshTemporaryFolder, jarFolder, javaCommand, opens, serviceEnvironment } from './java.ts';
import { HEAP_MB, PROBE_MS_MAX } from './limits.ts';
import { dataFolder, startService } from './start-service.ts';
import type { JavaServiceOptions, RunningService } from './types.ts';

/** The only data centre; drivers want it as `localDataCenter`. */
export const CASSANDRA_DATA_CENTER = 'datacenter1';

/** From Cassandra 5.0's `conf/jvm17-server.options`. */
const EXPORTS = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.base/java.lang.ref',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.rmi/sun.rmi.transport.tcp',
  'java.sql/java.sql',
  'jdk.compiler/com.sun.tools.javac.file',
  'jdk.unsupported/sun.misc',
];
const OPENS = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.math',
  'java.base/java.net',
  'java.base/java.nio',
  'java.base/java.nio.charset',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.util.jar',
  'java.base/sun.nio.ch',
  'java.compiler/javax.tools',
  'jdk.management/com.sun.management.internal',
];

const LOGBACK = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n%ex{12}</pattern></encoder>
  </appender>
  <logger name="org.apache.cassandra.service.StartupChecks" level="ERROR"/>
  <root level="WARN"><appender-ref ref="OUT"/></root>
</configuration>
`;

/**
 * One Cassandra 5 node on loopback, without authentication. Clients need `localDataCenter` = `CASSANDRA_DATA_CENTER`.
 *
 * @throws ParallaxError PRLX_SERVICE_START, PRLX_JARS_MISSING
 */
export async function startCassandra(options: JavaServiceOptions): Promise<RunningService> {
  const data = dataFolder(options.home, 'cassandra');
  return startService(
    {
      name: 'cassandra',
      ports: 2,
      async prepare([port = 0, storagePort = 0]) {
        const temporary = freshTemporaryFolder(data);
        const jars = jarFolder('cassandra', options.jars);
        const yaml = join(data, 'cassandra.yaml');
        mkdirSync(data, { recursive: true });
        writeFileSync(join(data, 'logback.xml'), LOGBACK);
        // JSON is YAML, and quotes every path rightly.
        writeFileSync(yaml, JSON.stringify(nodeConfig(port, storagePort, data), null, 2));
        return {
          command: javaCommand(),
          args: [
            ...commonJavaOptions(options.heapMb ?? HEAP_MB.cassandra, temporary),
            '-XX:+UseSerialGC',
            '-Xss512k',
            '-XX:MaxDirectMemorySize=256m',
            `-javaagent:${agent(jars)}`,
            '-Djdk.attach.allowAttachSelf=true',
            // Cassandra sets one; from Java 18 on that must be allowed first.
            '-Djava.security.manager=allow',
            '-Dio.netty.tryReflectionSetAccessible=true',
            ...exportsOf(EXPORTS),
            ...opens(OPENS),
            `-Dcassandra.config=${pathToFileURL(yaml).href}`,
            `-Dcassandra.storagedir=${data}`,
            `-Dcassandra.logdir=${data}`,
            `-Djna.tmpdir=${temporary}`,
            `-Dlogback.configurationFile=${join(data, 'logback.xml')}`,
            '-Dcassandra-foreground=yes',
            '-Dcassandra.ring_delay_ms=1',
            '-Dcassandra.skip_wait_for_gossip_to_settle=0',
            '-Dcassandra.superuser_setup_delay_ms=0',
            '-Dcassandra.shutdown_announce_in_ms=0',
            '-cp',
            join(jars, '*'),
            'org.apache.cassandra.service.CassandraDaemon',
          ],
          cwd: data,
          env: serviceEnvironment(),
          stopSignal: 'SIGTERM',
          deathSignal: 'KILL',
          url: `127.0.0.1:${port}`,
          probe: () => probeCql(`127.0.0.1:${port}`),
        };
      },
    },
    options,
  );
}

function agent(jars: string): string {
  const name = readdirSync(jars).find((file) => /^jamm-.*\.jar$/.test(file));
  if (name === undefined)
    throw new ParallaxError('PRLX_JARS_MISSING', `no jamm jar in ${jars}`, { advice: 'Run ./parallax once: it installs the jars.' });
  return join(jars, name);
}

function nodeConfig(port: number, storagePort: number, data: string): Record<string, unknown> {
  return {
    cluster_name: 'parallax',
    num_tokens: 1,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    seed_provider: [{ class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds: `127.0.0.1:${storagePort}` }] }],
    listen_address: '127.0.0.1',
    rpc_address: '127.0.0.1',
    storage_port: storagePort,
    native_transport_port: port,
    start_native_transport: true,
    data_file_directories: [join(data, 'data')],
    commitlog_directory: join(data, 'commitlog'),
    saved_caches_directory: join(data, 'saved_caches'),
    hints_directory: join(data, 'hints'),
    cdc_raw_directory: join(data, 'cdc_raw'),
    commitlog_sync: 'periodic',
    commitlog_sync_period: '10000ms',
    commitlog_segment_size: '16MiB',
    commitlog_total_space: '256MiB',
    memtable_heap_space: '160MiB',
    memtable_offheap_space: '128MiB',
    memtable_allocation_type: 'heap_buffers',
    memtable_flush_writers: 1,
    concurrent_reads: 16,
    concurrent_writes: 16,
    concurrent_counter_writes: 4,
    concurrent_compactors: 1,
    compaction_throughput: '64MiB/s',
    key_cache_size: '16MiB',
    counter_cache_size: '0MiB',
    file_cache_size: '32MiB',
    networking_cache_size: '16MiB',
    prepared_statements_cache_size: '10MiB',
    native_transport_max_threads: 32,
    // Rows of a day are over a thousand columns wide: the warnings' default of 5 KiB is far below one row.
    batch_size_warn_threshold: '1024KiB',
    batch_size_fail_threshold: '8192KiB',
    hinted_handoff_enabled: false,
    auto_snapshot: false,
    dynamic_snitch: false,
    disk_failure_policy: 'die',
    commit_failure_policy: 'die',
    read_request_timeout: '20000ms',
    range_request_timeout: '30000ms',
    write_request_timeout: '20000ms',
    request_timeout: '30000ms',
    cas_contention_timeout: '10000ms',
    truncate_request_timeout: '60000ms',
  };
}

/** One CQL query. */
export async function probeCql(contactPoint: string): Promise<void> {
  const client = new cassandra.Client({
    contactPoints: [contactPoint],
    localDataCenter: CASSANDRA_DATA_CENTER,
    socketOptions: { connectTimeout: PROBE_MS_MAX, readTimeout: PROBE_MS_MAX },
    policies: { reconnection: new cassandra.policies.reconnection.ConstantReconnectionPolicy(PROBE_MS_MAX) },
    pooling: { warmup: false },
  });
  try {
    await client.execute('select release_version from system.local');
  } finally {
    await client.shutdown();
  }
}
