import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Close, formatMicros, MICROS_PER_MINUTE, type Micros, type OnlineSource, type Project } from '@parallax/core';
import { expect, test } from 'vitest';
import { runToCommit } from '../src/attempts.ts';
import { parseOutcome } from '../src/committed.ts';
import { openAmended } from '../src/draft/amend.ts';
import type { Engine } from '../src/engine/engine.ts';
import type { KeyBatches } from '../src/engine/key-batches.ts';
import type { StatePaths } from '../src/engine/paths.ts';
import { beyondSlices } from '../src/ingest/slices.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { windowLines } from '../src/lines/lines.ts';
import type { Capture, CountedCapture } from '../src/online/answers.ts';
import type { MinuteSource, Pipeline } from '../src/pipeline.ts';
import type { LiveSource } from '../src/run/live-source.ts';
import { newestSql } from '../src/serve/serving.ts';
import { AheadByHand, type Base, type Below, enginesOf, liveSource, partsOf, pipelineOf, printedSeed, randomOf } from './ahead-stage.ts';
import { recordOf, TestKafka } from './kafka-support.ts';
import { address, engineOfTest } from './real-engine.ts';
import { at, folderOf, projectOf } from './support.ts';

/**
 * Goal: what is settled, summed and drafted while a minute runs changes nothing of it. Method: random minutes on a real topic, with duplicates of every kind, late
 * and early events, customers that come and bulk answers for them, run once whole and once in slices with a draft; the same lines, byte for byte.
 */
const MINUTES = 5;
const MESSAGES = 260;
const CUSTOMERS = 90;
const OVERTAKEN = 3;
/** In one minute no message can go before another of its id: then all is settled ahead, and a draft is made, as of each but the first. */
const CALM = 2;
const OVERTAKEN_AT = { slice: 0, rest: MESSAGES - 10 };
/** Each minute's last but few message is the first of a customer, whom no draft can know. */
const NEWCOMER_AT = MESSAGES - 5;
const NEWCOMERS = 1000;

const BASE: Base = {
  sql: `SELECT CAST(id AS BIGINT) AS customer_id, 'gold' AS tier, 3 AS months FROM (
  SELECT id + 1 AS id FROM range(${CUSTOMERS - 2}) UNION ALL SELECT id FROM range(${NEWCOMERS}, ${NEWCOMERS + MINUTES}))`,
  cells: new Map([
    ['customer_id', 'integer'],
    ['tier', 'text'],
    ['months', 'integer'],
  ]),
};

/** One partition each, so that the same message sent again comes later in its log. */
async function produce(kafka: TestKafka, topic: string, random: Below): Promise<void> {
  await kafka.createTopic(topic, { partitions: 2 });
  const producer = kafka.producer();
  const sent: { value: string; partition: number }[] = [];
  for (let minute = 0; minute < MINUTES; minute++) {
    const start = Number((at('10:57') + BigInt(minute) * MICROS_PER_MINUTE) / 1000n);
    const messages = [];
    for (let n = 0; n < MESSAGES; n++) {
      const timestamp = start + 2_000 + Math.floor((n * 59_000) / MESSAGES);
      // In one minute an id that is in the first slice is claimed again, by an event that goes before it, by a message that no slice has.
      if (minute === OVERTAKEN && (n === OVERTAKEN_AT.slice || n === OVERTAKEN_AT.rest)) {
        const event_time = new Date(start + (n === OVERTAKEN_AT.slice ? 20_000 : 10_000)).toISOString();
        const value = JSON.stringify({ customer_id: 1, event_time, event_id: 'overtaken', x: n });
        messages.push({ value, partition: 0, timestamp });
        continue;
      }
      if (n === NEWCOMER_AT) {
        const event_time = new Date(start + 5_000).toISOString();
        const value = JSON.stringify({ customer_id: NEWCOMERS + minute, event_time, event_id: `new-${minute}`, x: minute });
        messages.push({ value, partition: 0, timestamp });
        continue;
      }
      const before = sent[sent.length - 1 - random(Math.min(sent.length, 400))];
      if (before !== undefined && random(8) === 0) {
        if (minute === CALM && before.value.includes('shared-')) continue;
        const partition = minute !== CALM && random(20) === 0 ? 1 - before.partition : before.partition;
        messages.push({ ...before, partition, timestamp });
        continue;
      }
      const time = start + random(60_000) - (random(10) === 0 ? random(900_000) : 0) + (random(10) === 0 ? random(240_000) : 0);
      // In some minutes few messages share an id without being the same message.
      const id = minute % 3 === 1 && random(40) === 0 ? `shared-${minute}-${random(4)}` : `${minute}-${n}`;
      const value = JSON.stringify({
        customer_id: 1 + random(CUSTOMERS),
        event_time: new Date(random(60) === 0 ? start : time).toISOString(),
        event_id: id,
        x: random(200) - 100,
      });
      const message = { value, partition: random(2) };
      sent.push(message);
      messages.push({ ...message, timestamp });
    }
    await producer.send({ messages: messages.map((message) => recordOf(topic, message)) });
  }
}

/**
 * A bulk API that answers each customer by minute and key, and the captures of its calls: those who are known first, the others as they are asked for. One that
 * is the `like` of another asks for no one else: a draft that is given up may have asked for a customer who is not the minute's, and more calls are another minute.
 */
class Answers {
  readonly #source: OnlineSource;
  readonly #folder: string;
  readonly #like: Answers | null;
  #minute: Micros = 0n;
  #asked = new Set<string>();
  #lines: string[] = [];
  #drafted = 0;
  #known: readonly string[] = [];

  constructor(source: OnlineSource, folder: string, like: Answers | null = null) {
    this.#source = source;
    this.#folder = folder;
    this.#like = like;
  }

  /** Begins a minute's calls with the customers of the one before. */
  begin(minute: Micros): void {
    this.#known = [...this.#known, ...this.#asked];
    this.#minute = minute;
    this.#asked = new Set();
    this.#lines = [];
    this.#ask(this.#known);
    this.#drafted = 0;
  }

  async soFar(population: () => KeyBatches): Promise<readonly CountedCapture[]> {
    await this.#askFor(population);
    this.#drafted = this.#lines.length;
    return [await this.#capture('so-far', this.#lines)];
  }

  async after(): Promise<readonly CountedCapture[]> {
    const lines = this.#lines.slice(this.#drafted);
    return lines.length === 0 ? [] : [await this.#capture('after', lines)];
  }

  async close(population: () => KeyBatches): Promise<Close> {
    await this.#askFor(population);
    await this.#capture('all', this.#lines);
    return { online: [{ source: this.#source.name, sha256: `of ${this.#minute}`, calls: this.#lines.length }] };
  }

  asked(key: string): boolean {
    return this.#asked.has(key);
  }

  captures(): readonly Capture[] {
    return [{ source: this.#source, path: this.#path('all') }];
  }

  async #askFor(population: () => KeyBatches): Promise<void> {
    const keys: string[] = [];
    for await (const some of population()) keys.push(...some.filter((key) => !this.#asked.has(key) && this.#like?.asked(key) !== false));
    this.#ask(keys);
  }

  #ask(keys: readonly string[]): void {
    // Whether a call is answered is told by whom it asks for, whenever it is made.
    for (const ids of Map.groupBy(keys, (key) => Math.floor(Number(key) / 7)).values()) {
      for (const id of ids) this.#asked.add(id);
      const minute = Number((this.#minute / MICROS_PER_MINUTE) % 60n);
      const rows = ids.flatMap((id) =>
        Number(id) % 9 === 0 ? [] : [{ customer_id: Number(id), tickets: { open: (Number(id) * 7 + minute) % 5 }, mood: -Number(id) / 10 }],
      );
      const whole = (Math.floor(Number(ids[0]) / 7) + minute) % 6 !== 0;
      const body = whole ? JSON.stringify({ customers: rows }) : '{"customers":[';
      this.#lines.push(JSON.stringify({ at: formatMicros(this.#minute + BigInt(this.#lines.length)), ids, attempt: 1, status: 200, body }));
    }
  }

  async #capture(name: string, lines: readonly string[]): Promise<CountedCapture> {
    await mkdir(this.#folder, { recursive: true });
    await writeFile(this.#path(name), lines.map((line) => `${line}\n`).join(''));
    return { source: this.#source, path: this.#path(name), calls: lines.length };
  }

  #path(name: string): string {
    return join(this.#folder, `${this.#minute}-${name}.ndjson`);
  }
}

/** The source of messages, with the answers of another API. */
function answeredBy(source: LiveSource, answers: Answers): MinuteSource {
  return {
    seal: async (minute) => ({ ...(await source.seal(minute)), missed: false }),
    messages: (session, minute, stream) => source.messages(session, minute, stream),
    packed: (session, minute, stream, spec) => source.packed(session, minute, stream, spec),
    capture: (_minute, _seal, population) => answers.close(population),
    captures: async () => answers.captures(),
  };
}

async function linesOf(engine: Engine, project: Project, folder: string, minute: Micros): Promise<string> {
  const windows: string[] = [];
  for await (const line of windowLines(engine, project, minute)) windows.push(line);
  const files = await Promise.all(['events', 'results', 'actions'].map((file) => readFile(join(folder, `${file}.ndjson`), 'utf8')));
  return [...files, windows.join('')].join('\n');
}

/** The rows of the view `satisfaction`, and what is served of the minute from its files alone. */
async function resultsOf(
  engine: Engine,
  { ledger }: Pipeline,
  minute: Micros,
): Promise<{ readonly shown: string[]; readonly served: string[] }> {
  const [iteration] = ledger.iterations(minute, minute);
  if (iteration === undefined) throw new Error('the minute is not committed');
  const columns = ['customer_id', 'satisfaction', 'x_last', 'age', 'mood', 'tier'];
  const textsOf = async (relation: string) => {
    const rows = await engine.session.collect(`SELECT to_json(struct(${columns.join(', ')})) AS row FROM ${relation}`);
    return rows.map((row) => String(row.row)).sort();
  };
  const layer = { minute, folder: iteration.folder, amended: parseOutcome(iteration.report).amended };
  const newest = await newestSql(engine.session, { overlay: null, iterations: [layer] }, columns);
  return { shown: await textsOf('satisfaction'), served: await textsOf(`(${newest})`) };
}

test('minutes are the same whether their messages were settled before the seal or after it', { timeout: 300_000 }, async () => {
  const random = randomOf(printedSeed());
  const kafka = new TestKafka(address('PARALLAX_KAFKA'));
  const topic = TestKafka.name();
  await produce(kafka, topic, random);
  const project = await projectOf({
    'streams/care-desk.yaml': null,
    'streams/network.yaml': `from: { kafka: { topic: ${topic} } }\nkey: { field: customer_id }\ntime: { field: event_time }\nevent_id: event_id\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum, count, min, max, last, avg] }\n`,
    'batch/nosql.yaml': null,
    'batch/scorecard.csv': null,
    'parallax.yaml': 'name: small\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\nactions: { call: { cool_down: 2m } }\n',
    'satisfaction.sql': `SELECT s.customer_id, CAST(abs(s.network_x_sum_1h * 3 + coalesce(o.care_open_tickets, 0) + b.profile_months) % 100 AS DECIMAL(5,2)) AS satisfaction,
  s.network_x_last AS x_last, o.care_age_minutes AS age, o.care_mood AS mood, b.profile_tier AS tier
FROM stream s JOIN batch b ON b.customer_id = s.customer_id LEFT JOIN online o ON o.customer_id = s.customer_id
`,
    'actions.sql': `SELECT r.customer_id, 'call' AS action, concat(r.satisfaction, ' ', s.network_x_count) AS reason
FROM satisfaction r JOIN stream s ON s.customer_id = r.customer_id WHERE r.satisfaction < 50
`,
  });
  const [care] = project.online;
  if (care === undefined) throw new Error('no online source');
  const engine = await engineOfTest();
  const engines = enginesOf(engine);
  const once = new Answers(care, await folderOf());
  const answers = { whole: once, sliced: new Answers(care, await folderOf(), once) };
  const sourceOver = (of: Answers) => (ledger: Ledger, paths: StatePaths) =>
    answeredBy(liveSource(project, ledger, paths, kafka.bootstrap), of);
  const ahead = new AheadByHand(() => answers.sliced.after());
  const whole = await pipelineOf(project, { base: BASE, buckets: 4, ahead: null, source: sourceOver(answers.whole) });
  const sliced = await pipelineOf(project, { base: BASE, buckets: 4, ahead, source: sourceOver(answers.sliced) });
  const seen = { settled: 0, anew: 0, drafted: 0, topped: 0 };
  for (let m = 0; m < MINUTES; m++) {
    const minute = at('10:57') + BigInt(m) * MICROS_PER_MINUTE;
    answers.whole.begin(minute);
    answers.sliced.begin(minute);
    const expected = await runToCommit(whole, engines, minute);
    const lines = await linesOf(engine, project, expected.folder, minute);
    const results = await resultsOf(engine, whole, minute);
    expect(results.served).toEqual(results.shown);
    ahead.begin(minute);
    const { streams } = whole.ledger.seal(minute) ?? { streams: [] };
    for (const part of partsOf(streams, random)) await ahead.slice(sliced, engine, part);
    // The draft has some of the slices, and not all that the seal names.
    await ahead.makeDraft(sliced, engine, 1 + random(ahead.read.length), (population) => answers.sliced.soFar(population));
    const outcome = await runToCommit(sliced, engines, minute);
    if (outcome.amended) await openAmended(sliced, engine, outcome);
    seen.drafted += outcome.amended ? 1 : 0;
    seen.topped += (await answers.sliced.after()).length > 0 ? 1 : 0;
    expect(await linesOf(engine, project, outcome.folder, minute)).toBe(lines);
    expect(outcome.digest).toBe(expected.digest);
    for (const same of ['counts', 'population', 'outsideBase', 'decided', 'satisfaction'] as const)
      expect(outcome[same]).toEqual(expected[same]);
    expect(await resultsOf(engine, sliced, minute)).toEqual(results);
    expect(beyondSlices(streams, ahead.read).used.length).toBe(ahead.read.length);
    // Files of several folders were gathered where the slices stood.
    const gathered = (await readdir(join(outcome.folder, 'claimed'))).some((name) => name.startsWith('0-'));
    seen[gathered ? 'settled' : 'anew'] += 1;
  }
  console.log(seen);
  expect(seen.settled).toBeGreaterThan(0);
  expect(seen.anew).toBeGreaterThan(0);
  expect(seen.drafted).toBeGreaterThan(0);
  expect(seen.topped).toBeGreaterThan(0);
});
