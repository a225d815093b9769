import { floorTo, MICROS_PER_MINUTE, type Micros, ParallaxError, type StateSize, type VerdictSource } from '@parallax/core';
import { GateKeeper, type MinuteStatus } from '../act/gate-keeper.ts';
import type { ActionPublisher } from '../act/publish.ts';
import { type EngineProvider, type Patience, runToCommit } from '../attempts.ts';
import { parseOutcome } from '../committed.ts';
import { openAmended } from '../draft/amend.ts';
import type { Engine } from '../engine/engine.ts';
import { keyBatches } from '../engine/key-batches.ts';
import { KEEP_MINUTES, KNOWN_CUSTOMERS_MAX, LEASE_MS, MESSAGES_KEPT_MINUTES } from '../limits.ts';
import type { MinuteOutcome } from '../outcome.ts';
import type { Pipeline } from '../pipeline.ts';
import { type Kept, reclaimFiles } from '../reclaim.ts';
import { together } from '../together.ts';
import { type AheadReader, sealDue, sealedOnTime } from './ahead.ts';
import type { Clock } from './clock.ts';
import { DayKeeper } from './days.ts';
import type { LiveSource } from './live-source.ts';
import { StateMeter } from './state-size.ts';
import { firstWithRoom, warmUp } from './warm-up.ts';

export interface LiveMinute {
  readonly outcome: MinuteOutcome;
  /** Whether the minute was sealed when it was due and its bulk calls were made; else it was caught up. */
  readonly onTime: boolean;
  /** From the minute's end to its commit. */
  readonly lagMs: number;
  /** Minutes that are over and not yet committed. */
  readonly behind: number;
  /** How large the state is; its folder as it was when it was last measured. */
  readonly state: StateSize;
}

/** What a run keeps beyond what its next minutes need. */
const KEPT: Kept = {
  files: BigInt(KEEP_MINUTES) * MICROS_PER_MINUTE,
  messages: BigInt(MESSAGES_KEPT_MINUTES) * MICROS_PER_MINUTE,
};

export interface CoordinatorOptions {
  readonly pipeline: Pipeline;
  readonly source: LiveSource;
  /** The one that `pipeline.ahead` is. */
  readonly ahead: AheadReader;
  readonly engines: EngineProvider;
  /** Sessions of their own, for making batch days beside the minutes. */
  readonly batchEngines: EngineProvider;
  readonly publisher: ActionPublisher | null;
  /** Where the verdicts on minutes are read; null: the alternative method is off, and actions are published unverified. */
  readonly verdicts: VerdictSource | null;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The first minute, when the ledger has none yet; null: the first before whose seal there is room to warm the engine. */
  readonly from: Micros | null;
  /** Minutes to commit before it ends; null: until `signal` aborts. Minutes that were caught up do not count when `countCaughtUp` is false. */
  readonly minutes: number | null;
  readonly countCaughtUp: boolean;
  readonly signal: AbortSignal;
  readonly onMinute: (minute: LiveMinute, engine: Engine) => Promise<void>;
  /** Told of every change in what is known of a committed minute's verdict and actions, also before its `onMinute` has returned. */
  readonly onStatus: (status: MinuteStatus) => void;
  readonly note: (text: string) => void;
}

/**
 * Seals and runs every minute as it ends, in order; minutes missed by an outage are caught up first. Holds the lease, begins the bulk calls
 * of each minute before it ends, looks for new days; beside that the gate publishes what was decided. Returns when `minutes` are done and
 * nothing of them is waited for any more, or `signal` aborts, never in the middle of a minute that it could commit.
 */
export async function runMinutes(options: CoordinatorOptions): Promise<void> {
  const { pipeline, signal, publisher, verdicts, clock, onStatus, note } = options;
  const { ledger, project } = pipeline;
  let failure: { readonly error: unknown } | null = null as { readonly error: unknown } | null;
  const stop = new AbortController();
  const served = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const gate = new GateKeeper({
    ledger,
    publisher,
    verdicts,
    clock,
    wait: project.gate.waitUs,
    batchMaxAge: project.batchMaxAgeUs,
    onStatus,
    note,
  });
  const background = [
    options.source.captureMinutes(AbortSignal.any([ended, served.signal])),
    keepLease(options, ended, stop),
    gate.run(ended).catch((error: unknown) => {
      failure = { error };
      stop.abort();
    }),
  ];
  try {
    await serveMinutes(options, gate, ended);
    served.abort();
    await gate.settled(ended);
  } finally {
    stop.abort();
    await Promise.all(background);
    gate.flush();
    ledger.releaseLease();
  }
  if (failure !== null) throw failure.error;
  if (stop.signal.reason instanceof ParallaxError) throw stop.signal.reason;
}

async function serveMinutes(options: CoordinatorOptions, gate: GateKeeper, ended: AbortSignal): Promise<void> {
  const { pipeline, clock, engines, source, note } = options;
  await learnPopulation(options);
  if (ended.aborted) return;
  const days = dayKeeper(options, firstMinute(options));
  const meter = new StateMeter(pipeline.paths, pipeline.now, note);
  meter.look();
  // A day that is made before the first minute does not hold up the end, which then says what failed.
  const giveUp = () => void days.end().catch(() => undefined);
  ended.addEventListener('abort', giveUp, { once: true });
  try {
    await days.look();
    // Making the first day may have taken minutes: where none is named, none of them is asked for.
    const minute = firstMinute(options);
    await warmUp({ pipeline, source, engines, next: minute, clock, signal: ended, note });
    await serveEach(options, { gate, days, meter }, minute, ended);
  } finally {
    ended.removeEventListener('abort', giveUp);
    await together(days.end(), options.ahead.end(), meter.end());
  }
}

/** What goes on beside the minutes. */
interface Beside {
  readonly gate: GateKeeper;
  readonly days: DayKeeper;
  readonly meter: StateMeter;
}

/** Minutes from `from` on. */
async function serveEach(options: CoordinatorOptions, { gate, days, meter }: Beside, from: Micros, ended: AbortSignal): Promise<void> {
  const { pipeline, clock, engines } = options;
  const { ledger } = pipeline;
  let minute = from;
  let counted = 0;
  let unverified: Micros | null = null;
  while (!ended.aborted && (options.minutes === null || counted < options.minutes)) {
    const due = sealDue(pipeline, minute);
    if (clock.now() < due) await options.ahead.work(pipeline, engines, { minute, due, clock, signal: ended, note: options.note });
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
    gate.watch(minute);
    const live = { ...liveMinute(pipeline, outcome, clock.now()), state: meter.size() };
    await options.onMinute(live, current ?? (await engines.engine()));
    unverified = options.verdicts === null ? null : firstUnverified(options.verdicts, unverified ?? ledger.oldestKept() ?? minute, minute);
    await reclaimFiles(pipeline, minute, KEPT, unverified);
    meter.look();
    await learnPopulation(options);
    days.lookInBackground();
    if (options.countCaughtUp || !outcome.missed) counted += 1;
    minute += MICROS_PER_MINUTE;
  }
}

/** How a minute that is committed `now` stands to the clock. */
export function liveMinute(pipeline: Pick<Pipeline, 'project' | 'ledger'>, outcome: MinuteOutcome, now: Micros): Omit<LiveMinute, 'state'> {
  const { minute, missed } = outcome;
  return {
    outcome,
    onTime: !missed && sealedOnTime(pipeline, minute),
    lagMs: Number((now - minute - MICROS_PER_MINUTE) / 1000n),
    behind: Number((floorTo(now, MICROS_PER_MINUTE) - minute) / MICROS_PER_MINUTE) - 1,
  };
}

/** The first minute from `from` on that has no verdict; the one after `newest` when all have. */
export function firstUnverified(verdicts: VerdictSource, from: Micros, newest: Micros): Micros {
  let minute = from;
  while (minute <= newest && verdicts.verdictOf(minute) !== null) minute += MICROS_PER_MINUTE;
  return minute;
}

/** A live minute is tried until it succeeds or the run is stopped: it is late, not lost. */
function patienceOf({ clock, note }: CoordinatorOptions, signal: AbortSignal): Patience {
  const onRetry = (error: ParallaxError, attempt: number) =>
    note(`attempt ${attempt} failed, trying again: ${error.message.split('\n')[0]}`);
  return { attemptsMax: Number.POSITIVE_INFINITY, clock, signal, onRetry };
}

/** The minute after the newest committed one; of new state the one that is sealed already, or that is asked for, or the first with room before its seal. */
export function firstMinute({ pipeline, from, clock }: Pick<CoordinatorOptions, 'pipeline' | 'from' | 'clock'>): Micros {
  const { ledger } = pipeline;
  const newest = ledger.newest();
  return newest === null ? (ledger.newestSeal() ?? from ?? firstWithRoom(pipeline, clock.now())) : newest.minute + MICROS_PER_MINUTE;
}

/** Tells the source whom to ask next: the newest minute's population, kept in memory as keys only. */
async function learnPopulation({ pipeline, engines, source, note }: CoordinatorOptions): Promise<void> {
  const newest = pipeline.ledger.newest();
  if (newest === null || pipeline.project.online.length === 0) return;
  const asked = source.askedFor(newest.minute);
  if (asked !== null) {
    source.setKnown(asked);
    return;
  }
  const engine = await engines.engine();
  const keys: string[] = [];
  try {
    const outcome = parseOutcome(newest.report);
    if (outcome.amended) await openAmended(pipeline, engine, outcome);
    for await (const some of keyBatches(engine.session, 'SELECT key FROM prlx_population')) {
      for (const key of some.slice(0, KNOWN_CUSTOMERS_MAX - keys.length)) keys.push(key);
      if (keys.length === KNOWN_CUSTOMERS_MAX) break;
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

function dayKeeper({ pipeline, batchEngines, clock, env, note }: CoordinatorOptions, first: Micros): DayKeeper {
  return new DayKeeper({ pipeline, engines: batchEngines, clock, first, env, note });
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
