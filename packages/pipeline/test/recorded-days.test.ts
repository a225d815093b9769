import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BatchVersion, MICROS_PER_MINUTE } from '@parallax/core';
import { expect, test } from 'vitest';
import type { Engine } from '../src/engine/engine.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { recordRun } from '../src/record/record.ts';
import { at, failureOf, folderOf, projectOf, sealOf } from './support.ts';

/** Goal: what cannot be replayed to the same bytes is not recorded. Method: minutes of a ledger by hand, stores that say what they hold. */
const OLD = { day: '2026-01-04', version: 'a'.repeat(64) };
const CORRECTED = { day: '2026-01-04', version: 'b'.repeat(64) };
const NEXT = { day: '2026-01-05', version: 'a'.repeat(64) };

/** A run of minutes from 10:00 on, each with its batch day. @param holds what the stores say, in the order of being asked */
async function runOf(used: readonly (BatchVersion | null)[], holds: (version: BatchVersion) => boolean) {
  const out = join(await folderOf(), 'out');
  const ledger = Ledger.open(':memory:');
  ledger.takeLease('t', 0n, 1n << 60n);
  for (const version of [OLD, CORRECTED, NEXT]) ledger.registerDay(version, at('09:00'));
  for (const [i, batch] of used.entries()) {
    const minute = at('10:00') + BigInt(i) * MICROS_PER_MINUTE;
    ledger.writeSeal(minute, sealOf(`10:0${i}`, { batch }), 0n);
    ledger.commit({ minute, folder: '/f', manifest: 'm', digest: 'd', report: '{}' }, []);
  }
  async function* rows() {
    yield { customer_id: 1n, tier: 'gold', months: 3n, cust: 1n, v1: 1n, v2: 2n };
  }
  const pipeline = {
    project: await projectOf(),
    ledger,
    batch: {
      files: async () => new Map(),
      table: async () => ({ relation: 't', cells: new Map() }),
      holds: async (_: unknown, version: BatchVersion) => holds(version),
    },
  } as unknown as Pipeline;
  const engine = { session: { query: rows } } as unknown as Engine;
  return { out, record: (from: string, iterations: number) => recordRun({ pipeline, engine, out, from: at(from), iterations }) };
}

test('minutes that used two versions of a day are refused, and those of one are recorded', async () => {
  const { out, record } = await runOf([null, OLD, OLD, CORRECTED, NEXT], () => true);
  const refused = await failureOf(() => record('10:00', 5));
  expect(refused).toMatchObject({
    code: 'PRLX_RECORDING',
    exitCode: 2,
    message:
      'the batch day 2026-01-04 was corrected: the minutes before 2026-01-05T10:03:00Z used its version aaaaaaaaaaaaaaaa, those from then on bbbbbbbbbbbbbbbb',
  });
  expect(refused.advice).toContain('Record from 2026-01-05T10:03:00Z on');
  expect(refused.advice).toContain('3 minutes');
  expect(existsSync(out)).toBe(false);

  await record('10:03', 2);
  expect(await readFile(join(out, 'batch', '2026-01-04', 'dwh', 'profile.csv'), 'utf8')).toBe('customer_id,tier,months\n1,gold,3\n');
  expect(existsSync(join(out, 'batch', '2026-01-05', '_complete', 'nosql.usage'))).toBe(true);
});

test('a version that the stores do not hold, or not until the end, is refused', async () => {
  const gone = await runOf([OLD, OLD], ({ version }) => version !== OLD.version);
  expect(await failureOf(() => gone.record('10:00', 2))).toMatchObject({
    code: 'PRLX_RECORDING',
    message:
      'the stores do not hold the version aaaaaaaaaaaaaaaa of the batch day 2026-01-04 any more, which the minutes from 2026-01-05T10:00:00Z on used',
  });
  expect(existsSync(gone.out)).toBe(false);

  let asked = 0;
  const moved = await runOf([OLD], () => asked++ === 0);
  expect((await failureOf(() => moved.record('10:00', 1))).message).toContain('do not hold the version');
  expect(existsSync(join(moved.out, 'recording.json'))).toBe(false);
});
