/** Goal: an input that is wrong is never outweighed by rows that agree. Method: each kind of verdict with findings beside it. */
import type { InputFinding, MinuteVerdict } from '@parallax/core';
import { expect, test } from 'vitest';
import { withFindings } from '../src/with-findings.ts';

const match: MinuteVerdict = {
  minute: 0n,
  manifest: 'm',
  digest: 'd',
  verdict: 'match',
  reason: null,
  stage: null,
  source: null,
  variable: null,
  witnesses: [],
  coverage: { windows: 2 },
  blocks: { kind: 'none' },
};
const finding = (kind: InputFinding['kind'], customers: readonly string[] | null): InputFinding => ({
  stage: 'inputs',
  kind,
  source: 'care',
  detail: `the detail of ${kind}`,
  customers,
});

test('nothing found changes nothing', () => expect(withFindings(match, [])).toBe(match));

test('a match becomes an input divergence that blocks whom it concerns', () => {
  const verdict = withFindings(match, [finding('one_side_only', ['7']), finding('one_side_only', ['8'])]);
  expect(verdict).toMatchObject({ verdict: 'input_divergence', reason: 'one_side_only', stage: 'inputs', source: 'care' });
  expect(verdict.blocks).toEqual({ kind: 'customers', customers: ['7', '8'] });
  expect(verdict.witnesses.map(({ customer }) => customer)).toEqual(['7', '8']);
  expect(verdict.coverage).toEqual({ windows: 2, input_findings: 2 });
});

test('what cannot be attributed blocks all, what concerns nobody none', () => {
  expect(withFindings(match, [finding('cut_off', null)]).blocks).toEqual({ kind: 'all' });
  expect(withFindings(match, [finding('payload', [])]).blocks).toEqual({ kind: 'none' });
});

test('lost messages and a day written again leave nothing to conclude', () => {
  expect(withFindings(match, [finding('cut_off', null), finding('lost', null)])).toMatchObject({
    verdict: 'inconclusive',
    reason: 'incomplete',
  });
  expect(withFindings({ ...match, verdict: 'mismatch' }, [finding('batch_overwritten', null)])).toMatchObject({
    verdict: 'inconclusive',
    reason: 'overwritten',
  });
});

test('messages of which nobody can tell when they were sent leave a match open, and no mismatch', () => {
  const unknown = [finding('before_queue', ['7'])];
  expect(withFindings(match, unknown)).toMatchObject({
    ...{ verdict: 'inconclusive', reason: 'before_queue', stage: 'inputs', source: 'care' },
    blocks: { kind: 'customers', customers: ['7'] },
  });
  expect(withFindings({ ...match, verdict: 'mismatch', reason: 'logic' }, unknown)).toMatchObject({ verdict: 'mismatch', reason: 'logic' });
});

test('a mismatch stays one and blocks both', () => {
  const mismatch: MinuteVerdict = { ...match, verdict: 'mismatch', reason: 'logic', blocks: { kind: 'customers', customers: ['1'] } };
  const verdict = withFindings(mismatch, [finding('payload', ['2'])]);
  expect(verdict).toMatchObject({ verdict: 'mismatch', reason: 'logic' });
  expect(verdict.blocks).toEqual({ kind: 'customers', customers: ['1', '2'] });
});
