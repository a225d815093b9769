import { MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { type Files, writeCase } from '../../../test/contract/case.ts';
import { Outputs } from '../../../test/contract/outputs.ts';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording } from '../../../test/contract/recording-builder.ts';
import { runOracle } from '../../../test/oracle/oracle.ts';
import type { Base, Below } from './ahead-stage.ts';
import { recordOf, type TestKafka } from './kafka-support.ts';
import { folderOf } from './support.ts';

/** Random minutes of few customers: on a topic, and as a recording for the naive oracle, which adds up every window from its events alone. */

const STREAM = 'network';
/** Long, so that stacks turn every quarter of an hour, and events leave `last_hour` soon after they have come. */
const LATENESS_MINUTES = 45;
const [MINUTE_MS, LATENESS_MS, AHEAD_MS, GRACE_MS] = [60_000, LATENESS_MINUTES * 60_000, 120_000, 2_000];
const REGULARS = 12;
/** A customer whom the base does not have. */
const OUTSIDE = 77;
/** Customers who are there in the first two minutes and in the last three. */
const SLEEPERS = [201, 202, 203, 204, 205, 206];
const KEYS = [...Array.from({ length: REGULARS }, (_, n) => n + 1), ...SLEEPERS];
const AGGREGATES = ['sum', 'count', 'min', 'max', 'last', 'avg'];

const tierOf = (key: number): string => (key % 2 === 0 ? 'gold' : 'plain');

/** The base table as the pipeline reads it. */
export const BASE: Base = {
  sql: `SELECT CAST(key AS BIGINT) AS customer_id, tier FROM VALUES ${KEYS.map((key) => `(${key}, '${tierOf(key)}')`).join(', ')} AS t(key, tier)`,
  cells: new Map([
    ['customer_id', 'integer'],
    ['tier', 'text'],
  ]),
};

export interface Span {
  readonly population: 'window' | 'touched' | 'base';
  readonly from: Micros;
  readonly minutes: number;
}

interface Message {
  readonly m: number;
  readonly partition: number;
  readonly value: string;
}

/** A project whose results show every column of both windows, what is on its topic, and what must come out. */
export interface History {
  readonly project: Project;
  readonly expected: Outputs;
}

/** Makes random minutes, fills `topic` with them, and asks the oracle. */
export async function makeHistory(kafka: TestKafka, topic: string, random: Below, span: Span): Promise<History> {
  const messages: Message[] = [];
  for (let m = 0; m < span.minutes; m++) addMinute(random, span, m, messages);
  await kafka.createTopic(topic, { partitions: 2 });
  const producer = kafka.producer();
  for (const [m, sent] of Map.groupBy(messages, (message) => message.m)) {
    const start = msOf(span, m);
    const timestamp = (n: number) => start + GRACE_MS + Math.floor((n * (MINUTE_MS - 1_000)) / sent.length);
    const records = sent.map(({ partition, value }, n) => recordOf(topic, { partition, value, timestamp: timestamp(n) }));
    // A send is tried again whole while a new partition has no leader: each by itself, so that nothing comes twice.
    for (const ofPartition of Map.groupBy(records, ({ partition }) => partition).values()) await producer.send({ messages: ofPartition });
  }
  const recording = buildRecording({
    from: span.from,
    iterations: span.minutes,
    messages: messages.map(({ m, partition, value }) => ({
      iteration: span.from + BigInt(m) * MICROS_PER_MINUTE,
      stream: STREAM,
      payload: value,
      partition,
    })),
    batch: {
      '2026-01-04': { tables: { 'dwh/profile': ['customer_id,tier', ...KEYS.map((key) => `${key},${tierOf(key)}`), ''].join('\n') } },
    },
  });
  const paths = writeCase({ project: projectFiles(topic, span), recording }, await folderOf());
  return { project: await loadProject(paths.project), expected: new Outputs(await runOracle(paths.project, paths.recording)) };
}

function projectFiles(topic: string, { population }: Span): Files {
  const files = buildProject({
    settings: { population, lateness: `${LATENESS_MINUTES}m`, actions: { low: { cool_down: '3m' } } },
    streams: {
      [STREAM]: {
        variables: [
          { name: 'x', places: 0, aggregates: AGGREGATES },
          { name: 'y', places: 2, aggregates: ['avg', 'last'] },
        ],
      },
    },
    score: {
      sql: `abs(coalesce(s.${STREAM}_x_sum_1h, 0) * 3 + s.${STREAM}_x_count) % 100`,
      js: `{ unscaled: ((v) => ((v < 0n ? -v : v) % 100n) * 100n)((c.stream.${STREAM}_x_sum_1h === null ? 0n : c.stream.${STREAM}_x_sum_1h.unscaled) * 3n + c.stream.${STREAM}_x_count), places: 2 }`,
    },
    actions: [
      {
        action: 'low',
        reason: { sql: `CAST(s.${STREAM}_x_count AS STRING)`, js: `String(c.stream.${STREAM}_x_count)` },
        when: { sql: 'r.satisfaction < 30', js: 'result.satisfaction.unscaled < 3000n' },
      },
    ],
  });
  const stream = `streams/${STREAM}.yaml`;
  return { ...files, [stream]: (files[stream] ?? '').replace(`topic: ${STREAM}`, `topic: ${topic}`) };
}

function addMinute(random: Below, span: Span, m: number, messages: Message[]): void {
  const start = msOf(span, m);
  const count = random(5) === 0 ? 0 : 3 + random(10);
  for (let n = 0; n < count; n++) {
    const again = messages[messages.length - 1 - random(60)];
    // Few messages have an id that others have, too, and fewer of those the same time.
    const isShared = random(40) === 0;
    const key = random(15) === 0 ? OUTSIDE : 1 + random(REGULARS);
    const time = isShared && random(2) === 0 ? start : timeOf(random, start);
    const value = payloadOf(random, key, time, isShared ? `shared-${m}` : `${m}-${n}`);
    messages.push({ m, partition: random(2), value: again !== undefined && random(8) === 0 ? again.value : value });
  }
  const awake = m < 2 || m >= span.minutes - 3 ? SLEEPERS : [];
  for (const key of awake)
    messages.push({ m, partition: random(2), value: payloadOf(random, key, start + random(MINUTE_MS), `${m}-of-${key}`) });
}

function msOf(span: Span, m: number): number {
  return Number(span.from / 1000n) + m * MINUTE_MS;
}

function payloadOf(random: Below, key: number, time: number, id: string): string {
  const number = (): number | null => (random(8) === 0 ? null : random(200) - 100);
  return JSON.stringify({ customer_id: key, event_time: new Date(time).toISOString(), event_id: id, x: number(), y: number() });
}

/** An event time for a message of the minute that begins at `start`: on time, late and early, and beyond both. */
function timeOf(random: Below, start: number): number {
  const kind = random(20);
  if (kind < 11) return start + random(MINUTE_MS);
  if (kind < 15) return start - random(LATENESS_MS);
  if (kind === 15) return start - LATENESS_MS - random(2);
  if (kind === 16) return start - LATENESS_MS - random(120_000);
  if (kind < 19) return start + MINUTE_MS + random(AHEAD_MS);
  return start + MINUTE_MS + AHEAD_MS + random(MINUTE_MS);
}
