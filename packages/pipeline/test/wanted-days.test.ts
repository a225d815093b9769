import { expect, test } from 'vitest';
import type { CompleteDay } from '../src/batch/store-reader.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { newestWanted } from '../src/run/wanted-days.ts';
import { at, projectOf, sealOf } from './support.ts';

/** Goal: of complete days those are made that a minute to come can use, and no other. The seal of 10:00 is at 10:01:02; `settle` is 5 minutes. */
async function stage() {
  const project = await projectOf();
  const ledger = Ledger.open(':memory:');
  ledger.takeLease('t', 0n, 1n << 60n);
  const complete = (day: number, time: string): CompleteDay => ({
    ...{ day: `2026-01-0${day}`, version: `of ${time}` },
    ...{ completedAt: at(time), completed: new Map() },
  });
  const register = (day: number, time: string) => ledger.registerDay({ day: `2026-01-0${day}`, version: `of ${time}` }, at(time));
  const wanted = (...days: readonly CompleteDay[]) => newestWanted(project, ledger, days, at('10:00'))?.day ?? null;
  return { ledger, complete, register, wanted };
}

test('the newest comes first, and an older one is wanted while no newer one is active at the next seal', async () => {
  const { complete, register, wanted } = await stage();
  const old = complete(3, '08:00');
  expect(wanted(old, complete(4, '09:00'))).toBe('2026-01-04');
  expect(wanted(old)).toBe('2026-01-03');
  register(4, '09:57');
  expect(wanted(old)).toBe('2026-01-03');
  register(4, '09:56');
  expect(wanted(old)).toBeNull();
});

test('a day that would be active no sooner than a newer one is not wanted', async () => {
  const { ledger, complete, register, wanted } = await stage();
  register(4, '09:58');
  expect(wanted(complete(3, '09:57'))).toBe('2026-01-03');
  expect(wanted(complete(3, '09:58'))).toBeNull();
  // What is sealed is past: it could only be active later.
  for (const minute of ['10:00', '10:01', '10:02']) ledger.writeSeal(at(minute), sealOf(minute), 0n);
  expect(wanted(complete(3, '08:00'))).toBeNull();
});

test('a correction is wanted when its version comes after the registered one', async () => {
  const { complete, register, wanted } = await stage();
  register(4, '09:00');
  expect(wanted(complete(4, '09:10'))).toBe('2026-01-04');
  register(4, '09:30');
  expect(wanted(complete(4, '09:10'))).toBeNull();
});
