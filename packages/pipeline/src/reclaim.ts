import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { parseOutcome } from './committed.ts';
import { oldestClaims } from './ingest/claimed.ts';
import { LAST_HOUR_MINUTES, RECLAIM_BAND_MINUTES, UNVERIFIED_KEPT_MINUTES, WINDOWS_KEPT_MINUTES } from './limits.ts';
import type { Pipeline } from './pipeline.ts';
import { oldestPanes } from './window/panes.ts';

/** The oldest committed iteration whose files the iteration after `minute` can still need. */
export function oldestNeeded(project: Project, minute: Micros): Micros {
  const early = project.maxAheadUs + MICROS_PER_MINUTE;
  const spans = [
    BigInt(LAST_HOUR_MINUTES) * MICROS_PER_MINUTE + early,
    project.latenessUs + early,
    ...project.online.map((source) => BigInt(source.maxAge) * MICROS_PER_MINUTE),
  ];
  return minute - spans.reduce((a, b) => (a > b ? a : b));
}

/**
 * Removes, once `minute` is committed, what no later minute needs: of every iteration the messages as they were read at once, then the
 * big parts of its state as their time comes, and after `keep` more the rest. The ledger forgets an iteration first, so a crash
 * leaves files, never a gap.
 *
 * @param unverified the oldest committed minute that has no verdict; null: none is waited for
 */
export async function reclaimFiles(pipeline: Pipeline, minute: Micros, keep: Micros = 0n, unverified: Micros | null = null): Promise<void> {
  const { ledger, paths, project } = pipeline;
  const next = minute + MICROS_PER_MINUTE;
  // Who verifies reads a minute's parts after it is committed, perhaps much later: what it has not seen yet stays, within bounds.
  const held = heldFrom(minute, unverified);
  const upTo = (time: Micros) => (held !== null && held < time ? held : time);
  const remove = (before: Micros, parts: readonly string[]) => removeParts(pipeline, before, parts, held !== null);
  await remove(next, ['slice', 'payloads', 'calls', 'claimed-rest', 'panes-rest']);
  await removeSlices(paths.iteration(minute));
  await remove(upTo(minute - BigInt(WINDOWS_KEPT_MINUTES - 1) * MICROS_PER_MINUTE), [
    'windows',
    'windows-amended',
    'beside',
    'beside-amended',
    'members',
    'members-amended',
  ]);
  await remove(upTo(oldestClaims(project, next)), ['claimed']);
  await remove(oldestPanes(project, upTo(next)), ['panes', 'turn']);
  for (const folder of ledger.reclaim(oldestNeeded(project, minute) - keep)) {
    await rm(dirname(folder), { recursive: true, force: true });
    await rm(paths.captures(basename(dirname(folder))), { recursive: true, force: true });
  }
}

/** From which minute on parts are kept for the verifier; one that is down for long does not fill the disk. */
export function heldFrom(minute: Micros, unverified: Micros | null): Micros | null {
  if (unverified === null) return null;
  const least = minute - BigInt(UNVERIFIED_KEPT_MINUTES) * MICROS_PER_MINUTE;
  return unverified > least ? unverified : least;
}

/** Removes folders of the iterations just before `before`: a few at a time, so that what a crash left is removed by the next minutes. */
async function removeParts({ ledger }: Pipeline, before: Micros, parts: readonly string[], wide: boolean): Promise<void> {
  // A verifier that has caught up lets many minutes go at once.
  const band = RECLAIM_BAND_MINUTES + (wide ? UNVERIFIED_KEPT_MINUTES : 0);
  for (const { folder, report } of ledger.iterations(before - BigInt(band) * MICROS_PER_MINUTE, before - 1n)) {
    for (const part of parts) {
      const path = part === 'turn' ? parseOutcome(report).turn : join(folder, part);
      if (path !== null) await rm(path, { recursive: true, force: true });
    }
  }
}

async function removeSlices(iteration: string): Promise<void> {
  for (const ahead of await readdir(iteration)) {
    if (!ahead.startsWith('ahead-')) continue;
    const folder = join(iteration, ahead);
    for (const part of await readdir(folder)) if (part !== 'turn') await rm(join(folder, part), { recursive: true, force: true });
  }
}
