import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Alternative, LedgerReader, LineFiles, type Logic, loadLogic } from '@parallax/alternative';
import { Recording } from '@parallax/alternative/sources/recording/recording.ts';
import { formatSecond, MICROS_PER_MINUTE, type Micros, ParallaxError, type Project } from '@parallax/core';
import { type Engine, StatePaths } from '@parallax/pipeline';
import { openRecording } from '@parallax/pipeline/replay/recording.ts';
import { Reconciler, RecordingInputs } from '@parallax/reconcile';
import { causeWords } from '../assess.ts';
import { writeProbe } from '../faults/probe.ts';
import type { Kept } from '../keep/kept.ts';
import type { Unfinished } from '../prove.ts';
import { Random } from '../random.ts';
import { makePlan, minutesOfPlan, type Plan } from '../recording/plan.ts';
import { writeBaseRecording } from '../recording/write.ts';
import { EarlySources } from '../run/early-sources.ts';
import { openLedger, recordingPipeline } from '../run/recording-pipeline.ts';
import { runSparkMinute } from '../run/spark-minutes.ts';

/** Iterations between two restarts of both sides: no divisor of an hour, so that they fall everywhere in it. */
export const RESTART_ITERATIONS = 37;

/** Every so many iterations one is missed: nobody served it in time. */
const MISSED_EVERY = 41;

/** Iterations before the disorder begins. */
const CALM_ITERATIONS = 12;

/** Threads that compare windows, as the live verifier has them. */
const COMPARING_THREADS = 2;

/** Customers with many events: more than one page of bulk calls, as one page has gaps in which answers become too old. */
const BUSY = 16;

/** Minutes that one side may need of the past to go on: an hour, lateness and what came early. */
const REACH_MINUTES = 80n;

/** What iterations without a fault came to: each verdict that is no match is a false alarm. */
export interface FaultFree {
  readonly seed: string;
  /** Iterations that were asked for, and those that were run. */
  readonly of: number;
  readonly iterations: number;
  readonly restarts: number;
  readonly alarms: readonly { readonly minute: Micros; readonly words: string }[];
  /** Messages by their class. */
  readonly messages: Readonly<Record<string, number>>;
  /** Messages and bulk calls that the alternative took before their minute's seal. */
  readonly ahead: { readonly messages: number; readonly calls: number };
  readonly from: Micros;
}

export interface FaultFreeOptions {
  readonly project: Project;
  readonly seed: string;
  readonly iterations: number;
  readonly kept: Kept;
  /** Of all code that takes part. */
  readonly print: string;
  /** An empty folder or an earlier part's. */
  readonly work: string;
  /** A fresh session; the caller's of this closes it. */
  readonly openEngine: () => Promise<Engine>;
  readonly restartIterations?: number;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Asked between two iterations: whether to leave the rest for the next time. */
  readonly timeIsUp?: () => boolean;
}

/** The value that is kept, and that the report shows when it is whole. */
export const FAULT_FREE = 'fault-free';

/**
 * Runs iterations of a generated recording without any fault on both sides and compares them: with duplicates, late and early events, missed minutes, hours' and
 * a day's turns, a new batch day, and restarts, at which both sides and the comparison forget all that is not written down. The alternative takes messages and
 * answers and scores customers before the seal, and windows are compared in threads, as in the live verifier. Goes on from what is kept.
 */
export async function runFaultFree(options: FaultFreeOptions): Promise<FaultFree | Unfinished> {
  const { project, kept, print, work, iterations, note, signal } = options;
  const plan = planOf(options);
  const recording = join(work, 'recording');
  const { seed } = options;
  let so = await kept.read<FaultFree>(FAULT_FREE, print);
  if (so === null || so.of !== iterations || so.seed !== seed) {
    await rm(work, { recursive: true, force: true });
    await writeBaseRecording(recording, project, await loadLogic(project), plan);
    so = { seed, of: iterations, iterations: 0, restarts: 0, alarms: [], messages: {}, ahead: { messages: 0, calls: 0 }, from: plan.from };
  }
  // With its rules answers are seen that no score turns on.
  const shown = await writeProbe(project, join(work, 'project'));
  const logic = await loadLogic(shown);
  const minutes = minutesOfPlan(plan);
  while (so.iterations < iterations) {
    if (options.timeIsUp?.() === true) return { what: 'iterations', done: so.iterations, of: iterations };
    signal?.throwIfAborted();
    const end = Math.min(iterations, so.iterations + (options.restartIterations ?? RESTART_ITERATIONS));
    so = await runSegment({ ...options, project: shown }, recording, logic, minutes.slice(0, end), so);
    await kept.write(FAULT_FREE, print, so);
    note(`${so.iterations} of ${iterations} iterations without a fault: ${so.alarms.length} false alarms`);
  }
  return so;
}

function planOf({ project, seed, iterations }: FaultFreeOptions): Plan {
  const calm = Math.min(CALM_ITERATIONS, iterations - 2);
  const plan = makePlan(project, { seed, leadMinutes: calm, faultMinutes: iterations - calm, single: 24, busy: BUSY, trials: 1_500 });
  const missed = minutesOfPlan(plan).filter((_, i) => i % MISSED_EVERY === MISSED_EVERY - 1);
  return { ...plan, missed: new Set([...plan.missed, ...missed]) };
}

/** From one restart to the next, or until time is up: everything is opened anew over what is on disk. */
async function runSegment(
  options: FaultFreeOptions,
  recording: string,
  logic: Logic,
  minutes: readonly Micros[],
  before: FaultFree,
): Promise<FaultFree> {
  const { project, work, signal, note } = options;
  const paths = new StatePaths(join(work, 'spark'));
  await mkdir(paths.root, { recursive: true });
  const engine = await options.openEngine();
  const ledger = openLedger(paths.ledger);
  const [first = 0n] = minutes;
  const begin = minutes[before.iterations] ?? first;
  const early = new EarlySources(
    await Recording.open(recording, project),
    project,
    new Random(`${options.seed}/ahead ${before.iterations}`),
  );
  let alternative: Alternative | null = null;
  let reconciler: Reconciler | null = null;
  let so = before;
  try {
    if (begin === first) for (const day of (await openRecording(recording, project)).days) ledger.registerDay(day, day.registered);
    const pipeline = await recordingPipeline(project, recording, ledger, paths);
    alternative = await openAlternative(options, early, logic, first, begin, paths);
    reconciler = await Reconciler.open({ project, inputs: new RecordingInputs(recording, project), threads: COMPARING_THREADS });
    const messages: Record<string, number> = { ...so.messages };
    for (const minute of minutes.slice(before.iterations)) {
      signal?.throwIfAborted();
      await early.goAhead(alternative, minute);
      const { outcome, folders } = await runSparkMinute(pipeline, engine, minute);
      const lines = new LineFiles(join(work, 'lines'));
      await lines.open();
      await alternative.prepare(minute);
      await alternative.takeIn(minute);
      if (alternative.lookups.shows(minute)) await reconciler.takenIn(alternative.lookups);
      await alternative.run(minute, lines);
      await lines.finish();
      await reconciler.prepare(alternative.lookups);
      const { manifest, digest, incomplete } = outcome;
      const verdict = await reconciler.minute(
        { minute, manifest, digest, incomplete, ...folders },
        { lookups: alternative.lookups, lines: join(work, 'lines') },
      );
      for (const { class: name, n } of outcome.counts) messages[name] = (messages[name] ?? 0) + n;
      const alarms = verdict.verdict === 'match' ? so.alarms : [...so.alarms, { minute, words: causeWords(verdict) }];
      if (verdict.verdict !== 'match') note(`FALSE ALARM in ${formatSecond(minute)}: ${causeWords(verdict)}`);
      const ahead = { messages: before.ahead.messages + early.messagesGiven, calls: before.ahead.calls + early.callsGiven };
      so = { ...so, iterations: so.iterations + 1, alarms, messages: { ...messages }, ahead };
      if (options.timeIsUp?.() === true) break;
    }
    return { ...so, restarts: before.restarts + (begin === first ? 0 : 1) };
  } finally {
    await reconciler?.close();
    await alternative?.close();
    ledger.close();
    await engine.session.close();
  }
}

/** The alternative as a new process has it: the events of the last hour are read again, its decisions come from the ledger (as `verify` does). */
async function openAlternative(
  { project, work, signal }: FaultFreeOptions,
  sources: EarlySources,
  logic: Logic,
  first: Micros,
  next: Micros,
  paths: StatePaths,
): Promise<Alternative> {
  const state = join(work, 'alternative');
  await rm(state, { recursive: true, force: true });
  await mkdir(state, { recursive: true });
  const reach = next - REACH_MINUTES * MICROS_PER_MINUTE;
  const from = reach > first ? reach : first;
  const alternative = new Alternative({ project, logic, sources, from, state, ...(signal === undefined ? {} : { signal }) });
  await alternative.open();
  for (let minute = from; minute < next; minute += MICROS_PER_MINUTE) await alternative.warm(minute);
  if (next > first) {
    const ledger = LedgerReader.open(paths.root);
    if (ledger === null)
      throw new ParallaxError('PRLX_PROVE', `the ledger in ${paths.root} is gone`, { advice: 'Begin anew with --fresh.' });
    alternative.restoreDecisions(ledger.lastDecisions(next));
    ledger.close();
  }
  return alternative;
}
