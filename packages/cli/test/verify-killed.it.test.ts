/**
 * Goal: a verifier that is killed at any moment goes on from its own state, reads no hour again, and gives the verdicts of one that never died.
 * Method: real Kafka and PostgreSQL; a ledger and Spark's files made by hand, with a message that the Spark side lost; `verify` as a process, killed
 * (SIGKILL) each time that it has given another verdict, at once or a little later.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MinuteVerdict } from '@parallax/core';
import { expect, test } from 'vitest';
import { MINUTES, makeRun, untilMore, verdicts } from './verified-run.ts';

/** A verifier that begins anew compares every batch row once more: it says so, and nothing else may differ. */
function comparable({ coverage, ...rest }: MinuteVerdict): unknown {
  const { batch_read: _read, ...rows } = coverage;
  return { ...rest, coverage: rows };
}

test('killed again and again, it gives the same verdicts and reads nothing twice', async () => {
  const { project, states } = await makeRun({ lost: true }, ['whole', 'killed']);
  const [whole = '', killed = ''] = states;

  const undisturbed = await untilMore(project, whole, MINUTES - 1);
  await undisturbed.end('SIGTERM');
  const expected = verdicts(whole);
  expect(expected.map(({ verdict, reason }) => `${verdict} ${reason}`).reverse()).toEqual([
    ...['match null', 'match null'],
    ...Array.from({ length: MINUTES - 2 }, () => 'mismatch lost'),
  ]);

  let kills = 0;
  let resumed = 0;
  for (let known = 0; known < MINUTES; known = verdicts(killed).length) {
    const hasState = existsSync(join(killed, 'verifier', 'alternative', 'checkpoint.json'));
    const verifier = await untilMore(project, killed, known);
    await delay((kills * 37) % 150);
    await verifier.end('SIGKILL');
    kills++;
    if (!hasState) continue;
    resumed++;
    expect(verifier.said).toContain('going on after');
    expect(verifier.said).not.toContain('minutes of events again');
  }
  expect(verdicts(killed).map(comparable)).toEqual(expected.map(comparable));
  expect(kills).toBeGreaterThan(1);
  expect(resumed).toBeGreaterThan(0);
});
