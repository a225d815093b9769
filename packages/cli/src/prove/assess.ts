import { formatSecond, type Micros, type MinuteVerdict } from '@parallax/core';
import type { FaultFree } from './fault-free/fault-free.ts';
import type { Fault } from './faults/fault.ts';
import type { Said } from './judge.ts';
import { CAUGHT_MIN, CLASS_MIN, SOURCE_MIN, STAGE_MIN } from './limits.ts';
import type { CaughtBy, FaultJson, FaultResult, Figure } from './result.ts';
import type { LinesFile } from './run/lines.ts';

/** What a copy with a fault left to be judged by. */
export interface Traces {
  /** By minute that was run: the first of the outputs that differs from the true run's, and whether the actions do. */
  readonly effects: ReadonlyMap<Micros, { readonly file: LinesFile | null; readonly actions: boolean }>;
  /** Why a side could not go on, and from which minute. */
  readonly stopped: { readonly by: 'pipeline' | 'alternative'; readonly minute: Micros; readonly words: string } | null;
}

/** Puts together what the verifier said of a fault's minutes. Survivors are explained later. */
export function assess(fault: Fault, traces: Traces, said: ReadonlyMap<Micros, Said>): FaultResult {
  const effects = [...traces.effects].sort(([a], [b]) => (a < b ? -1 : 1));
  const changed = effects.find(([, { actions }]) => actions)?.[0] ?? null;
  const first = firstCaught(fault, traces, said);
  // An action that went wrong in a minute before the first that was noticed has reached its customer.
  const inTime = first !== null && (changed === null || first.minute <= changed);
  const verdict = inTime ? first.verdict : null;
  const { classes = [] } = fault.expected;
  return {
    fault,
    caughtBy: inTime ? first.by : null,
    minute: inTime ? first.minute : null,
    verdict,
    cause: inTime ? first.words : null,
    stageRight: verdict === null ? null : verdict.stage !== null && fault.expected.stages.includes(verdict.stage),
    sourceRight:
      verdict === null
        ? null
        : fault.expected.sources.length === 0 || (verdict.source !== null && fault.expected.sources.includes(verdict.source)),
    classRight: verdict === null || classes.length === 0 ? null : classes.some((each) => each === verdict.reason),
    effect: effects.find(([, { file }]) => file !== null)?.[1].file ?? null,
    changesAction: changed !== null,
    survival: null,
  };
}

interface Caught {
  readonly by: CaughtBy;
  readonly minute: Micros;
  readonly verdict: MinuteVerdict | null;
  readonly words: string;
}

function firstCaught(fault: Fault, { stopped }: Traces, said: ReadonlyMap<Micros, Said>): Caught | null {
  for (const [minute, { verdict, failed }] of [...said].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (minute < fault.from) continue;
    if (failed !== null) return { by: 'verifier failed', minute, verdict: null, words: failed };
    if (verdict !== null && verdict.verdict !== 'match') return { by: 'verdict', minute, verdict, words: causeWords(verdict) };
  }
  return stopped === null ? null : { by: stopped.by, minute: stopped.minute, verdict: null, words: stopped.words };
}

/** A verdict's cause on one line. */
export function causeWords({ stage, source, variable, reason, verdict }: MinuteVerdict): string {
  const place = [stage, source, variable].filter((part) => part !== null).join(' · ');
  return `${verdict}: ${place}${reason === null ? '' : ` (${reason})`}`;
}

export function isEquivalent({ survival }: FaultResult): boolean {
  return survival?.kind === 'equivalent';
}

/** The figures of issue 5, over the faults that are not equivalent. */
export function figuresOf(results: readonly FaultResult[], faultFree: FaultFree | null = null): readonly Figure[] {
  const real = results.filter((r) => !isEquivalent(r));
  const named = real.filter((r) => r.verdict !== null);
  const changing = real.filter((r) => r.changesAction);
  const count = (of: readonly FaultResult[], which: (r: FaultResult) => boolean) => of.filter(which).length;
  return [
    { name: 'faults that are not equivalent, caught', value: count(real, (r) => r.caughtBy !== null), of: real.length, goal: CAUGHT_MIN },
    {
      name: 'faults that change an action, caught before it',
      value: count(changing, (r) => r.caughtBy !== null),
      of: changing.length,
      goal: 1,
    },
    { name: 'source named rightly', value: count(named, (r) => r.sourceRight === true), of: named.length, goal: SOURCE_MIN },
    { name: 'stage named rightly', value: count(named, (r) => r.stageRight === true), of: named.length, goal: STAGE_MIN },
    {
      name: 'class of the cause named rightly',
      value: count(named, (r) => r.classRight === true),
      of: count(named, (r) => r.classRight !== null),
      goal: CLASS_MIN,
    },
    ...(faultFree === null ? [] : [figureOf(faultFree)]),
  ];
}

/** Iterations without a fault must all match. */
export function figureOf({ iterations, alarms }: FaultFree): Figure {
  return { name: 'iterations without a fault that match', value: iterations - alarms.length, of: iterations, goal: 1 };
}

export function jsonOf(result: FaultResult): FaultJson {
  const { fault, caughtBy, minute, cause, stageRight, sourceRight, classRight, changesAction } = result;
  return {
    id: fault.id,
    kind: fault.kind,
    target: fault.target,
    caught: caughtBy !== null,
    minute: minute === null ? null : formatSecond(minute),
    cause,
    cause_right: stageRight === true && sourceRight === true,
    class_right: classRight,
    changes_action: changesAction,
    equivalent: isEquivalent(result),
  };
}
