import type { InputFinding, Micros } from '@parallax/core';
import type { OnlineCall } from '../source.ts';
import { ASKED_MARGIN_US, ONLINE_CLOSE_US } from './limits.ts';

export interface AskedCheck {
  readonly source: string;
  /** The seal's instant, µs since 1970. */
  readonly sealed: Micros;
  /** When the coordinator came to seal it: after the one before, however long that took. */
  readonly sealedAt: Micros;
  readonly calls: readonly OnlineCall[];
  readonly population: readonly string[];
  /** Whether a customer was in the population when calls began: those are asked first, from 25 s before the minute's end on. */
  readonly known: (customer: string) => boolean;
  /** The close says that the time for calls was over before everybody had been asked. */
  readonly cut: boolean;
}

/** What came of it: who was not asked is counted, whether that is allowed or not. */
export interface Asked {
  readonly notAsked: number;
  readonly findings: readonly InputFinding[];
}

/**
 * Whether the whole population was asked for (contract, section 7). Only a close whose time ran out may leave someone out, at the latest 4 s after the
 * seal; then whoever was known before must have been left out by the time alone: calls were being made, or waited for, until shortly before that end, or the
 * minute before took until after it.
 */
export function checkAsked({ source, sealed, sealedAt, calls, population, known, cut }: AskedCheck): Asked {
  const asked = new Set<string>();
  for (const { ids } of calls) for (const id of ids) asked.add(id);
  const forgotten = population.filter((key) => !asked.has(key));
  const notAsked = forgotten.length;
  const end = sealed + ONLINE_CLOSE_US;
  const wrong = !cut ? forgotten : sealedAt >= end || wentOn(calls, end) ? [] : forgotten.filter(known);
  if (wrong.length === 0) return { notAsked, findings: [] };
  const why = cut ? ', and no call was being made any more when their time ran out' : '';
  const detail = `${source}: ${wrong.length} of ${population.length} customers were not asked for${why}`;
  return { notAsked, findings: [{ stage: 'inputs', kind: 'not_asked', source, detail, customers: wrong }] };
}

/** Whether calls went on until the end: one began shortly before, or somebody's last call had no answer, and its repetition was waited for. */
function wentOn(calls: readonly OnlineCall[], end: Micros): boolean {
  const last = new Map<string | undefined, OnlineCall>();
  for (const call of calls) last.set(call.ids[0], call);
  return [...last.values()].some(({ at, status }) => at > end - ASKED_MARGIN_US || status !== 200);
}
