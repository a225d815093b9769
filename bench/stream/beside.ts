import { join } from 'node:path';
import { MICROS_PER_MINUTE, ParallaxError } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { type DuckdbRun, runDuckdb } from '../baselines/duckdb.ts';
import { type StreamingRun, startLiveStreaming } from '../baselines/structured-streaming.ts';
import { step } from '../step.ts';
import { type Arena, stateFolder } from './arena.ts';
import type { LiveMinutes } from './live-minutes.ts';
import type { MinuteRecord } from './minutes.ts';
import { sealedMinutes } from './sealed-minutes.ts';
import type { StreamSize } from './sizes.ts';

/** Minutes that have passed, which Structured Streaming begins with: they make it warm and fill its state. */
const PASSED_MINUTES = 6;
/** Micro-batches of each stream that do not count: those minutes in one, and two more. */
const WARM_BATCHES = 3;
/** The first minute of a DuckDB that has done nothing does not count. */
const DUCKDB_WARM_MINUTES = 1;

/** Live minutes with those beside them that it is compared with: what one of them takes from the other, it takes from both. */
export interface BesideRun {
  /** The minutes that were committed while Structured Streaming took as many. */
  readonly minutes: readonly MinuteRecord[];
  readonly streaming: StreamingRun;
  /** The same minutes, while the ones that follow are live. */
  readonly duckdb: DuckdbRun;
}

/** Runs Structured Streaming on what is being produced, then DuckDB on the same minutes, while the coordinator goes on. */
export async function runBeside(arena: Arena, size: StreamSize, state: string, run: LiveMinutes): Promise<BesideRun> {
  const { view, signal } = arena.context;
  const folder = stateFolder(arena, state);
  const bootstrap = arena.services.get('kafka').url;
  const options = { bootstrap, project: await loadProject(arena.project), home: join(arena.home, 'structured-streaming'), signal };
  const [newest] = await run.take(1);
  if (newest === undefined) throw new RangeError('no live minute');
  const passed = sealedMinutes(folder, newest.minute - BigInt(PASSED_MINUTES - 1) * MICROS_PER_MINUTE, PASSED_MINUTES);
  const warmed = await step(view, 'Structured Streaming, until it is warm', () =>
    run.during(() => startLiveStreaming(options, passed, WARM_BATCHES)),
  );
  const streaming = warmed.result;
  let counted: Awaited<ReturnType<typeof run.during<StreamingRun>>>;
  try {
    counted = await step(view, 'Structured Streaming beside live minutes', () => run.during(() => streaming.count(size.besideMinutes)));
  } finally {
    await streaming.stop();
  }
  const { minutes, result } = counted;
  const first = minutes[0];
  if (first === undefined)
    throw new ParallaxError('PRLX_BENCH_LATE', 'no minute was committed beside Structured Streaming', { exitCode: 1 });
  const from = first.minute - BigInt(DUCKDB_WARM_MINUTES) * MICROS_PER_MINUTE;
  const read = sealedMinutes(folder, from, minutes.length + DUCKDB_WARM_MINUTES);
  const order = { bootstrap, project: arena.project, parquet: false, logFile: join(arena.home, 'log', 'duckdb.log'), signal };
  const duckdb = await step(view, 'DuckDB beside live minutes', () => run.during(() => runDuckdb(order, read)));
  return {
    minutes,
    streaming: result,
    duckdb: { ...duckdb.result, minutes: duckdb.result.minutes.slice(DUCKDB_WARM_MINUTES) },
  };
}
