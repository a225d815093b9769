import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ParallaxError } from '@parallax/core';
import { openLogFile } from '../log-file.ts';
import { peakRssMib } from '../processes.ts';
import type { MinuteToRead } from './minutes-to-read.ts';

const MODULE = fileURLToPath(new URL('./duckdb-process.ts', import.meta.url));

/** What the process is told at its start. */
export interface DuckdbOrder {
  readonly bootstrap: string;
  /** The project folder: its streams, variables and aggregates are what is computed. */
  readonly project: string;
  readonly threads: number;
  /** Also writes the state of all active customers as Parquet each minute. */
  readonly parquet: boolean;
}

export interface DuckdbMinute {
  readonly minuteUs: number;
  readonly events: number;
  /** Everything, and of it what reading from Kafka took. */
  readonly cpuSeconds: number;
  readonly readSeconds: number;
  readonly wallMs: number;
  /** Customers whose windows are held. */
  readonly customers: number;
}

export interface DuckdbRun {
  readonly minutes: readonly DuckdbMinute[];
  readonly peakRssMib: number;
}

/** Runs minutes, one after the other, in a process that has done nothing before. Throws PRLX_BENCH_BASELINE when it fails. */
export async function runDuckdb(
  options: { bootstrap: string; project: string; parquet: boolean; logFile: string; signal: AbortSignal },
  minutes: readonly MinuteToRead[],
): Promise<DuckdbRun> {
  const { bootstrap, project, parquet, logFile, signal } = options;
  const order: DuckdbOrder = { bootstrap, project, parquet, threads: availableParallelism() };
  const log = openLogFile(logFile);
  const child = fork(MODULE, [JSON.stringify(order)], {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  log.close();
  const exited = once(child, 'exit');
  const gone = exited.then((): never => {
    throw new ParallaxError('PRLX_BENCH_BASELINE', 'the DuckDB baseline ended by itself', { advice: `Its log is ${logFile}.` });
  });
  gone.catch(() => undefined);
  const answer = async (): Promise<unknown> => (await Promise.race([once(child, 'message', { signal }), gone]))[0];
  try {
    await answer();
    const done: DuckdbMinute[] = [];
    let peak = 0;
    for (const minute of minutes) {
      child.send(minute);
      done.push((await answer()) as DuckdbMinute);
      peak = Math.max(peak, peakRssMib(child.pid ?? -1));
    }
    return { minutes: done, peakRssMib: peak };
  } finally {
    if (child.connected) child.disconnect();
    await exited;
  }
}
