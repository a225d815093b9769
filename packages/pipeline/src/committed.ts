import { join } from 'node:path';
import type { Micros } from '@parallax/core';
import type { MinuteOutcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';

/** The outcome of a committed iteration as the ledger keeps it. */
export function parseOutcome(report: string): MinuteOutcome {
  const raw = JSON.parse(report) as Omit<MinuteOutcome, 'minute'> & { minute: string };
  return { ...raw, minute: BigInt(raw.minute) };
}

/** Folders named `part` of the committed iterations in `[oldest, before)` that wrote one, oldest first. */
export function committedParts(pipeline: Pipeline, part: keyof MinuteOutcome['parts'], oldest: Micros, before: Micros): string[] {
  return pipeline.ledger
    .iterations(oldest, before - 1n)
    .filter((iteration) => parseOutcome(iteration.report).parts[part])
    .map((iteration) => join(iteration.folder, part));
}
