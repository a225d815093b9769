import type { MinuteVerdict, Stage } from '@parallax/core';
import type { Cause } from '@parallax/reconcile';
import { expect, test } from 'vitest';
import { assess, figuresOf, jsonOf, type Traces } from '../../src/prove/assess.ts';
import type { Fault } from '../../src/prove/faults/fault.ts';
import type { Said } from '../../src/prove/judge.ts';
import { holds } from '../../src/prove/result.ts';

/** Goal: a fault counts as caught only when a minute that has it was no match, and no later than the first action that it changes. */
const MINUTE = 60_000_000n;
const at = (n: number): bigint => 1_767_657_600_000_000n + BigInt(n) * MINUTE;

const fault: Fault = {
  id: 'sql-s1-boundary',
  kind: 'sql',
  family: 'boundary',
  target: 'satisfaction.sql:1',
  what: '< became <=',
  diff: null,
  expected: { stages: ['satisfaction'], sources: ['satisfaction.sql'], classes: ['logic'] },
  from: at(1),
  put: { side: 'rules', file: 'satisfaction.sql', sql: 'SELECT 1' },
};

function said(minute: number, stage: Stage | null, source: string | null = 'satisfaction.sql'): [bigint, Said] {
  const verdict: MinuteVerdict = {
    minute: at(minute),
    manifest: '',
    digest: '',
    verdict: stage === null ? 'match' : 'mismatch',
    reason: stage === null ? null : 'logic',
    stage,
    source: stage === null ? null : source,
    variable: null,
    witnesses: [],
    coverage: {},
    blocks: { kind: 'none' },
  };
  return [at(minute), { verdict, failed: null }];
}

const traces = (changes: readonly number[], of: readonly number[] = [1, 2, 3]): Traces => ({
  effects: new Map(of.map((n) => [at(n), { file: changes.includes(n) ? 'actions' : null, actions: changes.includes(n) }])),
  stopped: null,
});

test('the first minute that is no match counts, with the verdict’s words', () => {
  const result = assess(fault, traces([3]), new Map([said(1, null), said(2, 'satisfaction'), said(3, 'actions')]));
  expect(result).toMatchObject({
    caughtBy: 'verdict',
    minute: at(2),
    stageRight: true,
    sourceRight: true,
    classRight: true,
    changesAction: true,
  });
  expect(jsonOf(result)).toEqual({
    id: 'sql-s1-boundary',
    kind: 'sql',
    target: 'satisfaction.sql:1',
    caught: true,
    minute: '2026-01-06T00:02:00Z',
    cause: 'mismatch: satisfaction · satisfaction.sql (logic)',
    cause_right: true,
    class_right: true,
    changes_action: true,
    equivalent: false,
  });
});

test('an action that changed before the first verdict is missed', () => {
  const result = assess(fault, traces([1]), new Map([said(1, null), said(2, 'satisfaction')]));
  expect(result).toMatchObject({ caughtBy: null, minute: null, changesAction: true, effect: 'actions' });
  expect(
    figuresOf([result])
      .filter((figure) => !holds(figure))
      .map(({ name }) => name),
  ).toEqual(['faults that are not equivalent, caught', 'faults that change an action, caught before it']);
});

test('a minute before the fault does not count', () => {
  expect(assess(fault, traces([]), new Map([said(0, 'inputs'), said(1, null)])).caughtBy).toBeNull();
});

test('a cause is right when stage and source are', () => {
  const right = (stage: Stage, source: string) => jsonOf(assess(fault, traces([]), new Map([said(1, stage, source)]))).cause_right;
  expect([right('satisfaction', 'satisfaction.sql'), right('actions', 'satisfaction.sql'), right('satisfaction', 'dwh')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a class is right when it is one of the fault’s; a fault without one counts in no figure of classes', () => {
  const of = (classes: readonly Cause[] | undefined) => {
    const { stages, sources } = fault.expected;
    const expected = classes === undefined ? { stages, sources } : { stages, sources, classes };
    return assess({ ...fault, expected }, traces([]), new Map([said(1, 'satisfaction')]));
  };
  const results = [of(['rule_version', 'logic']), of(['rule_version']), of(undefined)];
  expect(results.map(({ classRight }) => classRight)).toEqual([true, false, null]);
  expect(figuresOf(results).find(({ name }) => name.startsWith('class'))).toMatchObject({ value: 1, of: 2 });
});

test('a side that stops leaves its minute without a verdict: caught, and no cause was named', () => {
  const stopped: Traces = { ...traces([], [1]), stopped: { by: 'pipeline', minute: at(2), words: 'PRLX_RESULTS: two rows' } };
  const result = assess(fault, stopped, new Map([said(1, null)]));
  expect(result).toMatchObject({ caughtBy: 'pipeline', minute: at(2), stageRight: null, cause: 'PRLX_RESULTS: two rows' });
  expect(figuresOf([result]).map(({ of }) => of)).toEqual([1, 0, 0, 0, 0]);
});

test('what is equivalent counts in no figure', () => {
  const survivor = { ...assess(fault, traces([]), new Map([said(1, null)])), survival: { kind: 'equivalent', rows: 10 } } as const;
  expect(figuresOf([survivor]).map(({ of }) => of)).toEqual([0, 0, 0, 0, 0]);
  expect(jsonOf(survivor)).toMatchObject({ caught: false, equivalent: true });
});
