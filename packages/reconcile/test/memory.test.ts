/** Goal: what differed in earlier minutes is remembered as long as it can be seen, and no longer. */
import { MICROS_PER_MINUTE } from '@parallax/core';
import { expect, test } from 'vitest';
import { instant } from '../../../test/contract/recording-builder.ts';
import { Memory } from '../src/cause/memory.ts';
import type { InputDifference } from '../src/sides.ts';

const PROJECT = {
  latenessUs: 10n * MICROS_PER_MINUTE,
  maxAheadUs: 2n * MICROS_PER_MINUTE,
  online: [],
  actions: new Map(),
  defaultAction: { coolDownUs: 60n * MICROS_PER_MINUTE },
} as unknown as ConstructorParameters<typeof Memory>[0];

const at = (minute: number) => instant('10:00') + BigInt(minute) * MICROS_PER_MINUTE;
const stale = (minute: number): InputDifference => ({ kind: 'batch', minute: at(minute), source: 'dwh', table: null });
const days = (spark: string, version: string, alternative = spark) => ({ spark: { day: spark, version }, alternative });

test('a finding on a batch day explains nothing of another day, nor of another version of it', () => {
  const memory = new Memory(PROJECT);
  memory.begin(at(0), [stale(0)], days('2026-01-04', 'a', '2026-01-05'));
  expect(memory.input('batch', 'dwh')).not.toBeNull();
  memory.begin(at(1), [], days('2026-01-04', 'a', '2026-01-05'));
  expect(memory.input('batch', null)).not.toBeNull();
  memory.begin(at(2), [], days('2026-01-04', 'b'));
  expect(memory.input('batch', null)).toBeNull();
  memory.begin(at(3), [], days('2026-01-05', 'c'));
  expect(memory.input('batch', null)).toBeNull();
  memory.begin(at(4), [], days('2026-01-06', 'd'));
  expect(memory.kept(), 'a day that both sides have left is forgotten').toBeNull();
});

test('a table that differs minute after minute is remembered once', () => {
  const memory = new Memory(PROJECT);
  for (let minute = 0; minute < 100; minute++) memory.begin(at(minute), [stale(minute)], days('2026-01-04', 'a'));
  expect(memory.kept()?.inputs).toHaveLength(1);
});

test('a decision that an earlier one explains has a cool-down of its own', () => {
  const memory = new Memory(PROJECT);
  const why = { divergence: true, cause: 'lost', stage: 'inputs', source: 's' } as const;
  memory.decision('1', 'call', { minute: at(0), ...why });
  memory.decision('1', 'call', { minute: at(3), ...why });
  memory.begin(at(61), [], days('2026-01-04', 'a'));
  expect(memory.decisionCause('1', 'call')).toMatchObject({ divergence: true });
  memory.begin(at(63), [], days('2026-01-04', 'a'));
  expect(memory.decisionCause('1', 'call')).toBeNull();
});
