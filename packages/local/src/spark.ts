import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { yieldOptimisers } from './compiler-threads.ts';
import { commonJavaOptions, freshTemporaryFolder, jarFolder, javaCommand, opens, serviceEnvironment } from './java.ts';
import { HEAP_MB, SPARK_MESSAGE_BYTES_MAX } from './limits.ts';
import { probeSparkConnect } from './spark-probe.ts';
import { dataFolder, startService } from './start-service.ts';
import type { RunningService, SparkOptions } from './types.ts';

/** What Spark 4.2 needs opened on a JDK 17; from `org.apache.spark.launcher.JavaModuleOptions`. */
const OPENS = [
  'java.base/java.lang',
  'java.base/java.lang.invoke',
  'java.base/java.lang.reflect',
  'java.base/java.io',
  'java.base/java.net',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.base/sun.nio.cs',
  'java.base/sun.security.action',
  'java.base/sun.util.calendar',
];

const LOG4J = `status = error
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_ERR
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %maxLen{%m}{4000}%n%maxLen{%ex}{8000}
logger.connect.name = org.apache.spark.sql.connect.service.SparkConnectServer
logger.connect.level = info
`;

/**
 * A Spark 4.2 Connect server in local mode, on loopback, without authentication: whoever may open a connection on this machine may use it.
 *
 * @throws ParallaxError PRLX_SERVICE_START, PRLX_JARS_MISSING
 */
export async function startSpark(options: SparkOptions): Promise<RunningService> {
  const data = dataFolder(options.home, 'spark');
  const service = await startService(
    {
      name: 'spark',
      ports: 1,
      async prepare([port = 0]) {
        const temporary = freshTemporaryFolder(data);
        const warehouse = join(data, 'warehouse');
        mkdirSync(warehouse, { recursive: true });
        writeFileSync(join(data, 'log4j2.properties'), LOG4J);
        const heapMb = options.heapMb ?? HEAP_MB.spark;
        const conf = { ...defaultConf(port, temporary, warehouse), ...objectStoreConf(), ...options.conf };
        return {
          command: javaCommand(),
          args: [
            ...commonJavaOptions(heapMb, temporary),
            '-XX:+UseParallelGC',
            // A heap that grows as it must is collected whole again and again until it has grown.
            `-Xms${heapMb}m`,
            '-XX:MetaspaceSize=192m',
            // All compilers are there from the beginning: those of them that yield are told once.
            '-XX:-UseDynamicNumberOfCompilerThreads',
            '-XX:MaxDirectMemorySize=1g',
            '-XX:ReservedCodeCacheSize=256m',
            `-Dlog4j2.configurationFile=${join(data, 'log4j2.properties')}`,
            `-Dderby.system.home=${temporary}`,
            '-Djdk.reflect.useDirectMethodHandle=false',
            '-Dio.netty.tryReflectionSetAccessible=true',
            '-Dio.netty.allocator.type=pooled',
            '--add-modules=jdk.incubator.vector',
            ...opens(OPENS),
            '-cp',
            [jarFolder('spark', options.jars), jarFolder('spark-shim', options.jars)].map((folder) => join(folder, '*')).join(':'),
            'org.apache.spark.deploy.SparkSubmit',
            '--master',
            `local[${options.cores ?? availableParallelism()}]`,
            ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
            '--class',
            'org.apache.spark.sql.connect.service.SparkConnectServer',
            'spark-internal',
          ],
          cwd: data,
          env: { ...serviceEnvironment(), ...objectStoreEnvironment() },
          stopSignal: 'SIGTERM',
          deathSignal: 'KILL',
          url: `sc://127.0.0.1:${port}`,
          probe: (signal) => probeSparkConnect(port, signal),
        };
      },
    },
    options,
  );
  yieldOptimisers(service.pid);
  return service;
}

/** Who may ask an object store, and where it is: what Spark itself reads for `s3a://`. */
function objectStoreEnvironment(): Record<string, string> {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL', 'AWS_REGION'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

/** What Spark does not take from there: a store that is not Amazon's has no host name a bucket, and a region only if it says so. */
function objectStoreConf(): Record<string, string> {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = process.env;
  if (endpoint === undefined) return region === undefined ? {} : { 'spark.hadoop.fs.s3a.endpoint.region': region };
  return {
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.endpoint.region': region ?? 'us-east-1',
    // The stream that Hadoop prefers asks through another client than the rest.
    'spark.hadoop.fs.s3a.input.stream.type': 'classic',
  };
}

function defaultConf(port: number, temporary: string, warehouse: string): Record<string, string> {
  return {
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': String(port),
    'spark.connect.grpc.maxInboundMessageSize': String(SPARK_MESSAGE_BYTES_MAX),
    'spark.hadoop.fs.file.impl': 'dev.parallax.local.QuietLocalFileSystem',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.ui.enabled': 'false',
    'spark.local.dir': temporary,
    'spark.sql.warehouse.dir': warehouse,
    'spark.sql.catalogImplementation': 'in-memory',
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.shuffle.partitions': '4',
    // By the heap it would be 32 MiB for every aggregate, sort and hash table of every task, however few its rows: a young generation of nothing else.
    'spark.buffer.pageSize': '2m',
    // What is shuffled here goes through this machine's page cache: compressing it costs more than it saves.
    'spark.shuffle.compress': 'false',
    'spark.shuffle.spill.compress': 'false',
    'spark.broadcast.compress': 'false',
  };
}
