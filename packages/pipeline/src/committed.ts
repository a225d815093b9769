import { join } from 'node:path';
import type { Micros } from '@parallax/core';
import type { MinuteOutcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';

/** The outcome of a committed iteration as the ledger keeps it. */
export function parseOutcome(report: string): MinuteOutcome {
  const raw = JSON.parse(report) as Omit<MinuteOutcome, 'minute'> & { minute: string };
  return { ...raw, minute: BigInt(raw.minute) };
}

/** Folders that every iteration writes. */
export type Part = 'claimed' | 'panes' | 'windows';

/** The folders `part` of the committed iterations in `[oldest, before)`, oldest first. */
export function committedParts(pipeline: Pipeline, part: Part, oldest: Micros, before: Micros): string[] {
  return pipeline.ledger.iterations(oldest, before - 1n).map((iteration) => join(iteration.folder, part));
}

/** The folder `beside` of the iteration of `minute`, when it is committed and has one. */
export function committedBeside(pipeline: Pipeline, minute: Micros): string[] {
  return outcomes(pipeline, minute, minute + 1n)
    .filter(({ beside }) => beside)
    .map(({ folder }) => join(folder, 'beside'));
}

/** The turns of the committed iterations in `[oldest, before)`, oldest first. */
export function committedTurns(pipeline: Pipeline, oldest: Micros, before: Micros): string[] {
  return outcomes(pipeline, oldest, before).flatMap(({ turn }) => (turn === null ? [] : [turn]));
}

/** The answers of the committed iterations in `[oldest, before)` that asked anyone, oldest first. */
export function committedAnswers(pipeline: Pipeline, oldest: Micros, before: Micros): string[] {
  return outcomes(pipeline, oldest, before).flatMap(({ folder, answered }) => (answered ? [join(folder, 'answers')] : []));
}

function outcomes(pipeline: Pipeline, oldest: Micros, before: Micros): MinuteOutcome[] {
  return pipeline.ledger.iterations(oldest, before - 1n).map((iteration) => parseOutcome(iteration.report));
}
