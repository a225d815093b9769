import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros } from '@parallax/core';
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

/** Where whoever compares a committed minute finds what it was made of. */
export interface IterationFolders {
  /** The iteration's own folder. */
  readonly folder: string;
  /** The batch view that it used; null before any day was active. */
  readonly batch: { readonly day: string; readonly version: string; readonly folder: string } | null;
  /** Folders of bulk answers that may stand in for its own, newest first: age in minutes, folder. */
  readonly answers: readonly { readonly age: number; readonly folder: string }[];
  /** By stream: SHA-256 of what was read, where the seal names it. */
  readonly inputs: ReadonlyMap<string, string>;
}

export function iterationFolders(pipeline: Pipeline, outcome: MinuteOutcome): IterationFolders {
  const { ledger, project } = pipeline;
  const { batch, minute, folder } = outcome;
  const view = batch === null ? null : ledger.days().find((day) => day.day === batch.day && day.version === batch.version)?.view;
  const oldest = minute - BigInt(Math.max(0, ...project.online.map((source) => source.maxAge))) * MICROS_PER_MINUTE;
  const answers = outcomes(pipeline, oldest, minute + MICROS_PER_MINUTE)
    .filter(({ answered }) => answered)
    .map((each) => ({ age: Number((minute - each.minute) / MICROS_PER_MINUTE), folder: join(each.folder, 'answers') }))
    .sort((a, b) => a.age - b.age);
  const streams = ledger.seal(minute)?.streams ?? [];
  return {
    folder,
    batch: batch === null || view == null ? null : { ...batch, folder: view.folder },
    answers,
    inputs: new Map(streams.flatMap((each) => (each.kind === 'file' ? [[each.stream, each.sha256]] : []))),
  };
}
