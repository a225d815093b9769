import { floorTo, MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import type { ActionPublisher } from '../act/publish.ts';
import { type EngineProvider, type Patience, patiently, runToCommit } from '../attempts.ts';
import type { Engine } from '../engine/engine.ts';
import { KEEP_MINUTES, KNOWN_CUSTOMERS_MAX, LEASE_MS } from '../limits.ts';
import type { MinuteOutcome } from '../outcome.ts';
import type { Pipeline } from '../pipeline.ts';
import { reclaimFiles } from '../reclaim.ts';
import { type AheadReader, sealDue } from './ahead.ts';
import type { Clock } from './clock.ts';
import { DayKeeper } from './days.ts';
import type { LiveSource } from './live-source.ts';

export interface LiveMinute {
  readonly outcome: MinuteOutcome;
  /** False when the minute was over before it could be served: it was caught up. */
  readonly onTime: boolean;
  /** From the minute's end to its commit. */
  readonly lagMs: number;
  readonly released: number;
  readonly expired: number;
  /** Minutes that are over and not yet committed. */
  readonly behind: number;
}

export interface CoordinatorOptions {
  readonly pipeline: Pipeline;
  readonly source: LiveSource;
  /** The one that `pipeline.ahead` is. */
  readonly ahead: AheadReader;
  readonly engines: EngineProvider;
  /** For making batch days beside the minutes; by default the same. */
  readonly batchEngines?: EngineProvider;
  readonly publisher: ActionPublisher | null;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The first minute, when the ledger has none yet. */
  readonly from: Micros;
  /** Minutes to commit before it ends; null: until `signal` aborts. Minutes that were caught up do not count when `countCaughtUp` is false. */
  readonly minutes: number | null;
  readonly countCaughtUp: boolean;
  readonly signal: AbortSignal;
  readonly onMinute: (minute: LiveMinute, engine: Engine) => Promise<void>;
  readonly note: (text: string) => void;
}

/**
 * Seals and runs every minute as it ends, in order; minutes missed by an outage are caught up first. Holds the lease, begins the bulk calls
 * of each minute before it ends, looks for new days, and publishes what was decided. Returns when `minutes` are done or `signal` aborts,
 * never in the middle of a minute that it could commit.
 */
export async function runMinutes(options: CoordinatorOptions): Promise<void> {
  const { pipeline, signal } = options;
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const background = [options.source.captureMinutes(ended), keepLease(options, ended, stop)];
  try {
    await serveMinutes(options, ended);
  } finally {
    stop.abort();
    await Promise.all(background);
    pipeline.ledger.releaseLease();
  }
  if (stop.signal.reason instanceof ParallaxError) throw stop.signal.reason;
}

async function serveMinutes(options: CoordinatorOptions, ended: AbortSignal): Promise<void> {
  const minute = nextMinute(options);
  await learnPopulation(options);
  const days = dayKeeper(options);
  await days.look();
  try {
    await serveEach(options, ended, days, minute);
  } finally {
    await days.end();
  }
}

async function serveEach(options: CoordinatorOptions, ended: AbortSignal, days: DayKeeper, from: Micros): Promise<void> {
  const { pipeline, clock, engines, publisher } = options;
  let minute = from;
  let counted = 0;
  while (!ended.aborted && (options.minutes === null || counted < options.minutes)) {
    const due = sealDue(pipeline, minute);
    if (clock.now() < due)
      await options.ahead.work(pipeline, options.source, engines, { minute, due, clock, signal: ended, note: options.note });
    if (ended.aborted) return;
    let current: Engine | null = null;
    const patience = patienceOf(options, ended);
    const outcome = await runToCommit(
      pipeline,
      engines,
      minute,
      async (engine) => {
        current = engine;
      },
      patience,
    );
    const published = publisher === null ? { released: 0, expired: 0 } : await patiently(patience, () => publisher.publish(clock.now()));
    const now = clock.now();
    await options.onMinute(
      {
        outcome,
        onTime: !outcome.missed,
        lagMs: Number((now - minute - MICROS_PER_MINUTE) / 1000n),
        ...published,
        behind: Number((floorTo(now, MICROS_PER_MINUTE) - minute) / MICROS_PER_MINUTE) - 1,
      },
      current ?? (await engines.engine()),
    );
    await reclaimFiles(pipeline, minute, BigInt(KEEP_MINUTES) * MICROS_PER_MINUTE);
    await learnPopulation(options);
    days.lookInBackground();
    if (options.countCaughtUp || !outcome.missed) counted += 1;
    minute += MICROS_PER_MINUTE;
  }
}

/** A live minute is tried until it succeeds or the run is stopped: it is late, not lost. */
function patienceOf({ clock, note }: CoordinatorOptions, signal: AbortSignal): Patience {
  const onRetry = (error: ParallaxError, attempt: number) =>
    note(`attempt ${attempt} failed, trying again: ${error.message.split('\n')[0]}`);
  return { attemptsMax: Number.POSITIVE_INFINITY, clock, signal, onRetry };
}

function nextMinute({ pipeline, from }: CoordinatorOptions): Micros {
  const newest = pipeline.ledger.newest();
  return newest === null ? from : newest.minute + MICROS_PER_MINUTE;
}

/** Tells the source whom to ask next: the newest minute's population, kept in memory as keys only. */
async function learnPopulation({ pipeline, engines, source, note }: CoordinatorOptions): Promise<void> {
  if (pipeline.ledger.newest() === null || pipeline.project.online.length === 0) return;
  const { session } = await engines.engine();
  const keys: string[] = [];
  try {
    for await (const row of session.query('SELECT key FROM prlx_population')) {
      if (keys.length >= KNOWN_CUSTOMERS_MAX) break;
      keys.push(String(row.key));
    }
  } catch (error) {
    // A session that was just opened has no population yet; the next minute's top-up asks for everybody.
    note(
      `the population could not be read for the next online calls: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
    );
    return;
  }
  source.setKnown(keys);
}

function dayKeeper({ pipeline, engines, batchEngines, clock, env, note }: CoordinatorOptions): DayKeeper {
  return new DayKeeper({
    pipeline,
    engines: batchEngines ?? engines,
    apart: batchEngines !== undefined,
    now: () => clock.now(),
    env,
    note,
  });
}

/** Renews the lease at a third of its time; when it is lost, `stop` ends the run with the reason. */
async function keepLease({ pipeline, clock }: CoordinatorOptions, ended: AbortSignal, stop: AbortController): Promise<void> {
  while (!ended.aborted) {
    await clock.sleep(LEASE_MS / 3, ended);
    if (ended.aborted) return;
    try {
      pipeline.ledger.renewLease(clock.now() + BigInt(LEASE_MS) * 1000n);
    } catch (error) {
      stop.abort(
        error instanceof ParallaxError ? error : new ParallaxError('PRLX_LEASE', 'the lease could not be renewed', { cause: error }),
      );
    }
  }
}
