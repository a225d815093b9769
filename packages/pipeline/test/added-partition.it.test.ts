import { MICROS_PER_MINUTE } from '@parallax/core';
import { expect, test } from 'vitest';
import { runToCommit } from '../src/attempts.ts';
import { openAmended } from '../src/draft/amend.ts';
import type { Engine } from '../src/engine/engine.ts';
import { windowLines } from '../src/lines/lines.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { LiveSource } from '../src/run/live-source.ts';
import { AheadByHand, type Base, enginesOf, liveSource, pipelineOf } from './ahead-stage.ts';
import { TestKafka } from './kafka-support.ts';
import { address, engineOfTest } from './real-engine.ts';
import { at, projectOf } from './support.ts';

/**
 * Goal: messages on a partition that is added while minutes run reach the windows, from its log start on. Method: a real topic that gets its second partition after a
 * slice of the minute was read and drafted; both windows as their lines.
 */
const BASE: Base = {
  sql: "SELECT CAST(id AS BIGINT) AS customer_id, 'gold' AS tier, 3 AS months FROM range(1, 9)",
  cells: new Map([
    ['customer_id', 'integer'],
    ['tier', 'text'],
    ['months', 'integer'],
  ]),
};
const FIRST = at('10:00');

/** The sums of both windows by customer: `hour_to_date last_hour`. */
async function sumsOf(engine: Engine, { project }: Pipeline, minute: bigint): Promise<Readonly<Record<string, string>>> {
  const sums: Record<string, string> = {};
  for await (const line of windowLines(engine, project, minute)) {
    const { customer_id, network_x_sum } = JSON.parse(line) as { customer_id: string; network_x_sum: string };
    sums[customer_id] = sums[customer_id] === undefined ? network_x_sum : `${sums[customer_id]} ${network_x_sum}`;
  }
  return sums;
}

test('messages of a partition that is added in the middle of a minute are in its windows and in the next ones', async () => {
  const kafka = new TestKafka(address('PARALLAX_KAFKA'));
  const topic = TestKafka.name();
  await kafka.createTopic(topic);
  const project = await projectOf({
    'streams/care-desk.yaml': null,
    'streams/network.yaml': `from: { kafka: { topic: ${topic} } }\nkey: { field: customer_id }\ntime: { field: event_time }\nevent_id: event_id\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum] }\n`,
    'batch/nosql.yaml': null,
    'batch/scorecard.csv': null,
    'online/care.yaml': null,
  });
  const engine = await engineOfTest();
  const ahead = new AheadByHand();
  const pipeline = await pipelineOf(project, {
    base: BASE,
    buckets: 4,
    ahead,
    source: (ledger, paths) => liveSource(project, ledger, paths, kafka.bootstrap),
  });
  const { source } = pipeline;
  if (!(source instanceof LiveSource)) throw new Error('not the source that was made');
  const minuteOf = (m: number) => FIRST + BigInt(m) * MICROS_PER_MINUTE;
  /** One by one, since a send is tried again whole while a new partition has no leader yet. */
  const send = async (m: number, partition: number, customer_id: number, x: number): Promise<void> => {
    const timestamp = Number(minuteOf(m) / 1000n) + 5_000;
    const event = { customer_id, event_time: new Date(timestamp).toISOString(), event_id: `${m} ${partition} ${customer_id} ${x}`, x };
    await kafka.send(topic, [{ partition, timestamp, value: JSON.stringify(event) }]);
  };
  const draftSoFar = async (m: number): Promise<void> => {
    ahead.begin(minuteOf(m));
    await ahead.slice(pipeline, engine, await source.soFar(minuteOf(m)));
    expect(await ahead.makeDraft(pipeline, engine, 1)).toBe(true);
  };
  const commit = async (m: number) => {
    const outcome = await runToCommit(pipeline, enginesOf(engine), minuteOf(m));
    if (outcome.amended) await openAmended(pipeline, engine, outcome);
    return { amended: outcome.amended, sums: await sumsOf(engine, pipeline, minuteOf(m)) };
  };

  await send(0, 0, 1, 1);
  await send(0, 0, 2, 2);
  expect(await commit(0)).toEqual({ amended: false, sums: { 1: '1 1', 2: '2 2' } });

  await send(1, 0, 1, 10);
  await draftSoFar(1);
  await kafka.admin.createPartitions({ topics: [{ name: topic, count: 2, assignments: null }] });
  await send(1, 1, 1, 100);
  await send(1, 1, 3, 300);
  await send(1, 0, 2, 20);
  expect(await commit(1)).toEqual({ amended: true, sums: { 1: '111 111', 2: '22 22', 3: '300 300' } });

  await send(2, 1, 3, 30);
  await draftSoFar(2);
  await send(2, 1, 4, 4);
  await send(2, 0, 1, 1000);
  expect(await commit(2)).toEqual({ amended: true, sums: { 1: '1111 1111', 2: '22 22', 3: '330 330', 4: '4 4' } });
});
