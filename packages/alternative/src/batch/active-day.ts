import { MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import type { Project } from '../names.ts';
import type { RegisteredDay } from '../sources/source.ts';

/**
 * The newest day, by its date, among those that are active at the seal of the minute, in the version that was registered last; null before any is (contract,
 * section 7).
 */
export function activeDay(
  project: Pick<Project, 'graceUs' | 'settleUs'>,
  days: readonly RegisteredDay[],
  minute: Micros,
): RegisteredDay | null {
  const seal = minute + MICROS_PER_MINUTE + project.graceUs;
  let newest: RegisteredDay | null = null;
  for (const day of days) {
    if (seal >= day.registered + project.settleUs && (newest === null || isNewer(day, newest))) newest = day;
  }
  return newest;
}

function isNewer(a: RegisteredDay, b: RegisteredDay): boolean {
  if (a.day !== b.day) return a.day > b.day;
  return a.registered === b.registered ? a.version > b.version : a.registered > b.registered;
}
