import { expect, onTestFinished, test } from 'vitest';
import { Ledger } from '../src/ledger/ledger.ts';
import { SEAL_LATE_MS } from '../src/limits.ts';
import type { MinuteOutcome } from '../src/outcome.ts';
import { liveMinute } from '../src/run/coordinator.ts';
import { at, projectOf, sealOf } from './support.ts';

/** Goal: a minute is called on time only when its seal was written as it was due. Method: seals at both sides of that, in a ledger. */
const MINUTE = at('10:20');
/** The minute's end and two seconds of grace. */
const DUE = at('2026-01-05T10:21:02Z');
const LATEST = DUE + BigInt(SEAL_LATE_MS) * 1000n;

async function committed({ sealed, missed = false, now }: { sealed: bigint | null; missed?: boolean; now: bigint }) {
  const ledger = Ledger.open(':memory:');
  onTestFinished(() => ledger.close());
  ledger.takeLease('test', 0n, 1n);
  if (sealed !== null) ledger.writeSeal(MINUTE, sealOf('10:20', { missed }), sealed);
  return liveMinute({ project: await projectOf(), ledger }, { minute: MINUTE, missed } as MinuteOutcome, now);
}

test.each([
  ['as it was due', DUE, true],
  ['at the latest', LATEST, true],
  ['a microsecond later', LATEST + 1n, false],
  ['minutes later, though its calls were made', at('10:25'), false],
  ['never', null, false],
])('a minute that was sealed %s', async (_, sealed, onTime) => {
  expect((await committed({ sealed, now: at('10:26') })).onTime).toBe(onTime);
});

test('a missed minute is not on time, whenever it was sealed', async () => {
  expect((await committed({ sealed: DUE, missed: true, now: DUE })).onTime).toBe(false);
});

test('the run is behind by the minutes that are over and not committed', async () => {
  const at1 = await committed({ sealed: DUE, now: DUE + 6_500_000n });
  expect([at1.lagMs, at1.behind]).toEqual([8_500, 0]);
  expect((await committed({ sealed: DUE, now: at('10:22') - 1n })).behind).toBe(0);
  expect((await committed({ sealed: DUE, now: at('10:22') })).behind).toBe(1);
  expect((await committed({ sealed: DUE, now: at('10:25') + 1n })).behind).toBe(4);
});
