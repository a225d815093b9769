import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replayAlternative } from '@parallax/alternative';
import { loadLogic } from '@parallax/alternative/score/logic.ts';
import { formatFolder, formatSecond, MICROS_PER_MINUTE } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RecordingEdit, type StreamLine } from '../../src/prove/faults/recording-edit.ts';
import { Victims } from '../../src/prove/faults/victims.ts';
import { Random } from '../../src/prove/random.ts';
import { faultMinutes, makePlan, WHOLE } from '../../src/prove/recording/plan.ts';
import { poolsOf } from '../../src/prove/recording/pools.ts';
import { writeBaseRecording } from '../../src/prove/recording/write.ts';

/**
 * Goal: the recording that faults are put into exercises what it promises, is the same for the same seed, and can be edited for one side alone.
 * Method: a short one of the example, replayed by the alternative, without Spark.
 */
const project = await loadProject(fileURLToPath(new URL('../../../../examples/telecom', import.meta.url)));
const plan = makePlan(project, { ...WHOLE, leadMinutes: 2, trials: 15_000 });
const work = mkdtempSync(join(tmpdir(), 'parallax-prove-test-'));
const recording = join(work, 'recording');
let outputs: Record<'events' | 'results' | 'actions', readonly Record<string, unknown>[]>;

beforeAll(async () => {
  await writeBaseRecording(recording, project, await loadLogic(project), plan);
  await replayAlternative({ recording, project, out: work, scratch: work });
  const read = (file: string) =>
    readFileSync(join(work, 'alternative', `${file}.ndjson`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  outputs = { events: read('events'), results: read('results'), actions: read('actions') };
}, 120_000);
afterAll(() => rmSync(work, { recursive: true }));

test('the literals of the rules are linked to the columns that they bound, through the names that the SQL gives', () => {
  const pools = poolsOf(project);
  expect(pools.numbers.get('network_latency_avg_1h')).toContain('35');
  expect(pools.numbers.get('network_voice_quality_avg_1h')).toContain('4.1');
  expect(pools.texts.get('profile_tier')).toEqual(['gold', 'platinum']);
  expect(pools.decisive).toEqual(expect.arrayContaining(['45', '40', '50', '20', '35', '2']));
});

test('every class and almost every reason of a message occurs on every stream', () => {
  for (const { name } of project.streams) {
    const kinds = new Set(outputs.events.filter((e) => e.stream === name).map((e) => e.reason ?? e.class));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['accepted', 'duplicate', 'late', 'ahead', 'json', 'key', 'time', 'utf8', 'id', 'type', 'range']),
    );
  }
});

test('there are customers on the boundaries of the actions, and under them', () => {
  const scores = (column: string) => new Set(outputs.results.map((r) => r[column]));
  expect(scores('network_score')).toContain('40.00');
  expect([...scores('satisfaction')].some((s) => s === '45.00' || s === '44.99')).toBe(true);
  expect(new Set(outputs.actions.map((a) => a.action)).size).toBe(project.actions.size);
});

test('scores are spread over their range, and each part is unknown to some', () => {
  for (const column of ['network_score', 'usage_score', 'care_score'] as const) {
    const values = outputs.results.map((r) => r[column]);
    expect(values).toContain(null);
    expect(new Set(values.filter((v) => v !== null).map((v) => Math.floor(Number(v) / 20))).size).toBeGreaterThanOrEqual(4);
  }
});

test('an edit reaches one side: the other has the true file in its overlay, and nothing else is copied', async () => {
  const minute = faultMinutes(plan)[1] ?? 0n;
  const [stream] = project.streams;
  if (stream === undefined) throw new Error('no stream');
  const path = RecordingEdit.streamPath(minute, stream.name);
  const edit = new RecordingEdit(recording);
  const victim = await new Victims(project, plan).one(edit, minute, stream, new Random('victim'));
  const lines = await edit.lines<StreamLine>(path);
  edit.setLines(
    path,
    lines.filter((line) => line.offset !== victim.offset || line.partition !== victim.partition),
  );
  const target = join(work, 'edited');
  await edit.write(target, 'spark');
  expect(readFileSync(join(target, path), 'utf8').split('\n')).toHaveLength(lines.length);
  expect(readFileSync(join(target, 'overlay/alternative', path), 'utf8')).toBe(readFileSync(join(recording, path), 'utf8'));
  expect(readFileSync(join(recording, path), 'utf8').trimEnd().split('\n')).toHaveLength(lines.length);
  // The alternative sees no difference.
  await replayAlternative({ recording: target, project, out: join(work, 'of-edited'), scratch: work });
  expect(readFileSync(join(work, 'of-edited/alternative/results.ndjson'), 'utf8')).toBe(
    readFileSync(join(work, 'alternative/results.ndjson'), 'utf8'),
  );
}, 60_000);

test('an edit that changes nothing is refused', async () => {
  const edit = new RecordingEdit(recording);
  await expect(edit.write(join(work, 'nothing'), 'spark')).rejects.toThrow(RangeError);
});

test('the plan turns an hour and a day, changes the batch day, misses a minute', () => {
  const minutes = faultMinutes(plan);
  expect(minutes).toContain(plan.turn);
  expect(formatSecond(plan.turn)).toBe('2026-01-06T00:00:00Z');
  expect(minutes).toContain([...plan.missed][0]);
  const activeFrom = minutes.find((m) => m + MICROS_PER_MINUTE + project.graceUs >= plan.newDay.registered + project.settleUs);
  expect(formatFolder(activeFrom ?? 0n)).toBe('20260106T000200Z');
});
