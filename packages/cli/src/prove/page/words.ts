import type { FaultKind } from '../faults/fault.ts';
import type { FaultResult } from '../result.ts';

/** How the page calls what became of a fault, from the best to the worst. */
export const OUTCOMES = ['caught', 'equivalent', 'not exercised', 'missed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export function outcomeOf({ caughtBy, survival }: FaultResult): Outcome {
  return caughtBy !== null ? 'caught' : (survival?.kind ?? 'missed');
}

export const KIND_TITLES: Readonly<Record<FaultKind, string>> = {
  sql: 'Mistakes in the user’s SQL',
  data: 'Faults in the data that the Spark side gets',
  pipeline: 'Faults in the pipeline',
  engine: 'Settings of the engine',
  alternative: 'Faults in the alternative itself',
};

export const KIND_WORDS: Readonly<Record<FaultKind, string>> = {
  sql: 'Each is satisfaction.sql or actions.sql with one token changed, drawn by a seed from all that can be; Spark’s analyser takes every one of them.',
  data: 'The source gives the Spark side something else than the alternative: as if one consumer, driver or client had been served wrongly.',
  pipeline:
    'The code that reads, accepts, merges, joins and decides does one thing wrong in a copy of the run, or goes on from a state that is wrong.',
  engine:
    'The session has another setting than the product gives it. These run with four columns more, which depend on the engine; a setting that changes nothing there is equivalent.',
  alternative: 'The second line of sight may be the wrong one: a mistake in alternative.ts, in what it reads, or in its own code.',
};

/** `12 of 13`, or a dash for none of none. */
export function outOf(value: number, of: number): string {
  return of === 0 ? '–' : `${value} of ${of}`;
}

export function percent(part: number): string {
  return `${(Math.floor(part * 1000) / 10).toFixed(1).replace(/\.0$/, '')} %`;
}
