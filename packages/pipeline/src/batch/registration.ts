import { type BatchVersion, later, MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import type { BatchView, Ledger } from '../ledger/ledger.ts';
import type { CompleteDay } from './store-reader.ts';
import { versionName } from './version.ts';

/** When a day is registered: as of its last marker, but never so that a minute that is sealed already could have used it. */
export function registrationOf(project: Project, ledger: Ledger, { completedAt }: CompleteDay): Micros {
  const sealed = ledger.newestSeal();
  const open = sealed === null ? 0n : sealed + MICROS_PER_MINUTE + project.graceUs - project.settleUs + 1n;
  return later(completedAt, open);
}

/** Registers a day with its batch view. */
export function registerDay(project: Project, ledger: Ledger, day: CompleteDay, view: BatchView): void {
  const version = { day: day.day, version: day.version };
  ledger.registerDay(version, registrationOf(project, ledger, day));
  ledger.setDayView(version, view);
}

/** Keeps why a version was refused: it is not looked at again. */
export function refuseVersion(ledger: Ledger, version: BatchVersion, reason: string): void {
  ledger.setMeta(`${REFUSED}${versionName(version)}`, reason);
}

/** The names of the versions that are registered or were refused. */
export function decidedVersions(ledger: Ledger): ReadonlySet<string> {
  return new Set([...ledger.days(), ...refusedVersions(ledger)].map(versionName));
}

/** The versions that were refused, and why. */
export function refusedVersions(ledger: Ledger): readonly (BatchVersion & { readonly why: string })[] {
  return ledger.metas(REFUSED).map(({ name, value }) => {
    const [day = '', version = ''] = name.slice(REFUSED.length).split(' ');
    return { day, version, why: value };
  });
}

const REFUSED = 'batch refused ';
