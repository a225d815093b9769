import { join } from 'node:path';
import { type BatchVersion, MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import { sameVersion } from './batch/version.ts';
import { amendedPart } from './draft/whole.ts';
import type { BatchView } from './ledger/ledger.ts';
import { LAST_HOUR_MINUTES } from './limits.ts';
import type { MinuteOutcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * The outcome of a committed minute without its list of decisions, which has its own table in the ledger: some megabytes a minute at the most, that
 * whoever looks up an hour's folders would read as well.
 */
export type KeptOutcome = Omit<MinuteOutcome, 'decided'>;

/** A committed minute's outcome as it is kept. */
export function keptOutcome({ decided: _decided, ...kept }: MinuteOutcome): KeptOutcome {
  return kept;
}

/** The same as the text that the ledger has; {@link parseOutcome} reads it. */
export function outcomeText(outcome: MinuteOutcome): string {
  return JSON.stringify(keptOutcome(outcome), (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

export function parseOutcome(report: string): KeptOutcome {
  const raw = JSON.parse(report) as Omit<KeptOutcome, 'minute'> & { minute: string };
  return { ...raw, minute: BigInt(raw.minute) };
}

/** Folders that every iteration writes. */
export type Part = 'claimed' | 'panes';

/** The folders `part` of the committed iterations in `[oldest, before)`, oldest first. */
export function committedParts(pipeline: Pipeline, part: Part, oldest: Micros, before: Micros): string[] {
  return pipeline.ledger.iterations(oldest, before - 1n).map((iteration) => join(iteration.folder, part));
}

/** What an iteration keeps by bucket, in a folder of its own and, of customers that stand in place of some of that, one beside it. */
export interface AmendedFolders {
  readonly whole: readonly string[];
  readonly amended: readonly string[];
}

/** The windows of the iteration of `minute`, if it is committed. */
export function committedWindows(pipeline: Pipeline, minute: Micros): AmendedFolders {
  return amendedFolders(outcomes(pipeline, minute, minute + 1n), 'windows');
}

/** The batch rows beside the windows of the iteration of `minute`, when it is committed and they are of the batch view `view`. */
export function committedBeside(pipeline: Pipeline, minute: Micros, view: string): AmendedFolders {
  return amendedFolders(
    outcomes(pipeline, minute, minute + 1n).filter(({ beside }) => beside === view),
    'beside',
  );
}

function amendedFolders(of: readonly KeptOutcome[], part: 'windows' | 'beside'): AmendedFolders {
  return {
    whole: of.map(({ folder }) => join(folder, part)),
    amended: of.filter(({ amended }) => amended).map(({ folder }) => join(folder, amendedPart(part))),
  };
}

/** The turns of the committed iterations in `[oldest, before)`, oldest first. */
export function committedTurns(pipeline: Pipeline, oldest: Micros, before: Micros): string[] {
  return outcomes(pipeline, oldest, before).flatMap(({ turn }) => (turn === null ? [] : [turn]));
}

/** The answers of the committed iterations in `[oldest, before)` that have any, oldest first. */
export function committedAnswers(pipeline: Pipeline, oldest: Micros, before: Micros): string[] {
  return outcomes(pipeline, oldest, before).flatMap(answersFolders);
}

/** The folders of an iteration's answers: one in a later folder stands in place of those before. */
export function answersFolders({ folder, answered, answeredMore }: Pick<KeptOutcome, 'folder' | 'answered' | 'answeredMore'>): string[] {
  const parts = [...(answered ? ['answers'] : []), ...(answeredMore === true ? [amendedPart('answers')] : [])];
  return parts.map((part) => join(folder, part));
}

function outcomes(pipeline: Pipeline, oldest: Micros, before: Micros): KeptOutcome[] {
  return pipeline.ledger.iterations(oldest, before - 1n).map((iteration) => parseOutcome(iteration.report));
}

/** A batch view as an iteration used it. */
export interface UsedBatch {
  readonly day: string;
  readonly version: string;
  /** The view's own folder: rows of all base customers. */
  readonly folder: string;
  /** The folders of the rows that the iteration used; the view's own when it is scored whole. A customer that stands twice has the same row. */
  readonly rows: readonly string[];
  /** The declared columns that rows hold. */
  readonly taken: readonly string[];
}

/** Where whoever compares a committed minute finds what it was made of. */
export interface IterationFolders {
  /** The iteration's own folder. */
  readonly folder: string;
  /** Whether it was made of a draft: then `windows-amended` and `members-amended` stand in place of customers of `windows` and `members`. */
  readonly amended: boolean;
  /** The batch view that it used; null before any day was active. */
  readonly batch: UsedBatch | null;
  /** The folders of the newest bulk answers, each with its age in minutes: one in a later folder stands in place of those before. */
  readonly answers: readonly string[];
  /** The committed iterations whose panes its windows can hold, newest first, with its own. */
  readonly iterations: readonly { readonly minute: Micros; readonly folder: string }[];
  /** The hash of the project's files that its seal names. */
  readonly projectHash: string;
}

export function iterationFolders(pipeline: Pipeline, outcome: KeptOutcome): IterationFolders {
  const { ledger, project } = pipeline;
  const { batch, minute, folder } = outcome;
  const view = batch === null ? null : ledger.days().find((day) => sameVersion(day, batch))?.view;
  const iterations = ledger.iterations(minute - BigInt(LAST_HOUR_MINUTES) * MICROS_PER_MINUTE - project.maxAheadUs, minute);
  return {
    folder,
    amended: outcome.amended === true,
    batch: batch === null || view == null ? null : usedBatch(batch, view, outcome),
    answers: answersFolders(outcome),
    iterations: iterations.map((each) => ({ minute: each.minute, folder: each.folder })).reverse(),
    projectHash: ledger.seal(minute)?.projectHash ?? project.hash,
  };
}

function usedBatch({ day, version }: BatchVersion, view: BatchView, outcome: KeptOutcome): UsedBatch {
  const { whole, amended } = amendedFolders([outcome], 'beside');
  return { day, version, folder: view.folder, rows: outcome.beside === null ? [view.folder] : [...whole, ...amended], taken: view.taken };
}
