import { expect, test } from 'vitest';
import { keptOutcome, outcomeText, parseOutcome } from '../src/committed.ts';
import type { MinuteOutcome } from '../src/outcome.ts';
import { at } from './support.ts';

const OUTCOME: MinuteOutcome = {
  ...{ minute: at('10:20'), folder: '/s', manifest: 'm', digest: 'd', missed: false, incomplete: ['care'], batch: null },
  ...{ counts: [{ stream: 'care', class: 'late', reason: null, n: 3 }], drift: [], online: [], population: 7, outsideBase: 1 },
  satisfaction: { scored: 6, mean: '51.2500', p10: '10.00', p50: null, p90: '90.50', histogram: [6] },
  decided: [{ customer: '1', action: 'call', reason: 'low' }],
  ...{ answered: true, beside: null, amended: true, entrants: 2, turn: null, phasesMs: { seal: 1 }, phaseSpans: [] },
};

test('the ledger has all of an outcome but its decisions, which it has one by one', () => {
  const { decided, ...rest } = OUTCOME;
  expect(keptOutcome(OUTCOME)).toEqual(rest);
  expect(parseOutcome(outcomeText(OUTCOME))).toEqual(rest);
  expect(outcomeText(OUTCOME)).not.toContain(decided[0]?.action);
});
