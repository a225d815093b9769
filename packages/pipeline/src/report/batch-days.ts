import type { BatchVersion, Micros } from '@parallax/core';
import { type DaySummary, readProfile, readSummaries } from '../batch/day-record.ts';
import type { ColumnProfile } from '../batch/profile.ts';
import { refusedVersions } from '../batch/registration.ts';
import { sameVersion, versionName } from '../batch/version.ts';
import type { StatePaths } from '../engine/paths.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** A version of a batch day, and what became of it. */
export interface BatchDay extends BatchVersion {
  /** `active`: the newest sealed minute uses it. `undecided`: it is being made, or was when its run ended. */
  readonly state: 'active' | 'registered' | 'refused' | 'undecided';
  /** From when on minutes may use it, `settle` later; null where it is not registered. */
  readonly registered: Micros | null;
  /** Why it was refused. */
  readonly why: string | null;
  /** What its view held and kept aside; null where none was made, or it is not kept any more. */
  readonly summary: DaySummary | null;
}

/** All versions that the ledger or what is kept of them knows, by day, then in the order of their registration. */
export async function batchDays(ledger: Ledger, paths: StatePaths): Promise<readonly BatchDay[]> {
  const summaries = new Map((await readSummaries(paths)).map((summary) => [versionName(summary), summary] as const));
  const newest = ledger.newestSeal();
  const current = newest === null ? null : (ledger.seal(newest)?.batch ?? null);
  const registered = ledger.days().map(({ day, version, registered: at }): BatchDay => {
    const state = sameVersion({ day, version }, current) ? 'active' : 'registered';
    return { day, version, state, registered: at, why: null, summary: summaries.get(versionName({ day, version })) ?? null };
  });
  const refused = refusedVersions(ledger).map(
    ({ day, version, why }): BatchDay => ({
      ...{ day, version, state: 'refused', registered: null, why },
      summary: summaries.get(versionName({ day, version })) ?? null,
    }),
  );
  const decided = new Set([...registered, ...refused].map(versionName));
  const undecided = [...summaries.values()]
    .filter((summary) => !decided.has(versionName(summary)))
    .map((summary): BatchDay => ({ ...versionOf(summary), state: 'undecided', registered: null, why: null, summary }));
  return [...registered, ...refused, ...undecided].sort((a, b) => (a.day === b.day ? 0 : a.day < b.day ? -1 : 1));
}

/** The profile of one column in each version that has one, one version in memory at a time. @param column `<source>.<table>.<column>` */
export async function* columnProfiles(
  paths: StatePaths,
  days: readonly BatchDay[],
  column: string,
): AsyncIterable<{ readonly day: BatchDay; readonly profile: ColumnProfile }> {
  for (const day of days) {
    const profile = (await readProfile(paths, day))?.get(column);
    if (profile !== undefined) yield { day, profile };
  }
}

function versionOf({ day, version }: BatchVersion): BatchVersion {
  return { day, version };
}
