import { join } from 'node:path';
import { type Close, MICROS_PER_MINUTE, type Seal } from '@parallax/core';
import { committedAnswers } from '../committed.ts';
import { gatherParquet } from '../engine/parquet-files.ts';
import { parquetRelation, parquetView } from '../engine/relations.ts';
import { writeParquet, writeState } from '../engine/sql.ts';
import type { CallCount } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import { together } from '../together.ts';
import { populationKeys } from '../window/population.ts';
import { ANSWERS_SCHEMA, answersSql, CALLS_SCHEMA, type Capture, callCountsSql, callsSql, type DraftedCalls } from './answers.ts';

/** The online data of a minute: the folder `answers` when there are any that may stand, the view `prlx_answers`, and with it the manifest's digest. */
export interface JoinedOnline {
  readonly manifest: string;
  readonly answered: boolean;
  readonly calls: readonly CallCount[];
}

/** Ends the captures, writes the close and with it the manifest, parses the captured answers, and keeps the newest of each customer. */
export async function joinOnline(attempt: Attempt, seal: Seal): Promise<JoinedOnline> {
  const { pipeline, minute } = attempt;
  const { close, manifest } = await closeMinute(attempt, seal, false);
  const captures = await pipeline.source.captures(minute, close);
  const [calls, answered] = await writeAnswers(attempt, captures, committedAnswers(pipeline, minute - MICROS_PER_MINUTE, minute), []);
  return { manifest, answered, calls };
}

/**
 * The same where answers were taken before the seal: the captures are topped up for the customers who were amended, and only what came after is parsed.
 *
 * @param drafted what was taken, in the folder `draft`
 */
export async function joinMoreOnline(attempt: Attempt, seal: Seal, draft: string, drafted: DraftedCalls): Promise<JoinedOnline> {
  const { pipeline, minute, folder } = attempt;
  const { close, manifest } = await closeMinute(attempt, seal, true);
  const captures = await pipeline.source.captures(minute, close);
  const after = (await pipeline.ahead?.answersAfter(minute)) ?? [];
  const isAll = close.online.every(
    ({ source, calls }) => calls === (drafted.calls.get(source) ?? 0) + (after.find((each) => each.source.name === source)?.calls ?? 0),
  );
  if (!isAll) {
    const [calls, answered] = await writeAnswers(attempt, captures, committedAnswers(pipeline, minute - MICROS_PER_MINUTE, minute), []);
    return { manifest, answered, calls };
  }
  const before = drafted.answered ? [join(draft, 'answers')] : [];
  const callsBefore = drafted.calls.size > 0 ? [join(draft, 'calls')] : [];
  if (after.length > 0) {
    const [calls, answered] = await writeAnswers(attempt, after, before, callsBefore);
    return { manifest, answered, calls };
  }
  if (drafted.answered) await gatherParquet(join(folder, 'answers'), before);
  await openAnswers(attempt, drafted.answered);
  return { manifest, answered: drafted.answered, calls: await countCalls(attempt, callsBefore) };
}

/**
 * Parses captured answers and adds them to those that may still stand: the folders `calls` and `answers`, the view `prlx_answers`.
 *
 * @param before folders of `ANSWERS_SCHEMA`
 * @param callsBefore folders of `CALLS_SCHEMA` that are counted with these captures
 * @returns the calls, and whether there is any answer
 */
export async function writeAnswers(
  attempt: Attempt,
  captures: readonly Capture[],
  before: readonly string[],
  callsBefore: readonly string[],
): Promise<readonly [calls: readonly CallCount[], answered: boolean]> {
  const { pipeline, session, minute, folder } = attempt;
  const { project, buckets } = pipeline;
  const answered = captures.length > 0 || before.length > 0;
  const parsed = join(folder, 'calls');
  if (captures.length > 0) await session.command(writeParquet(parsed, callsSql(project, minute, captures, buckets)));
  const names = { calls: 'prlx_calls', before: 'prlx_answers_before' };
  const relations = {
    prlx_calls: parquetRelation(CALLS_SCHEMA, captures.length > 0 ? [parsed] : []),
    prlx_answers_before: parquetRelation(ANSWERS_SCHEMA, before),
  };
  const writing: Promise<unknown> = answered
    ? session.command(writeState(join(folder, 'answers'), answersSql(project, minute, names, buckets)), { relations })
    : Promise.resolve();
  const [calls] = await together(countCalls(attempt, captures.length > 0 ? [...callsBefore, parsed] : callsBefore), writing);
  await openAnswers(attempt, answered);
  return [calls, answered];
}

async function openAnswers({ session, folder }: Attempt, answered: boolean): Promise<void> {
  await parquetView(session, 'prlx_answers', ANSWERS_SCHEMA, answered ? [join(folder, 'answers')] : []);
}

async function countCalls({ session }: Attempt, folders: readonly string[]): Promise<readonly CallCount[]> {
  if (folders.length === 0) return [];
  const relations = { prlx_calls_counted: parquetRelation(CALLS_SCHEMA, folders) };
  const rows = await session.collect(callCountsSql('prlx_calls_counted'), { relations });
  return rows.map((row) => ({
    source: String(row.source),
    calls: Number(row.calls),
    valid: Number(row.valid),
    unasked: Number(row.unasked),
  }));
}

async function closeMinute(attempt: Attempt, seal: Seal, amended: boolean): Promise<{ close: Close; manifest: string }> {
  const { pipeline, engine, minute } = attempt;
  const { project } = pipeline;
  const before = pipeline.ledger.closeOf(minute);
  const manifest = pipeline.ledger.manifest(minute);
  if (before !== null && manifest !== null) return { close: before, manifest };
  const close = await pipeline.source.capture(minute, seal, () => populationKeys(engine, project), amended);
  return { close, manifest: pipeline.ledger.writeClose(minute, seal, close) };
}
