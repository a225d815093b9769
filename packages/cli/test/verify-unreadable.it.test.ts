/**
 * Goal: one file that cannot be read, or a canary whose function throws, costs its minute's verdict alone: the verifier goes on, and says why.
 * Method: real Kafka and PostgreSQL, `verify` as a process; Spark's windows of the third minute cut short, a canary that throws in the fifth.
 */
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSecond } from '@parallax/core';
import { expect, test } from 'vitest';
import { MINUTES, makeRun, minuteAt, untilMore, verdicts } from './verified-run.ts';

const CUT = 2;
const THROWN = 4;
const CANARIES = `export const from = '${formatSecond(minuteAt(0))}';
export const customers = ['1'];
export const expected = (_customer, { minute }) => {
  if (minute === ${minuteAt(THROWN)}n) throw new Error('no idea of this minute');
  return { batch: { profile_tier: 'gold' } };
};
`;

test('a minute whose files are cut short is inconclusive, as is one whose canary throws; all others match', async () => {
  const { folder, project, states } = await makeRun({ files: { 'canaries.ts': CANARIES } }, ['state']);
  const [state = ''] = states;
  const windows = join(folder, 'iterations', String(minuteAt(CUT)), 'windows');
  for (const file of await readdir(windows)) await truncate(join(windows, file), 40);

  const verifier = await untilMore(project, state, MINUTES - 1);
  expect(verifier.lives).toBe(true);
  await verifier.end('SIGTERM');
  const given = [...verdicts(state)].reverse();
  const expected = Array.from({ length: MINUTES }, () => 'match null');
  expected[CUT] = 'inconclusive comparison_failed';
  expected[THROWN] = 'inconclusive canary_failed';
  expect(given.map(({ verdict, reason }) => `${verdict} ${reason}`)).toEqual(expected);
  for (const index of [CUT, THROWN]) expect(given[index]?.blocks).toEqual({ kind: 'all' });
  expect(given[THROWN]?.witnesses).toMatchObject([{ customer: '1', detail: ['expected() throws: no idea of this minute'] }]);
  // Whoever reads standard error is told, with what to do.
  expect(verifier.said).toMatch(/10:59:00Z cannot be compared: .*parquet/i);
  expect(verifier.said).toContain(`./parallax record --project ${project}`);
});
