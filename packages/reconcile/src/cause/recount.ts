import type { Aggregate } from '@parallax/core';
import { compareUtf8 } from '../compare-utf8.ts';
import type { CustomerEvent, Scaled } from '../sides.ts';
import { quotientHalfAway, type StreamState } from '../spark-side/stream-state.ts';

/** One aggregate over events by the plainest means: the judge when the sides disagree. */
export function recount(events: readonly CustomerEvent[], variable: number, aggregate: Aggregate): Scaled {
  const having = events.filter(({ values }) => !Number.isNaN(values[variable]));
  if (aggregate === 'count') return having.length;
  if (having.length === 0) return null;
  const values = having.map((event) => BigInt(event.values[variable] as number));
  const sum = values.reduce((a, b) => a + b, 0n);
  switch (aggregate) {
    case 'sum':
      return plain(sum);
    case 'avg':
      return quotientHalfAway(sum, BigInt(values.length));
    case 'min':
      return plain(sorted(values)[0] as bigint);
    case 'max':
      return plain(sorted(values).at(-1) as bigint);
    case 'last': {
      const [last] = [...having].sort((a, b) => b.time - a.time || compareUtf8(b.id, a.id));
      return last?.values[variable] ?? null;
    }
  }
}

/** The same over Spark's states. */
export function remerge(states: readonly StreamState[], variable: number, aggregate: Aggregate): Scaled {
  const having = states.filter(({ present }) => present[variable] === 1);
  const add = (of: (state: StreamState) => number | bigint) => having.reduce((sum, state) => sum + BigInt(of(state)), 0n);
  if (aggregate === 'count') return plain(add(({ count }) => count[variable] as number | bigint));
  if (having.length === 0) return null;
  switch (aggregate) {
    case 'sum':
      return plain(add(({ sum }) => sum[variable] as number | bigint));
    case 'avg':
      return quotientHalfAway(
        add(({ sum }) => sum[variable] as number | bigint),
        add(({ count }) => count[variable] as number | bigint),
      );
    case 'min':
      return sorted(having.map(({ min }) => min[variable] as number | bigint))[0] ?? null;
    case 'max':
      return sorted(having.map(({ max }) => max[variable] as number | bigint)).at(-1) ?? null;
    case 'last':
      return latest(having, variable).last[variable] ?? null;
  }
}

/** The state whose last value is of the latest event; there is at least one. */
function latest(states: readonly StreamState[], variable: number): StreamState {
  return states.reduce((best, each) => {
    const [a, b] = [best.lastKey(variable), each.lastKey(variable)];
    return b.time > a.time || (b.time === a.time && compareUtf8(b.id, a.id) > 0) ? each : best;
  });
}

/** A double while it holds the number exactly. */
function plain(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Ascending; numbers and bigints compare by what they are. */
function sorted<N extends number | bigint>(values: readonly N[]): readonly N[] {
  return [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
