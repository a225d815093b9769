import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { LAST_HOUR_MINUTES } from './limits.ts';
import type { Pipeline } from './pipeline.ts';

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

/** Removes the files of iterations that no later minute needs. The ledger forgets them first, so a crash leaves files, never a gap. */
export async function reclaimFiles(pipeline: Pipeline, minute: Micros, keep: Micros = 0n): Promise<void> {
  for (const folder of pipeline.ledger.reclaim(oldestNeeded(pipeline.project, minute) - keep)) {
    await rm(dirname(folder), { recursive: true, force: true });
    await rm(pipeline.paths.captures(basename(dirname(folder))), { recursive: true, force: true });
  }
}
