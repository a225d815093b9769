/** A run that `verify` verifies as a process: real Kafka and PostgreSQL, a ledger and Spark's files made by hand. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import {
  canonicalJson,
  formatSecond,
  MICROS_PER_MINUTE,
  type MinuteVerdict,
  type Project,
  type Seal,
  type StreamSeal,
  sha256Hex,
} from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { VerdictStore } from '@parallax/reconcile';
import { Admin, ProduceAcks, Producer } from '@platformatic/kafka';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { writeCase } from '../../../test/contract/case.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import { FakeSpark, type Tampering } from '../../reconcile/test/fake-spark.ts';

const bootstrap = process.env.PARALLAX_KAFKA ?? '';
const database = process.env.PARALLAX_PG ?? '';
const DAY = '2026-01-04';
const FROM = instant('10:57');
export const MINUTES = 7;
const LOST = 'e2-1';
const KEYS = ['1', '2', '3'];
const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');

export const minuteAt = (index: number) => FROM + BigInt(index) * MICROS_PER_MINUTE;

/** Of each minute: a message a customer, one once more, one of the minute before. */
function messagesOf(index: number): string[] {
  const at = (minute: number, second: number) => formatSecond(minuteAt(minute) + BigInt(second) * 1_000_000n).replace('Z', '.5Z');
  const own = KEYS.map((key, i) => payload(key, at(index, i), `e${index}-${key}`, { x: String(index * 10 + i) }));
  const before = index === 0 ? [] : [payload('2', at(index - 1, 40), `late${index}`, { x: '7' }), own[0] ?? ''];
  return [...own, ...before];
}

const name = `verified-${process.hrtime.bigint()}`;

const PROJECT_FILES = {
  'parallax.yaml': 'name: killed\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\nactions: { call: { cool_down: 3m } }\n',
  'streams/web.yaml': `from: { kafka: { topic: ${name} } }\nkey: { field: customer_id }\ntime: { field: event_time, format: rfc3339 }\nevent_id: event_id\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum, max, last] }\n`,
  'batch/dwh.yaml': `from: { postgres: { url: "${database}", schema: "${name}" } }\ntables:\n  - { name: profile, key: customer_id, columns: [{ name: tier, type: text }] }\n`,
  'satisfaction.sql': 'SELECT customer_id, 50 AS satisfaction FROM population',
  'actions.sql': "SELECT customer_id, 'call' AS action, NULL AS reason FROM population WHERE false",
  'alternative.ts': `export const satisfaction = (c) => ({ satisfaction: { unscaled: 5000n, places: 2 }, x: c.stream.web_x_sum_1h });
export const actions = (c) => (c.stream.web_x_sum_1h.unscaled % 3n === 0n ? [{ action: 'call', reason: c.batch.profile_tier }] : []);
`,
};

async function fillTopic(): Promise<string> {
  const admin = new Admin({ clientId: name, bootstrapBrokers: [bootstrap] });
  // The producer's times are those of the minutes, which are long gone.
  const configs = [
    { name: 'message.timestamp.type', value: 'CreateTime' },
    { name: 'retention.ms', value: '-1' },
  ];
  await admin.createTopics({ topics: [name], partitions: 1, replicas: 1, configs });
  const { topics } = await admin.metadata({ topics: [name] });
  await admin.close();
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({ clientId: name, bootstrapBrokers: [bootstrap], acks: ProduceAcks.ALL });
  for (let index = 0; index < MINUTES; index++) {
    const timestamp = minuteAt(index) / 1000n + 30_000n;
    for (const text of messagesOf(index)) await producer.send({ messages: [{ topic: name, value: Buffer.from(text), timestamp }] });
  }
  await producer.close();
  return topics.get(name)?.id ?? '';
}

/** The project's day in a database. */
export async function fillStore(url = database, tierOf: (key: string) => string = () => 'gold'): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE SCHEMA "${name}"`);
  await client.query(`CREATE TABLE "${name}".profile (day date, customer_id bigint, tier text)`);
  await client.query(`CREATE TABLE "${name}".parallax_control (day date, table_name text, completed_at timestamptz)`);
  for (const key of KEYS) await client.query(`INSERT INTO "${name}".profile VALUES ($1, $2, $3)`, [DAY, key, tierOf(key)]);
  await client.query(`INSERT INTO "${name}".parallax_control VALUES ($1, 'profile', '${DAY}T00:00:00Z')`, [DAY]);
  await client.end();
  if (url !== database) return;
  onTestFinished(async () => {
    const again = new pg.Client({ connectionString: url });
    await again.connect();
    await again.query(`DROP SCHEMA "${name}" CASCADE`);
    await again.end();
  });
}

/** Spark's files and the ledger that names them, in each of the state folders. */
async function fillLedgers(project: Project, spark: FakeSpark, topicId: string, states: readonly string[]): Promise<void> {
  const completed = instant(`${DAY}T00:00:00Z`);
  const version = sha256Hex(`profile\n${completed}\n`);
  const ledgers = states.map((state) => new DatabaseSync(join(state, 'ledger.sqlite')));
  for (const ledger of ledgers)
    ledger.exec(`CREATE TABLE seals (minute INTEGER, seal TEXT, sealed_at INTEGER);
      CREATE TABLE closes (minute INTEGER, close TEXT, manifest TEXT);
      CREATE TABLE iterations (minute INTEGER, folder TEXT, manifest TEXT, digest TEXT, report TEXT);
      CREATE TABLE decisions (customer TEXT, action TEXT, minute INTEGER);
      CREATE TABLE batch_days (day TEXT, version TEXT, registered INTEGER, view TEXT);
      CREATE TABLE meta (name TEXT, value TEXT)`);
  let offset = 0;
  for (let index = 0; index < MINUTES; index++) {
    const minute = minuteAt(index);
    const from = offset;
    offset += messagesOf(index).length;
    const ranges = [{ partition: 0, from, to: offset }];
    const stream: StreamSeal = { stream: 'web', kind: 'topic', topic: name, topicId, arrival: 'approximate', ranges, lost: [] };
    const seal: Seal = {
      ...{ format: 1, project: project.name, projectHash: project.hash, minute: formatSecond(minute), missed: true },
      ...{ streams: [stream], batch: { day: DAY, version } },
    };
    const close = { online: [] };
    const manifest = sha256Hex(canonicalJson({ seal, close }));
    const { folder, batch, amended } = await spark.run(minute);
    const digest = createHash('sha256');
    for (const file of ['events', 'results', 'actions']) digest.update(await readFile(join(folder, `${file}.ndjson`)));
    const decided = (await readFile(join(folder, 'actions.ndjson'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { customer_id: string; action: string });
    const hex = digest.digest('hex');
    const report = JSON.stringify({ incomplete: [], batch: { day: DAY, version }, answered: false, beside: null, amended });
    for (const ledger of ledgers) {
      if (index === 0)
        ledger
          .prepare('INSERT INTO batch_days VALUES (?, ?, ?, ?)')
          .run(DAY, version, completed, JSON.stringify({ folder: batch?.folder, taken: batch?.taken }));
      ledger.prepare('INSERT INTO seals VALUES (?, ?, ?)').run(minute, canonicalJson(seal), minute);
      ledger.prepare('INSERT INTO closes VALUES (?, ?, ?)').run(minute, canonicalJson(close), manifest);
      ledger.prepare('INSERT INTO iterations VALUES (?, ?, ?, ?, ?)').run(minute, folder, manifest, hex, report);
      // Who is killed before its first checkpoint goes on with the run's own decisions.
      for (const { customer_id, action } of decided)
        ledger.prepare('INSERT INTO decisions VALUES (?, ?, ?)').run(customer_id, action, minute);
    }
  }
  for (const ledger of ledgers) ledger.close();
}

/**
 * Makes the run: `MINUTES` minutes from 10:57 on, of which the Spark side lost a message of the third where `lost` says so.
 * @param files more files of the project
 * @param states the names of the state folders to make, each of the same run
 */
export async function makeRun(
  { lost = false, files = {} }: { readonly lost?: boolean; readonly files?: Readonly<Record<string, string>> },
  states: readonly string[],
): Promise<{ readonly folder: string; readonly project: string; readonly states: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-verified-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await fillStore();
  const topicId = await fillTopic();
  const recording = buildRecording({
    from: FROM,
    iterations: MINUTES,
    messages: Array.from({ length: MINUTES }, (_, i) =>
      messagesOf(i).map((text) => ({ iteration: minuteAt(i), stream: 'web', payload: text })),
    ).flat(),
    batch: { [DAY]: { tables: { 'dwh/profile': `customer_id,tier\n${KEYS.map((key) => `${key},gold`).join('\n')}\n` } } },
  });
  const written = writeCase({ project: { ...PROJECT_FILES, ...files }, recording }, folder);
  const project = await loadProject(written.project);
  const without: Tampering = { accepted: (_minute, events) => events.filter(({ id }) => id !== LOST) };
  const spark = await FakeSpark.open({ recording: written.recording, project, folder, tampering: lost ? without : {} });
  onTestFinished(() => spark.close());
  const paths = states.map((state) => join(folder, state));
  for (const state of paths) await mkdir(state);
  await fillLedgers(project, spark, topicId, paths);
  return { folder, project: written.project, states: paths };
}

export class Verifier {
  said = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(project: string, state: string, env: NodeJS.ProcessEnv = {}) {
    const args = ['--disable-warning=ExperimentalWarning', MAIN, 'verify', '--project', project, '--state', state, '--kafka', bootstrap];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
    this.#child.stderr?.on('data', (bytes: Buffer) => {
      this.said += bytes.toString();
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Whether it goes on. */
  get lives(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }
}

export function verdicts(state: string): readonly MinuteVerdict[] {
  const store = VerdictStore.read(state);
  if (store === null) return [];
  try {
    return store.last(MINUTES).map(({ verdict }) => verdict);
  } catch (error) {
    // The writer was killed between the file and its tables.
    if (error instanceof Error && error.message.includes('no such table')) return [];
    throw error;
  } finally {
    store.close();
  }
}

/** Runs a verifier until it has given more than `known` verdicts. */
export async function untilMore(project: string, state: string, known: number, env: NodeJS.ProcessEnv = {}): Promise<Verifier> {
  const verifier = new Verifier(project, state, env);
  const begun = Date.now();
  while (verdicts(state).length <= known) {
    if (Date.now() - begun > 60_000) {
      await verifier.end('SIGKILL');
      throw new Error(`no verdict in a minute: ${verifier.said}`);
    }
    await delay(20);
  }
  return verifier;
}
