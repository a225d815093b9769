import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadLogic } from '@parallax/alternative/score/logic.ts';
import { formatSecond, ParallaxError, type Project } from '@parallax/core';
import { analyseProject, type Engine } from '@parallax/pipeline';
import { assess, causeWords, figuresOf } from './assess.ts';
import { explainSurvivors } from './explain-survivors.ts';
import { makeCatalogue, type Sizes } from './faults/catalogue.ts';
import type { Fault } from './faults/fault.ts';
import { writeProbe } from './faults/probe.ts';
import { type Docket, type Judgement, judge } from './judge.ts';
import { makePlan, type Plan, type PlanOptions } from './recording/plan.ts';
import { writeBaseRecording } from './recording/write.ts';
import type { FaultResult, Figure } from './result.ts';
import { runRules } from './run/rules.ts';
import { SparkSide } from './run/spark-side.ts';
import { alternativeOf, effectOf, type FaultRunner, runSparkFault, type SparkCopy, type Truth } from './run-faults.ts';

export interface ProveOptions {
  readonly project: Project;
  readonly plan: PlanOptions;
  readonly sizes: Sizes;
  /** Which faults of the list are put in; by default all. */
  readonly select?: (fault: Fault) => boolean;
  /** An empty folder inside this checkout, which the caller removes: copies of the alternative's code find their packages from there. */
  readonly work: string;
  readonly engine: Engine;
  /** Another session with the same server. */
  readonly openEngine: () => Promise<Engine>;
  /** The folder of the alternative's source. */
  readonly alternativeSource: string;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface Proof {
  readonly project: Project;
  readonly plan: Plan;
  readonly results: readonly FaultResult[];
  readonly figures: readonly Figure[];
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
  readonly possible: number;
  readonly refused: number;
}

/**
 * Puts faults, one at a time, into copies of a run and reports which of them the verifier caught, in which minute, and whether it named the cause.
 * The run: a recording made for the project, on real Spark. Throws PRLX_PROVE when the run without any fault does not match.
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  return proveAll(options, await prepare(options));
}

/** Makes the recording, draws the faults, and runs the recording without any. */
export async function prepare(options: ProveOptions): Promise<Prepared> {
  const { project, note, signal, engine, work } = options;
  const plan = makePlan(project, options.plan);
  const recording = join(work, 'recording');
  await mkdir(work, { recursive: true });
  await writeBaseRecording(recording, project, await loadLogic(project), plan);
  note(`the recording: ${plan.iterations} minutes from ${formatSecond(plan.from)}, faults from ${formatSecond(plan.faultsFrom)} on`);
  const { possible, refused, ...catalogue } = await makeCatalogue({
    project,
    plan,
    sizes: options.sizes,
    alternativeSource: options.alternativeSource,
    isValid: async ({ file, sql }) => {
      signal?.throwIfAborted();
      const changed = file === 'satisfaction.sql' ? { satisfactionSql: sql } : { actionsSql: sql };
      return (await analyseProject(engine, { ...project, ...changed })).length === 0;
    },
  });
  const faults = catalogue.faults.filter(options.select ?? (() => true));
  requireDistinct(faults);
  note(`${faults.length} faults; ${possible} mutants of the SQL are possible, ${refused} of those drawn are refused by Spark’s analyser`);
  const side = new SparkSide({
    project,
    plan,
    recording,
    work: join(work, 'spark'),
    engine,
    openEngine: options.openEngine,
    ...(signal === undefined ? {} : { signal }),
  });
  await side.run(({ outcome }, done, of) => {
    if (done % 10 === 0 || done === of) note(`the run without faults: ${done} of ${of} minutes, ${outcome.population} customers`);
  });
  const probe = await probeTruth(side, faults, join(work, 'probe'));
  const runner: FaultRunner = {
    side,
    truths: { project: { project, minutes: side.minutes }, probe },
    alternativeSource: options.alternativeSource,
  };
  return { plan, runner, faults, possible, refused };
}

/** Runs and judges every fault, and explains those that were not caught. */
export async function proveAll(options: ProveOptions, { plan, runner, faults, possible, refused }: Prepared): Promise<Proof> {
  const { project, engine, openEngine } = options;
  const proving = new Proving(options, plan, runner);
  await proving.requireMatch();
  const results = await proving.results(faults);
  const explained = await explainSurvivors(
    { project, probe: runner.truths.probe?.project ?? null, seed: plan.seed, engine, openEngine, alternatives: proving.alternatives },
    results,
  );
  return { project, plan, results: explained, figures: figuresOf(explained), possible, refused, run: runFacts(runner.side) };
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

/** Runs and judges the faults of one list. */
class Proving {
  /** The project of each fault in `alternative.ts`. */
  readonly alternatives = new Map<string, Project>();
  readonly #options: ProveOptions;
  readonly #plan: Plan;
  readonly #runner: FaultRunner;

  constructor(options: ProveOptions, plan: Plan, runner: FaultRunner) {
    this.#options = options;
    this.#plan = plan;
    this.#runner = runner;
  }

  /** Without a fault, every minute must match: else nothing can be told of those with one. */
  async requireMatch(): Promise<void> {
    for (const truth of [this.#runner.truths.project, this.#runner.truths.probe]) {
      if (truth === null) continue;
      const { said, stopped } = await this.#judge(truth.project, truth.project, [this.#truth(truth)]);
      if (stopped !== null) throw new ParallaxError('PRLX_PROVE', `the alternative cannot run the recording: ${stopped}`, { exitCode: 1 });
      for (const [minute, { verdict, failed }] of said.get(TRUE_RUN) ?? []) {
        if (verdict?.verdict === 'match') continue;
        throw new ParallaxError(
          'PRLX_PROVE',
          `without any fault ${formatSecond(minute)} does not match: ${verdict === null ? failed : causeWords(verdict)}`,
          {
            exitCode: 1,
            advice: 'Make both sides agree first: ./parallax replay --side both shows where they differ.',
          },
        );
      }
    }
  }

  async results(faults: readonly Fault[]): Promise<readonly FaultResult[]> {
    const copies: SparkCopy[] = [];
    const ofSpark = faults.filter(({ put }) => put.side !== 'alternative');
    for (const [i, fault] of ofSpark.entries()) {
      this.#options.signal?.throwIfAborted();
      const copy = await runSparkFault(this.#runner, fault);
      copies.push(copy);
      const effect = [...copy.traces.effects.values()].find(({ file }) => file !== null)?.file ?? null;
      this.#options.note(
        `${i + 1}/${ofSpark.length}  ${fault.id}: ${copy.traces.stopped?.words ?? (effect === null ? 'no output differs' : `${effect} differ`)}`,
      );
    }
    const results = new Map<string, FaultResult>();
    for (const rules of ['project', 'probe'] as const) {
      const of = copies.filter((copy) => copy.rules === rules);
      const truth = this.#runner.truths[rules];
      if (of.length === 0 || truth === null) continue;
      this.#options.note(`verdicts on ${of.length} copies of the Spark side`);
      const { said } = await this.#judge(
        truth.project,
        truth.project,
        of.map(({ docket }) => docket),
      );
      for (const { fault, traces } of of) results.set(fault.id, assess(fault, traces, said.get(fault.id) ?? new Map()));
    }
    for (const { fault } of copies) await this.#runner.side.release(fault.id);
    for (const fault of faults.filter(({ put }) => put.side === 'alternative')) {
      this.#options.signal?.throwIfAborted();
      const result = await this.#ofAlternative(fault);
      results.set(fault.id, result);
      this.#options.note(`${fault.id}: ${result.cause ?? 'not caught'}`);
    }
    return faults.flatMap(({ id }) => results.get(id) ?? []);
  }

  /** A fault of the alternative is compared with the true Spark side. */
  async #ofAlternative(fault: Fault): Promise<FaultResult> {
    const { project } = this.#runner.truths.project;
    const change = await alternativeOf(this.#runner, fault);
    if (change.project !== undefined) this.alternatives.set(fault.id, change.project);
    const truth = this.#truth(this.#runner.truths.project);
    const recording = change.recording ?? truth.recording;
    const { said, lines, stopped } = await this.#judge(
      project,
      change.project ?? project,
      [{ ...truth, recording }],
      recording,
      change.module,
    );
    const minutes = this.#runner.truths.project.minutes;
    const effects = new Map([...lines].map(([minute, own]) => [minute, effectOf(minutes.get(minute)?.lines, own)]));
    const next = [...minutes.keys()].filter((m) => m >= this.#plan.faultsFrom).find((m) => !lines.has(m)) ?? this.#plan.faultsFrom;
    return assess(
      fault,
      { effects, stopped: stopped === null ? null : { by: 'alternative', minute: next, words: stopped } },
      said.get(TRUE_RUN) ?? new Map(),
    );
  }

  #truth({ minutes }: Truth): Docket {
    const judged = new Map([...minutes].filter(([minute]) => minute >= this.#plan.faultsFrom));
    return { name: TRUE_RUN, minutes: judged, recording: this.#runner.side.options.recording };
  }

  #judge(
    project: Project,
    alternative: Project,
    dockets: readonly Docket[],
    recording = this.#runner.side.options.recording,
    module?: string,
  ): Promise<Judgement> {
    const { work, signal } = this.#options;
    return judge({
      project,
      plan: this.#plan,
      alternative: { project: alternative, recording, ...(module === undefined ? {} : { module }) },
      dockets,
      work: join(work, 'judging'),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

const TRUE_RUN = 'the run';
