import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MICROS_PER_DAY, MICROS_PER_MINUTE, type Micros, type OffsetRange, type Project, type StreamSeal } from '@parallax/core';
import { expect, onTestFinished, test } from 'vitest';
import { runToCommit } from '../src/attempts.ts';
import type { Engine } from '../src/engine/engine.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { beyondSlices, type Slice, type TopicSeal, writeSlice } from '../src/ingest/slices.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { windowLines } from '../src/lines/lines.ts';
import type { DoneAhead, Pipeline } from '../src/pipeline.ts';
import { LiveSource } from '../src/run/live-source.ts';
import { settleSlice } from '../src/run/settle.ts';
import { recordOf, TestKafka } from './kafka-support.ts';
import { address, engineOfTest } from './real-engine.ts';
import { at, folderOf, ManualClock, projectOf } from './support.ts';

/**
 * Goal: what is settled and summed while a minute runs changes nothing of it. Method: random minutes on a real topic, with duplicates of every kind, late
 * and early events, run once whole and once in slices; the same lines, byte for byte.
 */
const MINUTES = 5;
const MESSAGES = 260;
const CUSTOMERS = 12;
const OVERTAKEN = 3;
const OVERTAKEN_AT = { slice: 0, rest: MESSAGES - 10 };

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One partition each, so that the same message sent again comes later in its log. */
async function produce(kafka: TestKafka, topic: string, random: (below: number) => number): Promise<void> {
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
      const before = sent[sent.length - 1 - random(Math.min(sent.length, 400))];
      if (before !== undefined && random(8) === 0) {
        messages.push({ ...before, partition: random(20) === 0 ? 1 - before.partition : before.partition, timestamp });
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

async function pipelineOf(
  project: Project,
  source: (ledger: Ledger, paths: StatePaths) => LiveSource,
  ahead: DoneAhead | null,
): Promise<Pipeline> {
  const paths = new StatePaths(await folderOf());
  await mkdir(paths.root, { recursive: true });
  const ledger = Ledger.open(paths.ledger);
  onTestFinished(() => ledger.close());
  ledger.takeLease('test', 0n, at('10:00') + MICROS_PER_DAY);
  ledger.registerDay({ day: '2026-01-04', version: 'v' }, 0n);
  return {
    project,
    ledger,
    paths,
    source: source(ledger, paths),
    batch: {
      async table(session) {
        const rows = `SELECT CAST(id + 1 AS BIGINT) AS customer_id, 'gold' AS tier, 3 AS months FROM range(${CUSTOMERS - 2})`;
        await session.command(`CREATE OR REPLACE TEMPORARY VIEW settled_profile AS ${rows}`);
        return {
          relation: 'settled_profile',
          cells: new Map([
            ['customer_id', 'integer'],
            ['tier', 'text'],
            ['months', 'integer'],
          ]),
        };
      },
    },
    buckets: 4,
    ahead,
    now: () => at('12:00'),
  };
}

/** Parts of a seal that follow each other: the first has at least a tenth of it, and at least an eighth is left to be read after it. */
function partsOf(seal: readonly StreamSeal[], random: (below: number) => number): TopicSeal[][] {
  const topics = seal.flatMap((s) => (s.kind === 'topic' ? [s] : []));
  const parts: TopicSeal[][] = [];
  let from = new Map<string, number>(topics.flatMap((s) => s.ranges.map((r) => [`${s.stream} ${r.partition}`, r.from] as const)));
  for (let part = 0; part < 3; part++) {
    const next = new Map<string, number>(from);
    parts.push(
      topics.map((s) => ({
        ...s,
        ranges: s.ranges.map((range): OffsetRange => {
          const place = `${s.stream} ${range.partition}`;
          const start = from.get(place) ?? range.from;
          const to = start + Math.floor(((range.to - start) * ((part === 0 ? 10 : 0) + random(part === 0 ? 41 : 51))) / 100);
          next.set(place, to);
          return { ...range, from: start, to };
        }),
      })),
    );
    from = next;
  }
  return parts;
}

async function linesOf(engine: Engine, project: Project, folder: string, minute: Micros): Promise<string> {
  const windows: string[] = [];
  for await (const line of windowLines(engine, project, minute)) windows.push(line);
  const files = await Promise.all(['events', 'results', 'actions'].map((file) => readFile(join(folder, `${file}.ndjson`), 'utf8')));
  return [...files, windows.join('')].join('\n');
}

test('minutes are the same whether their messages were settled before the seal or after it', { timeout: 300_000 }, async () => {
  const seed = Number(process.env.PRLX_SEED ?? Date.now() % 1e9);
  console.log(`PRLX_SEED=${seed}`);
  const random = randomOf(seed);
  const kafka = new TestKafka(address('PARALLAX_KAFKA'));
  const topic = TestKafka.name();
  await produce(kafka, topic, random);
  const project = await projectOf({
    'streams/care-desk.yaml': null,
    'streams/network.yaml': `from: { kafka: { topic: ${topic} } }\nkey: { field: customer_id }\ntime: { field: event_time }\nevent_id: event_id\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum, count, min, max, last, avg] }\n`,
    'online/care.yaml': null,
    'batch/nosql.yaml': null,
    'batch/scorecard.csv': null,
    'satisfaction.sql': 'SELECT customer_id, CAST(abs(network_x_sum_1h) % 100 AS DECIMAL(5,2)) AS satisfaction FROM stream\n',
  });
  const engine = await engineOfTest();
  const engines = {
    engine: async () => engine,
    lost: async (_engine: Engine, error: unknown) => {
      throw error;
    },
  };
  const sources: LiveSource[] = [];
  onTestFinished(async () => {
    for (const source of sources) await source.close();
  });
  const sourceOver = (ledger: Ledger, paths: StatePaths): LiveSource => {
    const source = new LiveSource({
      project,
      ledger,
      paths,
      clock: new ManualClock(at('12:00')),
      bootstrap: kafka.bootstrap,
      onlineUrls: new Map(),
    });
    sources.push(source);
    return source;
  };
  const slices = new Map<Micros, Slice[]>();
  const whole = await pipelineOf(project, sourceOver, null);
  const sliced = await pipelineOf(project, sourceOver, { slices: (minute) => slices.get(minute) ?? [], turn: () => undefined });
  const seen = { settled: 0, anew: 0 };
  for (let m = 0; m < MINUTES; m++) {
    const minute = at('10:57') + BigInt(m) * MICROS_PER_MINUTE;
    const expected = await runToCommit(whole, engines, minute);
    const lines = await linesOf(engine, project, expected.folder, minute);
    const ahead: Slice[] = [];
    slices.set(minute, ahead);
    for (const [n, streams] of partsOf(whole.ledger.seal(minute)?.streams ?? [], random).entries()) {
      const place = sliced.paths.ahead(minute, sliced.ledger.epoch);
      const folder = join(place, `slice-${n}`);
      if (!(await writeSlice(sliced, engine, minute, streams, folder))) continue;
      const target = { claimed: join(place, `claimed-${n}`), panes: join(place, `panes-${n}`) };
      ahead.push({ folder, streams, settled: await settleSlice(sliced, engine, minute, ahead, folder, target) });
    }
    const outcome = await runToCommit(sliced, engines, minute);
    expect(await linesOf(engine, project, outcome.folder, minute)).toBe(lines);
    expect(outcome.digest).toBe(expected.digest);
    expect(beyondSlices(whole.ledger.seal(minute)?.streams ?? [], ahead).used.length).toBe(ahead.length);
    // Files of several folders were gathered where the slices stood.
    const gathered = (await readdir(join(outcome.folder, 'claimed'))).some((name) => name.startsWith('0-'));
    seen[gathered ? 'settled' : 'anew'] += 1;
  }
  console.log(seen);
  expect(seen.settled).toBeGreaterThan(0);
  expect(seen.anew).toBeGreaterThan(0);
});
