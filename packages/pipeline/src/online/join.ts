import { join } from 'node:path';
import { type Close, MICROS_PER_MINUTE, type Seal } from '@parallax/core';
import type { RelationDefinition } from '@parallax/spark-connect';
import { answersFolders, committedAnswers } from '../committed.ts';
import { amendedPart } from '../draft/whole.ts';
import type { KeyBatches } from '../engine/key-batches.ts';
import { gatherParquet } from '../engine/parquet-files.ts';
import { parquetRelation, parquetView } from '../engine/relations.ts';
import { writeParquet, writeState } from '../engine/sql.ts';
import type { CallCount } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import { together } from '../together.ts';
import { keysBeside, populationKeys } from '../window/population.ts';
import { ANSWERS_SCHEMA, answersSql, CALLS_SCHEMA, type Capture, callCountsSql, callsSql, type DraftedCalls } from './answers.ts';

/** The online data of a minute: the folder `answers` when there are any that may stand, the view `prlx_answers`, and with it the manifest's digest. */
export interface JoinedOnline {
  readonly manifest: string;
  readonly answered: boolean;
  /** Whether those that came after the draft stand beside its own, in the folder `answers-amended`. */
  readonly answeredMore: boolean;
  readonly calls: readonly CallCount[];
}

/** Ends the captures, writes the close and with it the manifest, parses the captured answers, and keeps the newest of each customer. */
export async function joinOnline(attempt: Attempt, seal: Seal): Promise<JoinedOnline> {
  const { pipeline, engine, minute } = attempt;
  const { close, manifest } = await closeMinute(attempt, seal, false, () => populationKeys(engine, pipeline.project));
  const captures = await pipeline.source.captures(minute, close);
  return joinAll(attempt, manifest, captures);
}

/**
 * The same where answers were taken before the seal: the captures are topped up for the base customers who were amended (`prlx_beside`), and only what came after is
 * parsed and written; the draft's own stay as they are. Their windows are not waited for: who is touched has one, unless all that touched it is older than the hour,
 * and then there is an answer too many.
 *
 * @param drafted what was taken, in the folder `draft`
 */
export async function joinMoreOnline(attempt: Attempt, seal: Seal, draft: string, drafted: DraftedCalls): Promise<JoinedOnline> {
  const { pipeline, engine, minute, folder } = attempt;
  const { close, manifest } = await closeMinute(attempt, seal, true, () => keysBeside(engine, pipeline.project));
  const after = (await pipeline.ahead?.answersAfter(minute)) ?? [];
  const isAll = close.online.every(
    ({ source, calls }) => calls === callsOf(drafted.calls, source) + (after.find((each) => each.source.name === source)?.calls ?? 0),
  );
  if (!isAll) return joinAll(attempt, manifest, await pipeline.source.captures(minute, close));
  const more = after.length > 0;
  const target = drafted.answered ? amendedPart('answers') : 'answers';
  const calls = more ? await addAnswers(attempt, { sql: callsSql(pipeline.project, minute, after, pipeline.buckets) }, null, target) : [];
  if (drafted.answered) await gatherParquet(join(folder, 'answers'), [join(draft, 'answers')]);
  const joined = { manifest, answered: drafted.answered || more, answeredMore: drafted.answered && more };
  await openAnswers(attempt, answersFolders({ folder, ...joined }));
  return { ...joined, calls: addedCalls(drafted.calls, calls) };
}

async function joinAll(attempt: Attempt, manifest: string, captures: readonly Capture[]): Promise<JoinedOnline> {
  const { pipeline, minute } = attempt;
  const [calls, answered] = await writeAnswers(attempt, captures, committedAnswers(pipeline, minute - MICROS_PER_MINUTE, minute));
  return { manifest, answered, answeredMore: false, calls };
}

function callsOf(counts: readonly CallCount[], source: string): number {
  return counts.find((each) => each.source === source)?.calls ?? 0;
}

function addedCalls(counts: readonly CallCount[], more: readonly CallCount[]): readonly CallCount[] {
  const sources = [...new Set([...counts, ...more].map(({ source }) => source))].sort();
  return sources.map((source) => {
    const of = [...counts, ...more].filter((each) => each.source === source);
    const sum = (what: 'calls' | 'valid' | 'unasked') => of.reduce((n, each) => n + each[what], 0);
    return { source, calls: sum('calls'), valid: sum('valid'), unasked: sum('unasked') };
  });
}

/**
 * Parses captured answers and adds them to those that may still stand: the folders `calls` and `answers`, the view `prlx_answers`.
 *
 * @param before folders of `ANSWERS_SCHEMA`
 * @returns the captured calls, and whether there is any answer
 */
export async function writeAnswers(
  attempt: Attempt,
  captures: readonly Capture[],
  before: readonly string[],
): Promise<readonly [calls: readonly CallCount[], answered: boolean]> {
  const { pipeline, session, minute, folder } = attempt;
  if (captures.length === 0 && before.length === 0) {
    await openAnswers(attempt, []);
    return [[], false];
  }
  const parsed = join(folder, 'calls');
  if (captures.length > 0) await session.command(writeParquet(parsed, callsSql(pipeline.project, minute, captures, pipeline.buckets)));
  const calls = await addAnswers(attempt, parquetRelation(CALLS_SCHEMA, captures.length > 0 ? [parsed] : []), before, 'answers');
  await openAnswers(attempt, [join(folder, 'answers')]);
  return [calls, true];
}

/**
 * Writes what calls learned, added to answers that may still stand.
 *
 * @param calls of `CALLS_SCHEMA`, read twice: where they are few, to parse them twice costs less than a folder between
 * @param before folders of `ANSWERS_SCHEMA`; null: they stay where they are
 * @param target the name of the folder that is written
 * @returns how many calls they are
 */
async function addAnswers(
  attempt: Attempt,
  calls: RelationDefinition,
  before: readonly string[] | null,
  target: string,
): Promise<readonly CallCount[]> {
  const { pipeline, session, minute, folder } = attempt;
  const names = { calls: 'prlx_calls', before: before === null ? null : 'prlx_answers_before' };
  const relations = { prlx_calls: calls, ...(before === null ? {} : { prlx_answers_before: parquetRelation(ANSWERS_SCHEMA, before) }) };
  const [counts] = await together(
    countCalls(attempt, calls),
    session.command(writeState(join(folder, target), answersSql(pipeline.project, minute, names, pipeline.buckets)), { relations }),
  );
  return counts;
}

async function openAnswers({ session }: Attempt, folders: readonly string[]): Promise<void> {
  await parquetView(session, 'prlx_answers', ANSWERS_SCHEMA, folders);
}

async function countCalls({ session }: Attempt, calls: RelationDefinition): Promise<readonly CallCount[]> {
  const rows = await session.collect(callCountsSql('prlx_calls_counted'), { relations: { prlx_calls_counted: calls } });
  return rows.map((row) => ({
    source: String(row.source),
    calls: Number(row.calls),
    valid: Number(row.valid),
    unasked: Number(row.unasked),
  }));
}

/** @param population whom the captures are topped up for */
async function closeMinute(
  { pipeline, minute }: Attempt,
  seal: Seal,
  amended: boolean,
  population: () => KeyBatches,
): Promise<{ close: Close; manifest: string }> {
  const before = pipeline.ledger.closeOf(minute);
  const manifest = pipeline.ledger.manifest(minute);
  if (before !== null && manifest !== null) return { close: before, manifest };
  const close = await pipeline.source.capture(minute, seal, population, amended);
  return { close, manifest: pipeline.ledger.writeClose(minute, seal, close) };
}
