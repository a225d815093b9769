import { join } from 'node:path';
import { type BatchVersion, MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import type { BatchView } from './ledger/ledger.ts';
import { LAST_HOUR_MINUTES } from './limits.ts';
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

/** The folder `beside` of the iteration of `minute`, when it is committed and has rows of the batch view `view`. */
export function committedBeside(pipeline: Pipeline, minute: Micros, view: string): string[] {
  return outcomes(pipeline, minute, minute + 1n)
    .filter(({ beside }) => beside === view)
    .map(({ folder }) => join(folder, 'beside'));
}

/** The turns of the committed iterations in `[oldest, before)`, oldest first. */
export function committedTurns(pipeline: Pipeline, oldest: Micros, before: Micros): string[] {
  return outcomes(pipeline, oldest, before).flatMap(({ turn }) => (turn === null ? [] : [turn]));
}

/** The answers of the committed iterations in `[oldest, before)` that have any, oldest first. */
export function committedAnswers(pipeline: Pipeline, oldest: Micros, before: Micros): string[] {
  return outcomes(pipeline, oldest, before).flatMap(({ folder, answered }) => (answered ? [join(folder, 'answers')] : []));
}

function outcomes(pipeline: Pipeline, oldest: Micros, before: Micros): MinuteOutcome[] {
  return pipeline.ledger.iterations(oldest, before - 1n).map((iteration) => parseOutcome(iteration.report));
}

/** A batch view as an iteration used it. */
export interface UsedBatch {
  readonly day: string;
  readonly version: string;
  /** The view's own folder: rows of all base customers. */
  readonly folder: string;
  /** The folder of the rows that the iteration used; the view's own when it is scored whole. */
  readonly rows: string;
  /** The declared columns that rows hold. */
  readonly taken: readonly string[];
}

/** Where whoever compares a committed minute finds what it was made of. */
export interface IterationFolders {
  /** The iteration's own folder. */
  readonly folder: string;
  /** The batch view that it used; null before any day was active. */
  readonly batch: UsedBatch | null;
  /** The folder of the newest bulk answers, each with its age in minutes; null when there are none. */
  readonly answers: string | null;
  /** The committed iterations whose panes its windows can hold, newest first, with its own. */
  readonly iterations: readonly { readonly minute: Micros; readonly folder: string }[];
  /** The hash of the project's files that its seal names. */
  readonly projectHash: string;
}

export function iterationFolders(pipeline: Pipeline, outcome: MinuteOutcome): IterationFolders {
  const { ledger, project } = pipeline;
  const { batch, minute, folder } = outcome;
  const view = batch === null ? null : ledger.days().find((day) => day.day === batch.day && day.version === batch.version)?.view;
  const iterations = ledger.iterations(minute - BigInt(LAST_HOUR_MINUTES) * MICROS_PER_MINUTE - project.maxAheadUs, minute);
  return {
    folder,
    batch: batch === null || view == null ? null : usedBatch(batch, view, outcome),
    answers: outcome.answered ? join(folder, 'answers') : null,
    iterations: iterations.map((each) => ({ minute: each.minute, folder: each.folder })).reverse(),
    projectHash: ledger.seal(minute)?.projectHash ?? project.hash,
  };
}

function usedBatch({ day, version }: BatchVersion, view: BatchView, { beside, folder }: MinuteOutcome): UsedBatch {
  return { day, version, folder: view.folder, rows: beside === null ? view.folder : join(folder, 'beside'), taken: view.taken };
}
