import { join } from 'node:path';
import { formatSecond, ParallaxError, type Project } from '@parallax/core';
import { assess, causeWords } from './assess.ts';
import { explainSurvivors } from './explain-survivors.ts';
import type { Fault } from './faults/fault.ts';
import { type Docket, type Judgement, judge } from './judge.ts';
import { PART_FAULTS } from './limits.ts';
import type { Prepared, ProveOptions } from './prove.ts';
import type { FaultResult } from './result.ts';
import { alternativeOf, effectOf, runSparkFault, type SparkCopy, type Truth } from './run-faults.ts';

const TRUE_RUN = 'the run';

/** A result as it is kept: its fault is listed anew each time. */
type KeptResult = Omit<FaultResult, 'fault'>;

/** Runs, judges and explains faults, part after part, and keeps what it has found of each. */
export class Proving {
  readonly #options: ProveOptions;
  readonly #prepared: Prepared;
  /** The project of each fault in `alternative.ts`. */
  readonly #alternatives = new Map<string, Project>();

  constructor(options: ProveOptions, prepared: Prepared) {
    this.#options = options;
    this.#prepared = prepared;
  }

  /** Without a fault, every minute must match: else nothing can be told of those with one. */
  async requireMatch(): Promise<void> {
    const { kept, prints } = this.#options;
    const { truths } = this.#prepared.runner;
    const name = truths.probe === null ? 'matched' : 'matched-probe';
    if ((await kept.read<true>(name, prints.verdicts)) !== null) return;
    for (const truth of [truths.project, truths.probe]) {
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
    await kept.write(name, prints.verdicts, true);
  }

  /** What became of every fault, as far as time allowed: a fault without a result is left for the next time. */
  async results(faults: readonly Fault[]): Promise<ReadonlyMap<string, FaultResult>> {
    const results = new Map<string, FaultResult>();
    for (const fault of faults) {
      const known = await this.#options.kept.read<KeptResult>(nameOf(fault), this.#printOf(fault));
      if (known !== null) results.set(fault.id, { ...known, fault });
    }
    if (results.size > 0) this.#options.note(`${results.size} of ${faults.length} faults are done already`);
    for (const part of partsOf(faults.filter(({ id }) => !results.has(id)))) {
      if (this.#options.timeIsUp?.() === true) break;
      const of = await this.#part(part);
      for (const result of of) {
        const { fault, ...rest } = result;
        await this.#options.kept.write(nameOf(fault), this.#printOf(fault), rest satisfies KeptResult);
        results.set(fault.id, result);
      }
      for (const { id } of part) await this.#prepared.runner.side.release(id);
      this.#options.note(`${results.size} of ${faults.length} faults are done`);
    }
    return results;
  }

  async #part(faults: readonly Fault[]): Promise<readonly FaultResult[]> {
    const { project, engine, openEngine } = this.#options;
    const { runner, plan } = this.#prepared;
    const results = faults[0]?.put.side === 'alternative' ? await this.#ofAlternatives(faults) : await this.#ofSpark(faults);
    return explainSurvivors(
      {
        project,
        probe: runner.truths.probe?.project ?? null,
        seed: plan.seed,
        engine,
        openEngine,
        alternatives: this.#alternatives,
      },
      results,
    );
  }

  /** Copies of the Spark side, compared with the true alternative in one pass. */
  async #ofSpark(faults: readonly Fault[]): Promise<readonly FaultResult[]> {
    const copies: SparkCopy[] = [];
    for (const fault of faults) {
      this.#options.signal?.throwIfAborted();
      if (copies.length > 0 && this.#options.timeIsUp?.() === true) break;
      const copy = await runSparkFault(this.#prepared.runner, fault);
      copies.push(copy);
      const effect = [...copy.traces.effects.values()].find(({ file }) => file !== null)?.file ?? null;
      this.#options.note(`${fault.id}: ${copy.traces.stopped?.words ?? (effect === null ? 'no output differs' : `${effect} differ`)}`);
    }
    const truth = this.#prepared.runner.truths[copies[0]?.rules ?? 'project'];
    if (truth === null) throw new RangeError('there is no run with the probe’s rules');
    const { said } = await this.#judge(
      truth.project,
      truth.project,
      copies.map(({ docket }) => docket),
    );
    const results = copies.map(({ fault, traces }) => assess(fault, traces, said.get(fault.id) ?? new Map()));
    for (const { fault, cause, stageRight, sourceRight, classRight } of results) {
      const wrong = [
        ...(stageRight === false ? ['stage'] : []),
        ...(sourceRight === false ? ['source'] : []),
        ...(classRight === false ? ['class'] : []),
      ];
      this.#options.note(`  ${fault.id}: ${cause ?? 'not caught'}${wrong.length === 0 ? '' : `, ${wrong.join(' and ')} named wrongly`}`);
    }
    return results;
  }

  async #ofAlternatives(faults: readonly Fault[]): Promise<readonly FaultResult[]> {
    const results: FaultResult[] = [];
    for (const fault of faults) {
      this.#options.signal?.throwIfAborted();
      if (results.length > 0 && this.#options.timeIsUp?.() === true) break;
      const result = await this.#ofAlternative(fault);
      results.push(result);
      this.#options.note(`${fault.id}: ${result.cause ?? 'not caught'}`);
    }
    return results;
  }

  /** A fault of the alternative is compared with the true Spark side. */
  async #ofAlternative(fault: Fault): Promise<FaultResult> {
    const { runner, plan } = this.#prepared;
    const { project, minutes } = runner.truths.project;
    const change = await alternativeOf(runner, fault);
    if (change.project !== undefined) this.#alternatives.set(fault.id, change.project);
    const truth = this.#truth(runner.truths.project);
    const recording = change.recording ?? truth.recording;
    const { said, lines, stopped } = await this.#judge(
      project,
      change.project ?? project,
      [{ ...truth, recording }],
      recording,
      change.module,
    );
    const effects = new Map([...lines].map(([minute, own]) => [minute, effectOf(minutes.get(minute)?.lines, own)]));
    const next = [...minutes.keys()].filter((m) => m >= plan.faultsFrom).find((m) => !lines.has(m)) ?? plan.faultsFrom;
    return assess(
      fault,
      { effects, stopped: stopped === null ? null : { by: 'alternative', minute: next, words: stopped } },
      said.get(TRUE_RUN) ?? new Map(),
    );
  }

  #truth({ minutes }: Truth): Docket {
    const { plan, runner } = this.#prepared;
    const judged = new Map([...minutes].filter(([minute]) => minute >= plan.faultsFrom));
    return { name: TRUE_RUN, minutes: judged, recording: runner.side.options.recording };
  }

  #judge(
    project: Project,
    alternative: Project,
    dockets: readonly Docket[],
    recording = this.#prepared.runner.side.options.recording,
    module?: string,
  ): Promise<Judgement> {
    const { work, signal } = this.#options;
    return judge({
      project,
      plan: this.#prepared.plan,
      alternative: { project: alternative, recording, ...(module === undefined ? {} : { module }) },
      dockets,
      work: join(work, 'judging'),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  #printOf({ id }: Fault): string {
    return this.#options.prints.ofFault(this.#prepared.madeIn.get(id) ?? '');
  }
}

const nameOf = ({ id }: Fault) => join('results', id);

/** Faults that are compared in one pass stand in one part: those of one side, and with the same rules. */
export function partsOf(faults: readonly Fault[]): readonly (readonly Fault[])[] {
  const kinds = new Map<string, Fault[]>();
  for (const fault of faults) {
    const kind = fault.put.side === 'alternative' ? 'alternative' : fault.put.side === 'spark' ? fault.put.rules : 'project';
    kinds.set(kind, [...(kinds.get(kind) ?? []), fault]);
  }
  return [...kinds.values()].flatMap((of) =>
    Array.from({ length: Math.ceil(of.length / PART_FAULTS) }, (_, i) => of.slice(i * PART_FAULTS, (i + 1) * PART_FAULTS)),
  );
}
