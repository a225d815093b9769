import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BatchVersion, MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import { type StatePaths, versionFolder } from '../engine/paths.ts';
import type { Ledger, RegisteredDay } from '../ledger/ledger.ts';
import { versionName } from './version.ts';

/**
 * Removes what was made of batch versions that no manifest needs any more: neither one of a minute whose files are kept, nor one to come, which
 * names the newest active day or a newer one. The ledger forgets first: a crash leaves files, which go the next time.
 *
 * @param standing versions that the stores hold: what was begun of another one is of no use
 */
export async function reclaimVersions(ledger: Ledger, paths: StatePaths, standing: readonly BatchVersion[]): Promise<void> {
  const newest = ledger.newest();
  if (newest === null) return;
  const used = usedVersions(ledger, newest.minute);
  const current = ledger.seal(newest.minute)?.batch ?? null;
  const days = ledger.days();
  const isKept = (each: RegisteredDay) => used.has(versionName(each)) || current === null || each.day >= current.day;
  for (const day of days) {
    if (isKept(day) || day.view === null) continue;
    ledger.forgetDayView(day);
    await rm(dirname(day.view.folder), { recursive: true, force: true });
  }
  const known = new Set(days.map(versionName));
  await removeLeft(paths, [...days.filter(isKept), ...standing.filter((each) => !known.has(versionName(each)))]);
}

/** Folders of all other versions, under whatever rules. */
async function removeLeft(paths: StatePaths, kept: readonly BatchVersion[]): Promise<void> {
  const root = join(paths.root, 'batch');
  if (!existsSync(root)) return;
  const names = new Set(kept.map(({ day, version }) => versionFolder(day, version)));
  for (const name of await readdir(root)) {
    const start = name.slice(0, name.lastIndexOf('-'));
    if (!names.has(start)) await rm(join(root, name), { recursive: true, force: true });
  }
}

/** The versions that the manifests of kept minutes name. */
function usedVersions(ledger: Ledger, newest: Micros): ReadonlySet<string> {
  const used = new Set<string>();
  const oldest = ledger.oldestKept() ?? newest;
  for (let minute = oldest; minute <= newest; minute += MICROS_PER_MINUTE) {
    const batch = ledger.seal(minute)?.batch;
    if (batch != null) used.add(versionName(batch));
  }
  return used;
}
