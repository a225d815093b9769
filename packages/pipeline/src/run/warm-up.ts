import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSecond, MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import { type EngineProvider, runToCommit } from '../attempts.ts';
import { activeVersion, ensureBatchView } from '../batch/layer.ts';
import { StatePaths } from '../engine/paths.ts';
import { Ledger } from '../ledger/ledger.ts';
import { WARM_MINUTES, WARM_UNTIL_MS } from '../limits.ts';
import type { Pipeline } from '../pipeline.ts';
import { sealDue } from './ahead.ts';
import type { Clock } from './clock.ts';
import type { LiveSource } from './live-source.ts';

export interface WarmUp {
  readonly pipeline: Pipeline;
  readonly source: LiveSource;
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

/**
 * Makes the engine fast before the first minute counts: makes the batch view, then runs the minutes just before on the real topics, in a ledger and
 * a folder of their own that are thrown away. Nothing of it is kept but what the engine has compiled. Ends in time for the first seal; a
 * failure is noted, since the minute itself will meet it again.
 */
export async function warmUp({ pipeline, source, engines, next, clock, signal, note }: WarmUp): Promise<void> {
  const { project, ledger: real, paths, buckets } = pipeline;
  const folder = join(paths.root, 'warm-up');
  const until = sealDue(pipeline, next) - BigInt(WARM_UNTIL_MS) * 1000n;
  const mayGoOn = () => !signal.aborted && clock.now() < until;
  try {
    const version = activeVersion(real, project, sealDue(pipeline, next));
    if (version !== null && mayGoOn()) await ensureBatchView(pipeline, await engines.engine(), version, pipeline.onBatchProgress);
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
      const throwaway: Pipeline = {
        project,
        ledger,
        paths: scratch,
        source: scratchSource,
        batch: pipeline.batch,
        buckets,
        ahead: null,
        now: pipeline.now,
      };
      for (let minute = next - BigInt(WARM_MINUTES) * MICROS_PER_MINUTE; minute < next && mayGoOn(); minute += MICROS_PER_MINUTE) {
        await runToCommit(throwaway, engines, minute);
      }
    } finally {
      await scratchSource.close();
      ledger.close();
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    if (!(error instanceof ParallaxError)) throw error;
    note(`the engine could not be warmed before ${formatSecond(next)}: ${error.message.split('\n')[0]}`);
  }
}
