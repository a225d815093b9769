import { join } from 'node:path';
import { MICROS_PER_MINUTE } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { type DuckdbRun, runDuckdb } from '../baselines/duckdb.ts';
import { runStructuredStreaming, type StreamingRun } from '../baselines/structured-streaming.ts';
import { COMMIT_MS_MAX } from '../limits.ts';
import { step } from '../step.ts';
import { type Arena, SEED, startCoordinator, stateFolder } from './arena.ts';
import { showMinute } from './live.ts';
import type { MinuteRecord } from './minutes.ts';
import { sealedMinutes } from './sealed-minutes.ts';
import type { StreamSize } from './sizes.ts';

/** The first minutes of each do not count: plans are compiled and the state is still small. */
export const PAST_WARM_MINUTES = 1;

/** The same minutes of a simulated past, by the pipeline and by those that it is compared with. */
export interface PastRun {
  /** The minutes that count. */
  readonly pipeline: readonly MinuteRecord[];
  readonly duckdb: DuckdbRun;
  readonly duckdbParquet: DuckdbRun;
  readonly streaming: StreamingRun;
  readonly sparkPeakMib: number;
}

/** Produces minutes at the full rate and has them caught up. Nothing else may produce meanwhile: a streaming query reads to the end. */
export async function runPast(arena: Arena, size: StreamSize, state: string, from: bigint): Promise<PastRun> {
  const { view, signal } = arena.context;
  const to = from + BigInt(size.pastMinutes) * MICROS_PER_MINUTE;
  const flow = { seed: SEED, rate: size.rate, customers: size.customers };
  await step(view, `${size.pastMinutes} minutes of events`, () => arena.generator.history(flow, Number(from), Number(to)));
  const records = await step(view, 'caught up', () => catchUp(arena, { state, from, minutes: size.pastMinutes }));
  const minutes = sealedMinutes(stateFolder(arena, state), from, size.pastMinutes);
  const bootstrap = arena.services.get('kafka').url;
  const common = { bootstrap, project: arena.project, logFile: join(arena.home, 'log', 'duckdb.log'), signal };
  const counted = (run: DuckdbRun): DuckdbRun => ({ ...run, minutes: run.minutes.slice(PAST_WARM_MINUTES) });
  const duckdb = await step(view, 'DuckDB', () => runDuckdb({ ...common, parquet: false }, minutes));
  const duckdbParquet = await step(view, 'DuckDB with Parquet', () => runDuckdb({ ...common, parquet: true }, minutes));
  const project = await loadProject(arena.project);
  const home = join(arena.home, 'structured-streaming');
  const streaming = await step(view, 'Structured Streaming', () =>
    runStructuredStreaming({ bootstrap, project, home, warm: PAST_WARM_MINUTES, signal }, minutes),
  );
  return {
    pipeline: records.minutes.slice(PAST_WARM_MINUTES),
    duckdb: counted(duckdb),
    duckdbParquet: counted(duckdbParquet),
    streaming,
    sparkPeakMib: records.sparkPeakMib,
  };
}

export interface CatchUp {
  readonly state: string;
  /** The first minute, microseconds; the state is new. */
  readonly from: bigint;
  readonly minutes: number;
  /** False: without the alternative method beside it. */
  readonly verify?: boolean;
  /** Whether those that are committed are enough, asked after each. */
  readonly enough?: (minutes: readonly MinuteRecord[]) => boolean;
}

/** Runs a coordinator until it has committed so many minutes, or enough of them. */
export async function catchUp(
  arena: Arena,
  { state, from, minutes, verify = true, enough = () => false }: CatchUp,
): Promise<{ minutes: readonly MinuteRecord[]; sparkPeakMib: number }> {
  const { view } = arena.context;
  const coordinator = await startCoordinator(arena, { state, from, minutes, verify, onMinute: (record) => showMinute(view, record) });
  try {
    const { watch, exited } = coordinator;
    const last = from + BigInt(minutes - 1) * MICROS_PER_MINUTE;
    const isLast = ({ minute }: MinuteRecord) => minute === last || enough(watch.records);
    // It ends by itself after the last commit, so its end is no failure; without that commit the watch gives up.
    const ended = exited.then(() => watch.until('the last minute', 10_000, isLast));
    await Promise.race([ended, watch.until('the last minute', COMMIT_MS_MAX * Math.max(1, minutes / 10), isLast)]);
    return { minutes: [...watch.records], sparkPeakMib: watch.peaks().get('spark') ?? 0 };
  } finally {
    await coordinator.stop();
  }
}
