import { join } from 'node:path';
import { type Micros, ParallaxError, type Project } from '@parallax/core';
import type { Traces } from './assess.ts';
import type { AlternativeChange, Fault, FaultTools } from './faults/fault.ts';
import type { Docket } from './judge.ts';
import { MINUTES_AFTER_DIFFERENCE } from './limits.ts';
import { firstDifference, type MinuteLines } from './run/lines.ts';
import { runRules } from './run/rules.ts';
import type { SparkMinute } from './run/spark-minutes.ts';
import type { SparkSide } from './run/spark-side.ts';

/** The true run by one set of rules. */
export interface Truth {
  readonly project: Project;
  readonly minutes: ReadonlyMap<Micros, SparkMinute>;
}

export interface FaultRunner {
  readonly side: SparkSide;
  readonly truths: { readonly project: Truth; readonly probe: Truth | null };
  readonly alternativeSource: string;
}

/** A copy of the Spark side with a fault, run and waiting for its verdicts. */
export interface SparkCopy {
  readonly fault: Fault;
  readonly rules: 'project' | 'probe';
  readonly traces: Traces;
  readonly docket: Docket;
}

/** Puts one fault into a copy of the Spark side and runs it up to the first action that it changes, a little past its first difference, or to the end. */
export async function runSparkFault(runner: FaultRunner, fault: Fault): Promise<SparkCopy> {
  const { side, truths } = runner;
  const { put } = fault;
  if (put.side === 'alternative') throw new RangeError('a fault of the alternative is none of the Spark side');
  const rules = put.side === 'rules' ? 'project' : put.rules;
  const truth = truths[rules];
  if (truth === null) throw new RangeError('there is no run with the probe’s rules');
  let differing = 0;
  const until = (minute: Micros, { lines }: SparkMinute) => {
    const { file, actions } = effectOf(truth.minutes.get(minute)?.lines, lines);
    if (differing > 0 || file !== null) differing += 1;
    return actions || differing > MINUTES_AFTER_DIFFERENCE;
  };
  let recording = side.options.recording;
  let deployed: string | null = null;
  let outcome: {
    readonly minutes: ReadonlyMap<Micros, SparkMinute>;
    readonly refused: { readonly minute: Micros; readonly error: ParallaxError } | null;
  };
  if (put.side === 'rules') {
    const changed = put.file === 'satisfaction.sql' ? { satisfactionSql: put.sql } : { actionsSql: put.sql };
    if (put.stale === true) deployed = `${truth.project.hash} before`;
    outcome = await runRules(
      side,
      fault.id,
      fault.from,
      { ...truth.project, ...changed, hash: `${truth.project.hash} ${fault.id}` },
      until,
    );
  } else {
    const injection = await put.inject(toolsOf(runner, fault, truth.project));
    recording = injection.recording ?? recording;
    const run = await side.fork(fault.id, fault.from, rules === 'probe' ? { project: truth.project, ...injection } : injection, until);
    if (run.touched === 0) throw notPut(fault);
    outcome = run;
  }
  const effects = new Map([...outcome.minutes].map(([minute, { lines }]) => [minute, effectOf(truth.minutes.get(minute)?.lines, lines)]));
  const { refused } = outcome;
  return {
    fault,
    rules,
    traces: {
      effects,
      stopped:
        refused === null
          ? null
          : { by: 'pipeline', minute: refused.minute, words: `${refused.error.code}: ${refused.error.message.split('\n')[0] ?? ''}` },
    },
    // The lines are on disk; what is kept of a hundred copies must be small.
    docket: {
      name: fault.id,
      recording,
      minutes: new Map(
        [...outcome.minutes].map(([minute, done]) => {
          const folders = deployed === null ? done.folders : { ...done.folders, projectHash: deployed };
          return [minute, { ...done, folders, lines: NOTHING }];
        }),
      ),
    },
  };
}

const NOTHING: MinuteLines = { events: '', windows: '', results: '', actions: '' };

/** What is other than in the true run; a side that has no such minute differs in nothing. */
export function effectOf(
  before: MinuteLines | undefined,
  after: MinuteLines,
): { readonly file: ReturnType<typeof firstDifference>; readonly actions: boolean } {
  if (before === undefined) return { file: null, actions: false };
  return { file: firstDifference(before, after), actions: before.actions !== after.actions };
}

/** What the alternative is to be in a fault of its own. */
export async function alternativeOf(runner: FaultRunner, fault: Fault): Promise<AlternativeChange> {
  if (fault.put.side !== 'alternative') throw new RangeError('a fault of the Spark side is none of the alternative');
  return fault.put.change(toolsOf(runner, fault, runner.truths.project.project));
}

function toolsOf({ side, alternativeSource }: FaultRunner, fault: Fault, project: Project): FaultTools {
  return {
    project,
    plan: side.options.plan,
    recording: side.options.recording,
    folder: join(side.options.work, 'faults', fault.id),
    folderOf: (minute) => side.folderOf(minute),
    batchFolder: (day) => side.batchFolder(day),
    alternativeSource,
  };
}

function notPut({ id }: Fault): ParallaxError {
  return new ParallaxError('PRLX_PROVE', `the fault ${id} changed nothing on its way`, {
    exitCode: 2,
    advice: 'What it is put into has changed: bring the catalogue in packages/cli/src/prove/faults up to date.',
  });
}
