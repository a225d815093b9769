import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Seal } from '@parallax/core';
import { beyondCoolDown, decisionsOf, inOrder, wantedActions } from '../act/decide.ts';
import { amendBatch, BESIDE_SCHEMA, type JoinedBatch, wholeBesideSql } from '../batch/join.ts';
import type { Engine } from '../engine/engine.ts';
import { gatherParquet } from '../engine/parquet-files.ts';
import { parquetRelation, parquetView } from '../engine/relations.ts';
import { writeState } from '../engine/sql.ts';
import type { BatchView, GatedDecision } from '../ledger/ledger.ts';
import { EXPORT_CHUNK_BYTES } from '../limits.ts';
import { resultLines } from '../lines/lines.ts';
import { mergeLines } from '../lines/merge-lines.ts';
import { type JoinedOnline, joinMoreOnline } from '../online/join.ts';
import type { MinuteOutcome, PhaseClock } from '../outcome.ts';
import type { Attempt, Pipeline } from '../pipeline.ts';
import { countPopulation, type Population, unpackMembers } from '../score/members.ts';
import type { ResultCheck } from '../score/result-check.ts';
import { scorePopulation } from '../score/score.ts';
import { together } from '../together.ts';
import { PANES_SCHEMA } from '../window/panes.ts';
import { MEMBERS_SCHEMA } from '../window/population.ts';
import { ensureTurn } from '../window/turns.ts';
import { amendWindows, WINDOWS_SCHEMA, wholeWindowsSql } from '../window/windows.ts';
import { type Counts, countCustomers } from './counts.ts';
import type { Draft } from './draft.ts';
import { AMENDED, type AmendedPart, amendedKeysSql, amendedPart, touchedSql, wholeSql } from './whole.ts';

/** A minute that is scored, and what is still to be done of it. */
export interface Scored {
  /** The folder of the stacks that turned before this minute; null: none did. */
  readonly turn: string | null;
  readonly batch: JoinedBatch;
  readonly online: JoinedOnline;
  /** What is to be done for whom. */
  readonly decide: () => Promise<readonly GatedDecision[]>;
  /** The minute's result lines, each shown to `check`. */
  readonly lines: AsyncIterable<string | Buffer>;
  readonly check: ResultCheck;
  /** Makes the attempt's folder whole. @param written when all lines have been read */
  finish(written: Promise<unknown>): Promise<Finished>;
}

/** Who was scored, and what of that was new. */
export interface Finished {
  readonly population: Population;
  /** Customers that were looked up in the batch view. */
  readonly entrants: number;
}

/**
 * Does the minute's customers again whom panes touch that the draft has not: merges their windows, looks up their batch rows, asks for those that are new, and
 * scores them. All others are as in the draft, and what is written is little.
 *
 * @param view the batch view of the draft's day
 * @param more folders of the minute's panes that the draft has not
 */
export async function amendDraft(
  attempt: Attempt,
  phases: PhaseClock,
  draft: Draft,
  seal: Seal,
  view: BatchView | null,
  more: readonly string[],
): Promise<Scored> {
  const { pipeline, engine, minute, folder } = attempt;
  const { project } = pipeline;
  const looksUp = async () => {
    const batch = await phases.time('batch', () => amendBatch(attempt, view, join(draft.folder, 'beside'), more));
    // Who is touched is so little to find that nothing waits until it is written: that is done while the bulk API is asked.
    const [online, amended] = await together(
      phases.time('online', () => joinMoreOnline(attempt, seal, draft.folder, draft.online)),
      amendedKeys(attempt, more),
      writeAmended(attempt, more),
    );
    return { batch, online, amended };
  };
  const [{ batch, online, amended }] = await together(
    looksUp(),
    phases.time('window', () => amendWindows(attempt, join(draft.folder, 'windows'), more)),
  );
  const [again] = await engine.compiled(amended.length, async () => {
    await phases.time('population', () => unpackMembers(attempt, batch, amendedPart('members')));
    return together(
      countCustomers(attempt, { members: amendedPart('members'), beside: batch.beside === null ? null : amendedPart('beside') }),
      phases.time('score', () => scorePopulation(attempt, draft.batch?.day ?? null, amendedPart('results'))),
    );
  });
  const check = draft.check.copy();
  return {
    turn: await ensureTurn(pipeline, engine, minute, folder),
    batch,
    online,
    decide: () => decideAgain(attempt, draft, amended),
    lines: mergeLines(
      { drafted: bytesOf(join(draft.folder, 'results.ndjson')), amended, anew: resultLines(engine, project, minute, null) },
      project.key.name,
      check,
    ),
    check,
    finish: (written) => keepDrafted(attempt, draft, batch, again, check, written),
  };
}

/** A file's bytes; it is opened when the first are asked for. */
async function* bytesOf(path: string): AsyncIterable<Buffer> {
  yield* createReadStream(path, { highWaterMark: EXPORT_CHUNK_BYTES });
}

/** Writes who is touched by more panes: the folder `amended`. */
async function writeAmended({ session, folder }: Attempt, more: readonly string[]): Promise<void> {
  const relations = { prlx_panes_touching: parquetRelation(PANES_SCHEMA, more) };
  await session.command(writeState(join(folder, AMENDED), touchedSql('prlx_panes_touching')), { relations });
}

/** Their keys, ascending as UTF-8 bytes. */
async function amendedKeys({ session }: Attempt, more: readonly string[]): Promise<readonly string[]> {
  const relations = { prlx_panes_naming: parquetRelation(PANES_SCHEMA, more) };
  const sql = `SELECT /*+ COALESCE(1) */ key FROM (${amendedKeysSql(`(${touchedSql('prlx_panes_naming')})`)}) SORT BY key`;
  const keys: string[] = [];
  for await (const row of session.query(sql, { relations })) keys.push(String(row.key));
  return keys;
}

/** What is wanted of those who are done again, and of the others what the draft has. Compiled code saves nothing up to some ten thousand customers (measured). */
async function decideAgain({ pipeline, engine, minute }: Attempt, draft: Draft, amended: readonly string[]): Promise<GatedDecision[]> {
  const anew = await beyondCoolDown(pipeline, minute, wantedActions(engine, pipeline.project));
  const again = new Set(amended);
  const stay = draft.wanted.filter(({ customer }) => !again.has(customer));
  return decisionsOf(pipeline, minute, inOrder([...stay, ...anew]));
}

/** The folders of what stays as it was drafted; what stands in place of some of it is beside them. */
async function keepDrafted(
  attempt: Attempt,
  draft: Draft,
  batch: JoinedBatch,
  again: Counts,
  check: ResultCheck,
  written: Promise<unknown>,
): Promise<Finished> {
  const { folder } = attempt;
  const parts: readonly AmendedPart[] = ['windows', 'members', 'results', ...(batch.beside === null ? [] : (['beside'] as const))];
  for (const part of parts) await gatherParquet(join(folder, part), [join(draft.folder, part)]);
  const { counts } = draft;
  const entrants = counts.entrants + again.entrants;
  await written;
  // Where the SQL gave each customer of the draft a row, as many left it as rows were taken back.
  if (draft.check.rows === counts.customers && counts.outside !== null && again.outside !== null) {
    const customers = counts.customers - check.removed + again.customers;
    return { population: { customers, outsideBase: new Set([...counts.outside, ...again.outside]).size }, entrants };
  }
  const members = (name: string) => parquetRelation(MEMBERS_SCHEMA, [join(folder, name)]);
  const population = await countPopulation(attempt, {
    sql: '(SELECT d.* FROM prlx_members_drafted d LEFT ANTI JOIN prlx_members_amended k ON k.key = d.key UNION ALL SELECT * FROM prlx_members_amended)',
    relations: { prlx_members_drafted: members('members'), prlx_members_amended: members(amendedPart('members')) },
  });
  return { population, entrants };
}

/**
 * Makes the views of a committed minute whole that was made of a draft, for whoever asks after it: `satisfaction`, `prlx_members`, `prlx_windows` and
 * `prlx_beside` had the customers that were done again.
 */
export async function openAmended(
  { project }: Pick<Pipeline, 'project'>,
  { session }: Engine,
  { minute, folder, beside }: Pick<MinuteOutcome, 'minute' | 'folder' | 'beside'>,
): Promise<void> {
  // With their columns named: else Spark reads the files for them, anew wherever a folder is mentioned.
  const of = (view: string, schema: string, names: readonly string[]) =>
    parquetView(
      session,
      view,
      schema,
      names.map((name) => join(folder, name)),
    );
  await together(
    of('prlx_windows_kept', WINDOWS_SCHEMA, ['windows']),
    of('prlx_windows_again', WINDOWS_SCHEMA, [amendedPart('windows')]),
    of('prlx_beside_parts', BESIDE_SCHEMA, beside === null ? [] : ['beside', amendedPart('beside')]),
  );
  const views = [
    ['prlx_members', wholeSql(folder, 'members', 'key')],
    ['satisfaction', wholeSql(folder, 'results', project.key.name)],
    ['prlx_windows', wholeWindowsSql(project, minute, 'prlx_windows_kept', 'prlx_windows_again')],
    ...(beside === null ? [] : [['prlx_beside', wholeBesideSql('prlx_beside_parts')] as const]),
  ] as const;
  await together(...views.map(([view, sql]) => session.command(`CREATE OR REPLACE TEMPORARY VIEW ${view} AS ${sql}`)));
}
