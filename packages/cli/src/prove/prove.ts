import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadLogic } from '@parallax/alternative/score/logic.ts';
import { formatSecond, type Project } from '@parallax/core';
import { analyseProject, type Engine } from '@parallax/pipeline';
import { figuresOf } from './assess.ts';
import { FAULT_FREE, type FaultFree } from './fault-free/fault-free.ts';
import { type Catalogue, makeCatalogue, type Sizes } from './faults/catalogue.ts';
import type { Fault } from './faults/fault.ts';
import { writeProbe } from './faults/probe.ts';
import type { Kept } from './keep/kept.ts';
import { type Prints, sha256 } from './keep/prints.ts';
import { Proving } from './proving.ts';
import { makePlan, type Plan, type PlanOptions } from './recording/plan.ts';
import { writeBaseRecording } from './recording/write.ts';
import type { FaultResult, Figure } from './result.ts';
import { runRules } from './run/rules.ts';
import { SparkSide } from './run/spark-side.ts';
import type { FaultRunner, Truth } from './run-faults.ts';

export interface ProveOptions {
  readonly project: Project;
  readonly plan: PlanOptions;
  readonly sizes: Sizes;
  /** Which faults of the list are put in; by default all. */
  readonly select?: (fault: Fault) => boolean;
  /** What earlier runs have found out, and where it is from. */
  readonly kept: Kept;
  readonly prints: Prints;
  /** A folder inside this checkout, empty or an earlier run's: copies of the alternative's code find their packages from there. */
  readonly work: string;
  readonly engine: Engine;
  /** Another session with the same server. */
  readonly openEngine: () => Promise<Engine>;
  /** The folder of the alternative's source. */
  readonly alternativeSource: string;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Asked between two faults: whether to keep what there is and leave the rest for the next time. */
  readonly timeIsUp?: () => boolean;
}

/** How far a run came whose time was up. */
export interface Unfinished {
  /** What is counted. */
  readonly what: string;
  readonly done: number;
  readonly of: number;
}

export interface Proof {
  readonly project: Project;
  readonly plan: Plan;
  readonly results: readonly FaultResult[];
  readonly figures: readonly Figure[];
  /** The iterations without a fault, when they were run with this code. */
  readonly faultFree: FaultFree | null;
  /** Mutants that could be made of the SQL, and those drawn that Spark's analyser refused. */
  readonly possible: number;
  readonly refused: number;
  /** What the run was made of. */
  readonly run: { readonly minutes: number; readonly customers: number; readonly messages: number; readonly actions: number };
}

/** The run without faults and the list of those that are to be put into copies of it. */
export interface Prepared {
  readonly plan: Plan;
  readonly runner: FaultRunner;
  readonly faults: readonly Fault[];
  /** The file that lists a fault, by its id. */
  readonly madeIn: ReadonlyMap<string, string>;
  readonly possible: number;
  readonly refused: number;
}

/**
 * Puts faults, one at a time, into copies of a run and reports which of them the verifier caught, in which minute, and whether it named the cause.
 * The run: a recording made for the project, on real Spark. Throws PRLX_PROVE when the run without any fault does not match.
 * Goes on from what an earlier run has kept.
 */
export async function prove(options: ProveOptions): Promise<Proof | Unfinished> {
  const prepared = await prepare(options);
  return 'runner' in prepared ? proveAll(options, prepared) : prepared;
}

/** Makes the recording, draws the faults, and runs the recording without any; or opens the run that was kept. */
export async function prepare(options: ProveOptions): Promise<Prepared | Unfinished> {
  const { project, note, signal, engine, work, kept, prints } = options;
  const plan = makePlan(project, options.plan);
  const recording = join(work, 'recording');
  const side = new SparkSide({
    project,
    plan,
    recording,
    work: join(work, 'spark'),
    kept,
    print: prints.run,
    engine,
    openEngine: options.openEngine,
    ...(signal === undefined ? {} : { signal }),
  });
  if ((await kept.read<true>('recording', prints.run)) === null) {
    await rm(recording, { recursive: true, force: true });
    await writeBaseRecording(recording, project, await loadLogic(project), plan);
    note(`the recording: ${plan.iterations} minutes from ${formatSecond(plan.from)}, faults from ${formatSecond(plan.faultsFrom)} on`);
    await kept.write('recording', prints.run, true);
  }
  const whole = await side.run(({ outcome }, done, of) => {
    if (done % 10 === 0 || done === of) note(`the run without faults: ${done} of ${of} minutes, ${outcome.population} customers`);
  }, options.timeIsUp);
  if (!whole) return { what: 'minutes of the run without faults', done: side.minutes.size, of: plan.iterations };
  const { possible, refused, faults: all, madeIn } = await drawFaults(options, plan);
  const faults = all.filter(options.select ?? (() => true));
  requireDistinct(faults);
  note(`${faults.length} faults; ${possible} mutants of the SQL are possible, ${refused} of those drawn are refused by Spark’s analyser`);
  const probe = await probeTruth(side, faults, join(work, 'probe'));
  const runner: FaultRunner = {
    side,
    truths: { project: { project, minutes: side.minutes }, probe },
    alternativeSource: options.alternativeSource,
  };
  return { plan, runner, faults, madeIn, possible, refused };
}

/** The catalogue; what Spark's analyser said of a mutant is kept. */
async function drawFaults(
  { project, sizes, alternativeSource, kept, prints, engine, signal }: ProveOptions,
  plan: Plan,
): Promise<Catalogue> {
  const said = (await kept.read<Map<string, boolean>>('analysed', prints.run)) ?? new Map<string, boolean>();
  const catalogue = await makeCatalogue({
    project,
    plan,
    sizes,
    alternativeSource,
    isValid: async ({ file, sql }) => {
      signal?.throwIfAborted();
      const name = sha256([file, sql]);
      const known = said.get(name);
      if (known !== undefined) return known;
      const changed = file === 'satisfaction.sql' ? { satisfactionSql: sql } : { actionsSql: sql };
      const valid = (await analyseProject(engine, { ...project, ...changed })).length === 0;
      said.set(name, valid);
      return valid;
    },
  });
  await kept.write('analysed', prints.run, said);
  return catalogue;
}

/** Runs and judges every fault that is not done yet, and explains those that were not caught. */
export async function proveAll(options: ProveOptions, prepared: Prepared): Promise<Proof | Unfinished> {
  const { plan, runner, faults, possible, refused } = prepared;
  const proving = new Proving(options, prepared);
  await proving.requireMatch();
  const of = await proving.results(faults);
  const results = faults.flatMap(({ id }) => of.get(id) ?? []);
  if (results.length < faults.length) return { what: 'faults', done: results.length, of: faults.length };
  const quiet = await options.kept.read<FaultFree>(FAULT_FREE, options.prints.verdicts);
  const faultFree = quiet !== null && quiet.iterations === quiet.of ? quiet : null;
  const figures = figuresOf(results, faultFree);
  return { project: options.project, plan, results, figures, faultFree, possible, refused, run: runFacts(runner.side) };
}

export function isFinished(proof: Proof | Unfinished): proof is Proof {
  return 'results' in proof;
}

function requireDistinct(faults: readonly Fault[]): void {
  const twice = faults.find(({ id }, i) => faults.findIndex((f) => f.id === id) < i);
  if (twice !== undefined) throw new RangeError(`two faults are called ${twice.id}`);
}

function runFacts(side: SparkSide): Proof['run'] {
  const outcomes = [...side.minutes.values()].map(({ outcome }) => outcome);
  return {
    minutes: outcomes.length,
    customers: Math.max(0, ...outcomes.map((o) => o.population)),
    messages: outcomes.reduce((sum, o) => sum + o.counts.reduce((n, c) => n + c.n, 0), 0),
    actions: outcomes.reduce((sum, o) => sum + o.decided.length, 0),
  };
}

/** The run once more with the probe's rules, when a fault needs them. */
async function probeTruth(side: SparkSide, faults: readonly Fault[], folder: string): Promise<Truth | null> {
  if (!faults.some(({ put }) => put.side === 'spark' && put.rules === 'probe')) return null;
  const project = await writeProbe(side.options.project, folder);
  const { minutes, refused } = await runRules(side, 'probe', side.options.plan.faultsFrom, project);
  if (refused !== null) throw refused.error;
  return { project, minutes };
}
