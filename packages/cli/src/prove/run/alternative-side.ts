import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replayAlternative } from '@parallax/alternative';
import type { Micros, Project } from '@parallax/core';
import { faultMinutes, type Plan } from '../recording/plan.ts';
import { type MinuteLines, readLines } from './lines.ts';

/** Replays a recording by the alternative method and returns what it said of the minutes that faults are put into. */
export async function runAlternative(
  project: Project,
  plan: Plan,
  recording: string,
  work: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<Micros, MinuteLines>> {
  const out = join(work, 'alternative-out');
  try {
    await replayAlternative({ recording, project, out, scratch: work, ...(signal === undefined ? {} : { signal }) });
    return await readLines(join(out, 'alternative'), faultMinutes(plan));
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
