import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { later, MICROS_PER_DAY, MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { parseOutcome } from './committed.ts';
import { folderBytes } from './folder-bytes.ts';
import { MESSAGES, oldestClaims } from './ingest/claimed.ts';
import type { KeptMinute } from './ledger/retention.ts';
import {
  DECISIONS_KEPT_DAYS,
  FORGET_MS,
  FORGET_ROWS,
  LAST_HOUR_MINUTES,
  MESSAGES_KEPT_BYTES,
  MINUTES_KEPT_DAYS,
  RECLAIM_BAND_MINUTES,
  UNVERIFIED_KEPT_MINUTES,
  WINDOWS_KEPT_MINUTES,
} from './limits.ts';
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
  return minute - spans.reduce(later);
}

/** How long what no later minute needs is kept all the same. */
export interface Kept {
  /** An iteration's files, beyond what a later minute needs. */
  readonly files: Micros;
  /** The messages that a minute did not accept: at least as long as its files. */
  readonly messages: Micros;
}

const NOTHING_MORE: Kept = { files: 0n, messages: 0n };

/**
 * Removes, once `minute` is committed, what no later minute needs: of every iteration the messages as they were read at once, then the
 * big parts of its state as their time comes, and when `kept` is over the rest; last of all the messages that it did not accept, and what the ledger says of it.
 * The ledger forgets an iteration first, so a crash leaves files, never a gap.
 *
 * @param unverified the oldest committed minute that has no verdict; null: none is waited for
 */
export async function reclaimFiles(
  pipeline: Pipeline,
  minute: Micros,
  kept: Kept = NOTHING_MORE,
  unverified: Micros | null = null,
): Promise<void> {
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
  const oldest = oldestNeeded(project, minute) - kept.files;
  for (const reclaimed of ledger.retention.reclaim(oldest)) {
    await removeAllButMessages(pipeline, reclaimed);
    await rm(paths.captures(basename(dirname(reclaimed.folder))), { recursive: true, force: true });
  }
  const oldestMessages: bigint = minute - kept.messages;
  for (const folder of ledger.retention.dropMessages(oldestMessages < oldest ? oldestMessages : oldest, MESSAGES_KEPT_BYTES)) {
    await rm(dirname(folder), { recursive: true, force: true });
  }
  await forgetRows(pipeline, minute);
}

/** Leaves of a reclaimed iteration what it did not accept, and tells the ledger how much that is. */
async function removeAllButMessages({ ledger }: Pipeline, { minute, folder }: KeptMinute): Promise<void> {
  const iteration = dirname(folder);
  for (const name of await namesIn(iteration))
    if (name !== basename(folder)) await rm(join(iteration, name), { recursive: true, force: true });
  for (const name of await namesIn(folder)) if (name !== MESSAGES) await rm(join(folder, name), { recursive: true, force: true });
  ledger.retention.measured(minute, await folderBytes(join(folder, MESSAGES)));
}

/**
 * Has the ledger forget what is older than any minute, person or verifier may ask for, some rows a transaction. What there is no time for is forgotten after the
 * next minutes.
 */
export async function forgetRows({ ledger, project, now }: Pick<Pipeline, 'ledger' | 'project' | 'now'>, minute: Micros): Promise<void> {
  const until = now() + BigInt(FORGET_MS) * 1000n;
  const { retention } = ledger;
  const works = [
    () => retention.forgetDecisions(oldestDecisions(project, minute), FORGET_ROWS),
    () => retention.forgetMinutes(minute - BigInt(MINUTES_KEPT_DAYS) * MICROS_PER_DAY, FORGET_ROWS),
  ];
  for (const forget of works) {
    // The gate and the lease have their turn between two transactions.
    while (forget() > 0 && now() < until) await nextTurn();
  }
}

/** The oldest minute whose settled decisions are kept: beyond every cool-down and validity, so that none of them changes what is decided, nor what becomes of it. */
export function oldestDecisions({ actions, defaultAction }: Project, minute: Micros): Micros {
  const spans = [defaultAction, ...actions.values()].flatMap(({ coolDownUs, validForUs, waitUs }) => [coolDownUs, validForUs, waitUs]);
  return minute - BigInt(DECISIONS_KEPT_DAYS) * MICROS_PER_DAY - spans.reduce(later);
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

/** The names in a folder; none when it is not there: an earlier coordinator may have got so far. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function removeSlices(iteration: string): Promise<void> {
  for (const ahead of await readdir(iteration)) {
    if (!ahead.startsWith('ahead-')) continue;
    const folder = join(iteration, ahead);
    for (const part of await readdir(folder)) if (part !== 'turn') await rm(join(folder, part), { recursive: true, force: true });
  }
}
