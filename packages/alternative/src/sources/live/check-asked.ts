import type { InputFinding, Micros } from '@parallax/core';
import type { OnlineCall } from '../source.ts';
import { ASKED_MARGIN_US, ONLINE_CLOSE_US } from './limits.ts';

export interface AskedCheck {
  readonly source: string;
  /** The seal's instant, µs since 1970. */
  readonly sealed: Micros;
  readonly calls: readonly OnlineCall[];
  readonly population: readonly string[];
  /** The close says that the time for calls was over before everybody had been asked. */
  readonly cut: boolean;
}

/**
 * Whether the whole population was asked for (contract, section 7). Calls end at the latest 4 s after the seal: where they were still being made
 * shortly before that, the time ran out, and who was not asked has no answer on either side.
 */
export function checkAsked({ source, sealed, calls, population, cut }: AskedCheck): readonly InputFinding[] {
  if (cut) return [];
  const asked = new Set<string>();
  let last = 0n;
  for (const { ids, at } of calls) {
    for (const id of ids) asked.add(id);
    if (at > last) last = at;
  }
  const forgotten = population.filter((key) => !asked.has(key));
  if (forgotten.length === 0 || last > sealed + ONLINE_CLOSE_US - ASKED_MARGIN_US) return [];
  const detail = `${source}: ${forgotten.length} of ${population.length} customers were not asked for`;
  return [{ stage: 'inputs', kind: 'not_asked', source, detail, customers: forgotten }];
}
