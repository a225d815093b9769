import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MICROS_PER_SECOND } from '@parallax/core';
import { expect, test, vi } from 'vitest';
import { LiveSource } from '../src/run/live-source.ts';
import { warmUp } from '../src/run/warm-up.ts';
import { type Base, enginesOf, liveSource, pipelineOf } from './ahead-stage.ts';
import { recordOf, TestKafka } from './kafka-support.ts';
import { address, engineOfTest } from './real-engine.ts';
import { at, ManualClock, projectOf } from './support.ts';

/** Goal: the engine has run what a live minute runs, its draft too, and nothing of it is kept. Method: a clock by hand, a real topic and engine, whose statements are looked at. */
const BASE: Base = {
  sql: "SELECT CAST(id AS BIGINT) AS customer_id, 'gold' AS tier, 3 AS months FROM range(1, 50)",
  cells: new Map([
    ['customer_id', 'integer'],
    ['tier', 'text'],
    ['months', 'integer'],
  ]),
};

test('the minutes before the first are drafted and amended, and thrown away', async () => {
  const kafka = new TestKafka(address('PARALLAX_KAFKA'));
  const topic = TestKafka.name();
  await kafka.createTopic(topic);
  const messages = Array.from({ length: 60 }, (_, n) => {
    const timestamp = Number(at('10:17') / 1000n) + 2_500 + n * 3_000;
    const event = { customer_id: 1 + (n % 40), event_time: new Date(timestamp).toISOString(), event_id: `e${n}`, x: n };
    return recordOf(topic, { partition: 0, timestamp, value: JSON.stringify(event) });
  });
  await kafka.producer().send({ messages });
  const project = await projectOf({
    'streams/care-desk.yaml': null,
    'streams/network.yaml': `from: { kafka: { topic: ${topic} } }\nkey: { field: customer_id }\ntime: { field: event_time }\nevent_id: event_id\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum] }\n`,
    'batch/nosql.yaml': null,
    'batch/scorecard.csv': null,
  });
  const pipeline = await pipelineOf(project, {
    base: BASE,
    buckets: 4,
    ahead: null,
    source: (ledger, paths) => liveSource(project, ledger, paths, kafka.bootstrap),
  });
  const { source } = pipeline;
  if (!(source instanceof LiveSource)) throw new Error('not the source that was made');
  const engine = await engineOfTest();
  const commands = vi.spyOn(engine.session, 'command');
  const notes: string[] = [];
  const clock = new ManualClock(at('10:20') + 5n * MICROS_PER_SECOND);
  const { signal } = new AbortController();
  await warmUp({ pipeline, source, engines: enginesOf(engine), next: at('10:20'), clock, signal, note: (text) => notes.push(text) });
  expect(notes).toEqual([]);
  const amended = commands.mock.calls.map(([sql]) => sql).filter((sql) => sql.includes('prlx_windows_amended('));
  expect(amended.map((sql) => /iterations\/(\w+)\//.exec(sql)?.[1])).toEqual(['20260105T101700Z', '20260105T101800Z', '20260105T101900Z']);
  // Only the batch view is kept, which the first minute uses.
  expect(existsSync(join(pipeline.paths.root, 'warm-up'))).toBe(false);
  expect(pipeline.ledger.newestSeal()).toBeNull();
  expect(pipeline.ledger.days().map(({ view }) => existsSync(view?.folder ?? ''))).toEqual([true]);
});
