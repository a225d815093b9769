import type { Witness } from '@parallax/core';
import { LAST_HOUR_SUFFIX, WINDOWS } from '@parallax/core/view-columns.ts';
import { aggregateColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import { DETAIL_LINES_MAX } from '../limits.ts';
import type { RawWindows } from '../sides.ts';

/**
 * Holds the alternative's own windows of every witness against its raw events, and notes how many were: a witness of whom they are not the same
 * says so, since then it is the alternative that is wrong.
 */
export async function checkWitnesses(comparison: Comparison, witnesses: readonly Witness[]): Promise<readonly Witness[]> {
  const { alternative, findings } = comparison;
  const keys = [...new Set(witnesses.map(({ customer }) => customer).filter((customer) => customer !== ''))];
  if (keys.length === 0) return witnesses;
  const minute = await alternative.lookups.raw();
  const others = keys.filter((key) => !minute.covers(key));
  const raw = others.length === 0 ? minute : await alternative.lookups.rawOf(-1, others);
  findings.covered('raw_witnesses', keys.length);
  return witnesses.map((witness) => {
    const { customer, detail } = witness;
    const wrong = customer === '' ? [] : wrongWindows(comparison, minute.covers(customer) ? minute : raw, customer);
    return wrong.length === 0 ? witness : { ...witness, detail: [...detail, ...wrong].slice(0, DETAIL_LINES_MAX) };
  });
}

function wrongWindows({ project, alternative }: Comparison, raw: RawWindows, key: string): readonly string[] {
  const { lookups } = alternative;
  const slot = lookups.slotOf(key);
  const wrong: string[] = [];
  for (const window of WINDOWS) {
    for (const [stream, variables] of aggregateColumns(project).entries()) {
      for (const [variable, columns] of variables.entries()) {
        for (const { name, aggregate, places } of columns) {
          const own = lookups.window(slot, stream, variable, aggregate, window);
          const value = raw.value(key, stream, variable, aggregate, window);
          if (own === value) continue;
          const column = window === 'last_hour' ? `${name}${LAST_HOUR_SUFFIX}` : name;
          wrong.push(
            `the alternative has ${scaledText(own, places) ?? 'null'} as ${column}, its raw events give ${scaledText(value, places) ?? 'null'}`,
          );
        }
      }
    }
  }
  return wrong;
}
