/**
 * Goal: what the second method does not confirm does not reach a customer by itself, and a person can see why and let it go: once.
 * Method: `run` with its verifier on real Kafka, Spark and PostgreSQL, one live minute of three customers, of whom `alternative.ts` judges one otherwise;
 * then the commands that a person would type, also those that the verdict prints.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Admin, Consumer, FetchIsolationLevels, ProduceAcks, Producer } from '@platformatic/kafka';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';

const bootstrap = process.env.PARALLAX_KAFKA ?? '';
const database = process.env.PARALLAX_PG ?? '';
const engine = process.env.PARALLAX_SPARK_URL ?? '';
const CLI = new URL('../../packages/cli/src/main.ts', import.meta.url).pathname;
const name = `held_${process.hrtime.bigint()}`;
const KEYS = ['1', '2', '3'];
/** Whom the alternative judges otherwise. */
const OTHER = '2';
const DAY_MS = 86_400_000;
const GRACE_MS = 2_000;
const DAY = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);

const FILES = {
  'parallax.yaml': `name: ${name}\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\nsettle: 1s\n`,
  'streams/web.yaml': `from: { kafka: { topic: ${name} } }\nkey: { field: id }\ntime: { field: t, format: epoch_us }\nevent_id: e\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum] }\n`,
  'batch/dwh.yaml': `from: { postgres: { url: "env:HELD_PG", schema: ${name} } }\ntables:\n  - { name: profile, key: customer_id, columns: [{ name: tier, type: text }] }\n`,
  'satisfaction.sql': 'SELECT s.customer_id, CAST(50 AS DECIMAL(5,2)) AS satisfaction FROM stream s\n',
  'actions.sql': "SELECT customer_id, 'call' AS action, 'low' AS reason FROM satisfaction WHERE satisfaction < 55\n",
  'alternative.ts': `export const satisfaction = (c) => ({ satisfaction: { unscaled: c.customer_id === ${OTHER}n ? 6000n : 5000n, places: 2 } });
export const actions = (_c, { satisfaction }) => (satisfaction.unscaled < 5500n ? [{ action: 'call', reason: 'low' }] : []);
`,
};

interface Minute {
  minute: string;
  verdict: string | null;
  verdict_reason: string | null;
  cause: { stage: string; variable: string; witnesses: { customer: string; spark: string; alternative: string }[]; again: string[] } | null;
  actions: { taken: number; held: number };
}

async function fillStore(): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query(`CREATE SCHEMA ${name}`);
  await client.query(`CREATE TABLE ${name}.profile (day date, customer_id bigint, tier text)`);
  await client.query(`CREATE TABLE ${name}.parallax_control (day date, table_name text, completed_at timestamptz)`);
  for (const key of KEYS) await client.query(`INSERT INTO ${name}.profile VALUES ($1, $2, 'gold')`, [DAY, key]);
  await client.query(`INSERT INTO ${name}.parallax_control VALUES ($1, 'profile', now() - interval '1 hour')`, [DAY]);
  await client.end();
  onTestFinished(async () => {
    const again = new pg.Client({ connectionString: database });
    await again.connect();
    await again.query(`DROP SCHEMA ${name} CASCADE`);
    await again.end();
  });
}

async function makeTopic(): Promise<void> {
  const admin = new Admin({ clientId: name, bootstrapBrokers: [bootstrap] });
  const configs = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  await admin.createTopics({ topics: [name], partitions: 1, replicas: 1, configs });
  await admin.close();
}

/** An event a customer, now. */
async function produce(): Promise<void> {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({ clientId: name, bootstrapBrokers: [bootstrap], acks: ProduceAcks.ALL });
  const t = BigInt(Date.now()) * 1000n;
  await producer.send({ messages: KEYS.map((id) => ({ topic: name, value: Buffer.from(`{"id":${id},"t":${t},"e":"e${id}","x":1}`) })) });
  await producer.close();
}

/** The customers whose actions the topic holds, of every message, once `wanted` of them are there and for a while after. */
async function customersActedFor(wanted: number): Promise<string[]> {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: name,
    groupId: `${name}-${process.hrtime.bigint()}`,
    bootstrapBrokers: [bootstrap],
  });
  const stream = await consumer.consume({
    topics: [`parallax-actions-${name}`],
    mode: 'earliest',
    autocommit: false,
    isolationLevel: FetchIsolationLevels.READ_COMMITTED,
  });
  const found: string[] = [];
  stream.on('data', ({ value }) => {
    found.push(String((JSON.parse(value.toString()) as Record<string, unknown>).customer_id));
  });
  for (let waited = 0; found.length < wanted && waited < 30_000; waited += 100) await delay(100);
  await delay(1_000);
  await stream.close();
  await consumer.close(true);
  return found.sort();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const environment = { ...process.env, HELD_PG: database };

/** Runs a command of the person. */
function parallax(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...words], { env: environment }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** Starts the run; `report` is that of a minute, once it is settled. */
function startRun(words: readonly string[]): { child: ChildProcess; report: (minute: string) => Promise<Minute>; said: () => string } {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, 'run', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const reports = new Map<string, Minute>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = JSON.parse(line) as Minute;
    reports.set(report.minute, report);
  });
  return {
    child,
    report: (minute) =>
      until(
        () => reports.get(minute),
        () => said,
      ),
    said: () => said,
  };
}

/** Waits until there is something. @param said what to say when there is nothing in two minutes and a half */
async function until<T>(look: () => T | undefined, said: () => string): Promise<T> {
  for (let waited = 0; waited < 150_000; waited += 100) {
    const found = look();
    if (found !== undefined) return found;
    await delay(100);
  }
  throw new Error(`nothing came: ${said()}`);
}

const instant = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

test('a mismatch holds its customer’s action; a person sees why, releases it, and it is sent once', { timeout: 400_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-held-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [project, state] = [join(folder, 'project'), join(folder, 'state')];
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), content);
  }
  await Promise.all([fillStore(), makeTopic()]);
  const metrics = await freePort();
  const place = ['--project', project, '--state', state, '--kafka', bootstrap];
  const first = ['--from', instant(Math.floor(Date.now() / 60_000) * 60_000)];
  const { child, report, said } = startRun([...place, ...first, '--engine', engine, '--metrics-port', String(metrics), '--json']);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  // A minute never waits for a day, and what arrives within the grace of the minute before belongs to that.
  await until(() => (said().includes('is complete and registered') ? true : undefined), said);
  const second = (Date.now() - GRACE_MS) % 60_000;
  if (second < 1_000 || second > 45_000) await delay((61_000 - second) % 60_000);
  await produce();
  const from = instant(Math.floor((Date.now() - GRACE_MS) / 60_000) * 60_000);

  // Its line.
  const minute = await report(from);
  expect([minute.minute, minute.verdict, minute.verdict_reason, minute.actions.taken, minute.actions.held]).toEqual([
    from,
    'mismatch',
    'logic',
    2,
    1,
  ]);
  expect(minute.cause).toMatchObject({ stage: 'satisfaction', variable: 'satisfaction' });
  expect(minute.cause?.witnesses).toMatchObject([{ customer: OTHER, spark: '50.00', alternative: '60.00' }]);
  // Beside it, for whoever looks: on the terminal, in the metrics, by command.
  expect(said()).toContain(`${OTHER}  satisfaction: spark 50.00, alternative 60.00`);
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  expect(text).toMatch(/^prlx_verdict_total\{verdict="mismatch"\} 1$/m);
  expect(text).toMatch(/^prlx_verdict_total\{verdict="match"\} \d+$/m);
  const shown = await parallax('verdicts', from, '--project', project, '--state', state);
  expect(shown.out).toContain('mismatch (logic): satisfaction');
  expect(shown.out).toContain('holds 1 customers back');

  // Released by hand while the run lives, and no second time.
  expect(await customersActedFor(2)).toEqual(['1', '3']);
  const [held, ...more] = (await parallax('actions', '--held', '--json', ...place)).out.trim().split('\n');
  expect(more).toEqual([]);
  const { id, customer_id } = JSON.parse(held ?? '') as { id: string; customer_id: string };
  expect(customer_id).toBe(OTHER);
  const release = () => parallax('actions', ...place, 'release', id, '--why', 'the customer is known to us');
  expect((await release()).code).toBe(0);
  expect(await customersActedFor(3)).toEqual(KEYS);
  const again = await release();
  expect([again.code, again.out]).toEqual([0, expect.stringContaining('already released')]);

  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(await customersActedFor(3)).toEqual(KEYS);

  // What the verdict says to type shows the difference again.
  const [record = '', explain = ''] = minute.cause?.again ?? [];
  const recording = join(folder, 'recording');
  const typed = (line: string) => [...line.replace('REC', recording).replace(/ +#.*/, '').split(' ').slice(1), '--engine', engine];
  const recorded = await parallax(...typed(record));
  expect(recorded, recorded.err).toMatchObject({ code: 0 });
  const explained = await parallax(...typed(explain));
  expect(explained, explained.err).toMatchObject({ code: 1 });
  expect(explained.out).toMatch(/≠ +result .*satisfaction +50\.00 +60\.00/);
});
