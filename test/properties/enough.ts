/** Which kinds of disorder the generator must have made, and how often at least, over all recordings of one seed. */
import type { Tally } from './random.ts';

/** The least number of histories; each customer of a recording is one. */
export const CUSTOMERS_MIN = 2000;

/** By the start of the kind's name: every kind listed must reach the number. */
const MIN_BY_KIND: Readonly<Record<string, number>> = {
  'time: on time': 500,
  'time: out of order': 200,
  'time: late edge': 100,
  'time: ahead edge': 100,
  'time: minute edge': 100,
  'time: hour edge': 100,
  'time: future': 100,
  'time: far late': 100,
  'time: far ahead': 100,
  'time: whole second': 100,
  'id again: same iteration, other time': 50,
  'id again: same iteration, same time': 50,
  'id again: next iterations': 100,
  'id again: claim edge in reach': 50,
  'id again: other stream': 50,
  'id again: other customer': 50,
  'id of several customers': 50,
  redelivered: 100,
  'too large': 4,
  'value: null': 500,
  'value: absent': 500,
  'value: no object': 200,
  'number: half': 500,
  'number: below half': 200,
  'number: long': 200,
  'number: exponent': 200,
  'number: zero': 200,
  'number: edge': 200,
  'repeated name': 100,
  'fault: json': 50,
  'fault: key': 20,
  'fault: time': 20,
  'fault: id': 20,
  'fault: type': 20,
  'fault: range': 20,
  'fault: type and range': 20,
  'fault: several': 20,
  'broken: tombstone': 1,
  'broken: bad utf8': 2,
  'broken: too deep': 1,
  'row absent': 100,
  'row aside: key twice': 20,
  'row aside: no number': 20,
  'row aside: bad key': 5,
  'cell: null': 100,
  'cell: empty': 100,
  'cell: null number': 100,
  'scorecard cell: null': 50,
  'scorecard cell: edge': 50,
  'scorecard cell: decimals': 50,
  'missed minute': 4,
  'online: answer': 50,
  'online: several answers': 50,
  'online: silent minute': 1,
  'online: not asked for': 20,
};

/** Outcomes by the oracle: `class` or `class.reason`. */
const MIN_BY_OUTCOME: Readonly<Record<string, number>> = {
  accepted: 1500,
  duplicate: 200,
  late: 200,
  ahead: 200,
  'invalid.too_large': 4,
  'invalid.utf8': 5,
  'invalid.json': 50,
  'invalid.key': 50,
  'invalid.time': 50,
  'invalid.id': 30,
  'invalid.type': 50,
  'invalid.range': 30,
};

/** Counts of the events files by class and reason. */
export function outcomes(eventsTexts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of eventsTexts.join('').split('\n')) {
    if (text === '') continue;
    const row = JSON.parse(text) as { class: string; reason: string | null; n: number };
    const name = row.reason === null ? row.class : `${row.class}.${row.reason}`;
    counts.set(name, (counts.get(name) ?? 0) + row.n);
  }
  return counts;
}

function below(counts: ReadonlyMap<string, number>, least: Readonly<Record<string, number>>): string[] {
  return Object.entries(least)
    .filter(([kind, min]) => (counts.get(kind) ?? 0) < min)
    .map(([kind, min]) => `${kind}: ${counts.get(kind) ?? 0} of ${min}`);
}

/** What was made too rarely; empty when there was enough of everything. */
export function tooFew(tallies: readonly Tally[], eventsTexts: readonly string[]): string[] {
  const made = new Map<string, number>();
  for (const tally of tallies) for (const [kind, n] of tally.counts) made.set(kind, (made.get(kind) ?? 0) + n);
  return [...below(made, MIN_BY_KIND), ...below(outcomes(eventsTexts), MIN_BY_OUTCOME)];
}
