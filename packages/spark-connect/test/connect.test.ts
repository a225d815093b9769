/**
 * Goal: the real transport: addresses that do not answer, tokens and TLS, connections cut in the middle, back-pressure.
 * Method: the fake server behind real HTTP/2 sockets on loopback; certificates made by the JDK's keytool for the run.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer, createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { afterEach, expect, it } from 'vitest';
import { type ConnectOptions, connectSpark } from '../src/connect.ts';
import { SparkConnectionError } from '../src/errors.ts';
import { commandDone, FakeSpark, idBatches, SESSION_ID } from './fake-spark.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

interface Listening {
  readonly port: number;
  /** Cuts every connection, as a dying server. */
  readonly cut: () => void;
  readonly stop: () => Promise<void>;
}

async function listen(server: Http2Server): Promise<Listening> {
  const connections = new Set<ServerHttp2Session>();
  server.on('session', (connection: ServerHttp2Session) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const connection of connections) connection.destroy();
  };
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    cut();
    await closed;
  };
  cleanups.push(() => void stop());
  return { port, cut, stop };
}

const plain = (spark: FakeSpark) => listen(createServer(connectNodeAdapter({ routes: spark.routes })));

function options(url: string, more: Partial<ConnectOptions> = {}): ConnectOptions {
  let id = 0;
  const newOperationId = () => `00000000-0000-4000-9000-${String(++id).padStart(12, '0')}`;
  return { url, sessionId: SESSION_ID, newOperationId, sleep: async () => {}, ...more };
}

it('an address where nothing listens is unreachable, which is retryable', async () => {
  const { port, stop } = await plain(new FakeSpark());
  await stop();
  await expect(connectSpark(options(`sc://127.0.0.1:${port}`))).rejects.toMatchObject({ code: 'PRLX_SPARK_UNREACHABLE', retryable: true });
});

it('a command to a server that went away did not run, and says so', async () => {
  const { port, stop } = await plain(new FakeSpark());
  const session = await connectSpark(options(`sc://127.0.0.1:${port}`));
  await stop();
  const error = await session.command('INSERT INTO t VALUES (1)').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SparkConnectionError);
  expect(error).toMatchObject({ code: 'PRLX_SPARK_UNREACHABLE', mayHaveRun: false });
  await session.close();
});

it('connections that are cut in the middle lose and repeat nothing', async () => {
  const spark = new FakeSpark();
  const batches = Array.from({ length: 40 }, (_, index) => [BigInt(2 * index), BigInt(2 * index + 1)]);
  spark.answer = (request) => (request.plan?.opType.case === 'command' ? commandDone() : idBatches(...batches));
  const server = await plain(spark);
  let cuts = 0;
  spark.beforeResponse = ({ index }) => {
    if (index % 9 !== 4 || cuts > index / 9) return;
    cuts++;
    server.cut();
  };
  const session = await connectSpark(options(`sc://127.0.0.1:${server.port}`));
  const rows = await session.collect('SELECT id FROM t');
  expect(rows.map((row) => row.id)).toEqual(batches.flat());
  expect(spark.executed).toHaveLength(1);
  expect(cuts).toBeGreaterThan(3);
  await session.close();
});

it('a slow reader holds the server back', async () => {
  const spark = new FakeSpark();
  const ids = Array.from({ length: 50_000 }, (_, index) => BigInt(index));
  const batchCount = 200;
  spark.answer = () => idBatches(...Array.from({ length: batchCount }, () => ids));
  let sent = 0;
  spark.beforeResponse = ({ index }) => {
    sent = Math.max(sent, index);
  };
  const { port } = await plain(spark);
  const session = await connectSpark(options(`sc://127.0.0.1:${port}`));
  const batches = session.queryBatches('SELECT id FROM t');
  expect((await batches.next()).value?.rowCount).toBe(ids.length);
  // 400 KB a batch, 80 MB in all: with nobody reading, the server must come to rest far from the end.
  let before = -1;
  while (sent !== before) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(sent).toBeLessThan(batchCount / 2);
  let rest = 0;
  for await (const batch of batches) rest += batch.rowCount;
  expect(rest).toBe(ids.length * (batchCount - 1));
  await session.close();
});

it('a token goes with every call, and into no message', async () => {
  const spark = new FakeSpark();
  const { port, stop } = await plain(spark);
  const session = await connectSpark(options(`sc://127.0.0.1:${port}/;token=s3cret;x-tenant=blue`));
  expect(spark.headers.map((each) => [each.get('authorization'), each.get('x-tenant')])).toEqual([['Bearer s3cret', 'blue']]);
  await stop();
  const error = await session.command('SET a=b').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SparkConnectionError);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cret');
  await session.close();
});

it('TLS is verified: a private authority is trusted when it is named, and refused otherwise', async () => {
  const spark = new FakeSpark();
  spark.answer = () => idBatches([1n]);
  const { pfx, ca } = certificate();
  const server = createSecureServer({ pfx, passphrase: 'changeit' }, connectNodeAdapter({ routes: spark.routes }));
  const { port } = await listen(server);
  const url = `sc://127.0.0.1:${port}/;use_ssl=true;token=s3cret`;
  const session = await connectSpark(options(url, { ca }));
  expect(await session.collect('SELECT id FROM t')).toEqual([{ id: 1n }]);
  await session.close();
  await expect(connectSpark(options(url))).rejects.toMatchObject({ message: expect.stringMatching(/self.signed|certificate/i) });
});

function certificate(): { pfx: Buffer; ca: string } {
  const directory = mkdtempSync(join(tmpdir(), 'parallax-tls-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const store = join(directory, 'server.p12');
  const common = ['-keystore', store, '-storepass', 'changeit', '-alias', 'server'];
  const subject = ['-dname', 'CN=localhost', '-ext', 'SAN=IP:127.0.0.1,DNS:localhost', '-ext', 'BC=ca:true', '-validity', '2'];
  execFileSync('keytool', ['-genkeypair', ...common, '-keyalg', 'EC', '-storetype', 'PKCS12', ...subject], { stdio: 'pipe' });
  const ca = execFileSync('keytool', ['-exportcert', '-rfc', ...common], { stdio: 'pipe' }).toString();
  return { pfx: readFileSync(store), ca };
}
