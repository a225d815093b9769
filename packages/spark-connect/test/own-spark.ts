import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** What Java 17 must open for Spark (org.apache.spark.launcher.JavaModuleOptions), as far as SQL needs it. */
const OPENED = ['lang', 'lang.invoke', 'lang.reflect', 'io', 'net', 'nio', 'util', 'util.concurrent', 'util.concurrent.atomic'];
const OPENED_ELSEWHERE = ['jdk.internal.ref', 'sun.nio.ch', 'sun.nio.cs', 'sun.security.action', 'sun.util.calendar'];

export interface OwnSpark {
  readonly url: string;
  /** Ends it at once, as `kill -9` does. */
  readonly kill: () => Promise<void>;
}

/** A Connect server of this test alone, for what would disturb the others. */
export async function startOwnSpark(port: number, directory: string): Promise<OwnSpark> {
  const jars = resolve(import.meta.dirname, '../../../.parallax/jars/spark/*');
  const packages = [...OPENED.map((name) => `java.${name}`), ...OPENED_ELSEWHERE];
  const conf = {
    'spark.connect.grpc.binding.port': String(port),
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.driver.host': '127.0.0.1',
    'spark.ui.enabled': 'false',
    'spark.sql.warehouse.dir': `${directory}/warehouse`,
    'spark.local.dir': `${directory}/local`,
  };
  const java = spawn(
    'java',
    [
      '-Xmx768m',
      '--add-modules=jdk.incubator.vector',
      ...packages.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      ...['-cp', jars, 'org.apache.spark.deploy.SparkSubmit', '--master', 'local[2]'],
      ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
      ...['--class', 'org.apache.spark.sql.connect.service.SparkConnectServer', 'spark-internal'],
    ],
    { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const end = () => java.kill('SIGKILL');
  process.once('exit', end);
  const exited = once(java, 'exit');
  const ready = (async () => {
    const lines: string[] = [];
    for await (const line of createInterface({ input: java.stderr })) {
      if (line.includes('Spark Connect server started at')) return;
      lines.push(line);
    }
    throw new Error(`Spark did not start:\n${lines.slice(-20).join('\n')}`);
  })();
  await ready;
  java.stderr.resume();
  const kill = async () => {
    process.off('exit', end);
    end();
    await exited;
  };
  return { url: `sc://127.0.0.1:${port}`, kill };
}

/** A port of loopback that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
