import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { floorTo, formatSecond, MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import { type EngineProvider, runToCommit } from '../attempts.ts';
import { activeVersion, ensureBatchView } from '../batch/layer.ts';
import { StatePaths } from '../engine/paths.ts';
import { Ledger } from '../ledger/ledger.ts';
import { WARM_DRAFTED, WARM_ROOM_MS, WARM_UNTIL_MS } from '../limits.ts';
import type { MinuteSource, Pipeline } from '../pipeline.ts';
import { sealDue } from './ahead.ts';
import type { Clock } from './clock.ts';
import { Rehearsal } from './rehearsal.ts';

export interface WarmUp {
  readonly pipeline: Pipeline;
  /** Gives another reader of the same sources. */
  readonly source: { over(ledger: Ledger, paths: StatePaths): MinuteSource & { close(): Promise<void> } };
  readonly engines: EngineProvider;
  /** The first minute that counts. */
  readonly next: Micros;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** A folder of its own for all but batch views, which are made once, and what is kept of them. */
class ScratchPaths extends StatePaths {
  readonly #real: StatePaths;

  constructor(root: string, real: StatePaths) {
    super(root);
    this.#real = real;
  }

  override batchVersion(day: string, version: string, projectHash: string): string {
    return this.#real.batchVersion(day, version, projectHash);
  }

  override get batchRecords(): string {
    return this.#real.batchRecords;
  }
}

/** The minute of `now`, or the next: the first one before whose seal there is room to warm the engine. */
export function firstWithRoom(pipeline: Pipeline, now: Micros): Micros {
  const current = floorTo(now, MICROS_PER_MINUTE);
  return now + BigInt(WARM_ROOM_MS) * 1000n <= lastBeginning(pipeline, current) ? current : current + MICROS_PER_MINUTE;
}

/** From when on nothing is begun any more that could hold up the seal of `next`. */
function lastBeginning(pipeline: Pipeline, next: Micros): Micros {
  return sealDue(pipeline, next) - BigInt(WARM_UNTIL_MS) * 1000n;
}

/**
 * Makes the engine fast before the first minute counts: makes the batch view, then runs the newest minutes before it that are over on the real topics, each as a
 * draft that is amended, in a ledger and a folder of their own that are thrown away. Nothing of it is kept but what the engine has compiled. Begins nothing that
 * could hold up the first seal; where there is no time for any of it, or it fails, that is noted: the minute itself will meet the failure again.
 */
export async function warmUp(options: WarmUp): Promise<void> {
  const { pipeline, next, clock, signal, note } = options;
  // A minute that is over is caught up at once, and warms the engine itself.
  if (clock.now() >= sealDue(pipeline, next)) return;
  try {
    if ((await rehearseMinutes(options)) === 0 && !signal.aborted)
      note(`the engine is not warmed: the minute ${formatSecond(next)} is sealed too soon for it, and the first ones take longer`);
  } catch (error) {
    if (!(error instanceof ParallaxError)) throw error;
    note(`the engine could not be warmed before ${formatSecond(next)}: ${error.message.split('\n')[0]}`);
  }
}

/** @returns how many minutes were run */
async function rehearseMinutes({ pipeline, source, engines, next, clock, signal }: WarmUp): Promise<number> {
  const { project, ledger: real, paths, buckets } = pipeline;
  const until = lastBeginning(pipeline, next);
  const mayGoOn = () => !signal.aborted && clock.now() < until;
  const version = activeVersion(real, project, sealDue(pipeline, next));
  if (version !== null && mayGoOn()) await ensureBatchView(pipeline, await engines.engine(), version, pipeline.onBatchProgress);
  if (!mayGoOn()) return 0;
  const folder = join(paths.root, 'warm-up');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const scratch = new ScratchPaths(folder, paths);
  const ledger = Ledger.open(scratch.ledger);
  const scratchSource = source.over(ledger, scratch);
  try {
    ledger.takeLease('warm-up', clock.now(), until + MICROS_PER_MINUTE);
    for (const { day, version: of, registered, view } of real.days()) {
      ledger.registerDay({ day, version: of }, registered);
      if (view !== null) ledger.setDayView({ day, version: of }, view);
    }
    const ahead = new Rehearsal();
    const throwaway: Pipeline = {
      project,
      ledger,
      paths: scratch,
      source: scratchSource,
      batch: pipeline.batch,
      buckets,
      ahead,
      now: pipeline.now,
    };
    let ran = 0;
    for (const [minute, drafted] of minutesBefore(next, clock.now() - project.graceUs)) {
      if (mayGoOn()) await ahead.begin(throwaway, await engines.engine(), minute, drafted);
      if (!mayGoOn()) break;
      await runToCommit(throwaway, engines, minute);
      ran += 1;
    }
    return ran;
  } finally {
    await scratchSource.close();
    ledger.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The newest minutes before `next` that are over at `now`, oldest first, with how much of each is drafted. */
function minutesBefore(next: Micros, now: Micros): (readonly [Micros, number])[] {
  const running = floorTo(now, MICROS_PER_MINUTE);
  const end = running < next ? running : next;
  return WARM_DRAFTED.map((drafted, n) => [end - BigInt(WARM_DRAFTED.length - n) * MICROS_PER_MINUTE, drafted]);
}
