/**
 * Goal: what a verifier does from a minute's seal on, before the minute is closed, changes no verdict: not when it is killed in between, and not when the seal that it began
 * with is not the one that the minute is closed with.
 * Method: real Kafka and PostgreSQL; a run made by hand, whose ledger gets its seals, closes and commits one after the other while `verify` runs as a process.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson } from '@parallax/core';
import { expect, test } from 'vitest';
import { MINUTES, makeRun, minuteAt, untilMore, Verifier, verdicts } from './verified-run.ts';

/** Long enough that a verifier that runs has taken a sealed minute in. */
const TAKEN_IN_MS = 1_500;
/** The minute before whose close the verifier is killed, and the one that is sealed anew. */
const KILLED_AT = 2;
const ANEW_AT = 4;

test('a minute that is sealed first and closed and committed later has the verdict of one that was there as a whole', async () => {
  const { project, states } = await makeRun({ lost: true }, ['whole', 'slow']);
  const [whole = '', slow = ''] = states;
  await (await untilMore(project, whole, MINUTES - 1)).end('SIGTERM');

  const ledger = new DatabaseSync(join(slow, 'ledger.sqlite'));
  const tables = ['seals', 'closes', 'iterations'] as const;
  for (const table of tables) ledger.exec(`CREATE TABLE later_${table} AS SELECT * FROM ${table}; DELETE FROM ${table}`);
  const give = (table: (typeof tables)[number], index: number) =>
    ledger.prepare(`INSERT INTO ${table} SELECT * FROM later_${table} WHERE minute = ?`).run(minuteAt(index));
  let verifier = new Verifier(project, slow);
  for (let index = 0; index < MINUTES; index++) {
    give('seals', index);
    if (index === ANEW_AT) {
      const { seal } = ledger.prepare('SELECT seal FROM seals WHERE minute = ?').get(minuteAt(index)) as { seal: string };
      const other = canonicalJson({
        ...JSON.parse(seal),
        streams: JSON.parse(seal.replaceAll('"lost":[]', '"lost":[{"from":0,"partition":0,"to":1}]')).streams,
      });
      expect(other).not.toBe(seal);
      ledger.prepare('UPDATE seals SET seal = ? WHERE minute = ?').run(other, minuteAt(index));
      await delay(TAKEN_IN_MS);
      ledger.prepare('UPDATE seals SET seal = ? WHERE minute = ?').run(seal, minuteAt(index));
    } else await delay(index === KILLED_AT ? TAKEN_IN_MS : 100 * index);
    if (index === KILLED_AT) {
      await verifier.end('SIGKILL');
      verifier = new Verifier(project, slow);
    }
    give('closes', index);
    await delay(100 * index);
    give('iterations', index);
    await expect.poll(() => verdicts(slow).length, { timeout: 20_000 }).toBe(index + 1);
    expect(verifier.lives).toBe(true);
  }
  await verifier.end('SIGTERM');
  ledger.close();

  expect(verifier.said).toContain('what was read before the seal is not what was sealed: it was sealed anew');
  const plain = (state: string) => verdicts(state).map(({ coverage: _coverage, ...rest }) => rest);
  expect(plain(slow)).toEqual(plain(whole));
});
