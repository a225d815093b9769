import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Seal } from '@parallax/core';
import type { RelationDefinition } from '@parallax/spark-connect';
import { WANTED_SCHEMA, type WantedActions, wantedActionsSql } from '../act/decide.ts';
import { amendBatch, BESIDE_SCHEMA, type JoinedBatch, wholeBesideSql } from '../batch/join.ts';
import type { Engine } from '../engine/engine.ts';
import { gatherParquet } from '../engine/parquet-files.ts';
import { parquetRelation } from '../engine/relations.ts';
import { writeState } from '../engine/sql.ts';
import type { BatchView } from '../ledger/ledger.ts';
import { EXPORT_CHUNK_BYTES } from '../limits.ts';
import { resultLines } from '../lines/lines.ts';
import { mergeLines } from '../lines/merge-lines.ts';
import { type JoinedOnline, joinMoreOnline } from '../online/join.ts';
import type { MinuteOutcome, PhaseClock } from '../outcome.ts';
import type { Attempt, Pipeline } from '../pipeline.ts';
import { countPopulation, type Population, populationCounts, unpackMembers } from '../score/members.ts';
import type { ResultCheck } from '../score/result-check.ts';
import { scorePopulation } from '../score/score.ts';
import { together } from '../together.ts';
import { PANES_SCHEMA } from '../window/panes.ts';
import { MEMBERS_SCHEMA } from '../window/population.ts';
import { ensureTurn } from '../window/turns.ts';
import { amendWindows, wholeWindowsSql } from '../window/windows.ts';
import type { Draft } from './draft.ts';
import { AMENDED, AMENDED_SCHEMA, type AmendedPart, amendedKeysSql, amendedPart, wholeSql } from './whole.ts';

/** A minute that is scored, and what is still to be done of it. */
export interface Scored {
  /** The folder of the stacks that turned before this minute; null: none did. */
  readonly turn: string | null;
  readonly batch: JoinedBatch;
  readonly online: JoinedOnline;
  /** About how many customers `wanted` looks at anew. */
  readonly rows: number;
  readonly wanted: WantedActions;
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
  const finding = findAmended(attempt, more);
  const amending = phases.time('window', () => amendWindows(attempt, join(draft.folder, 'windows'), more));
  await together(finding, amending);
  const batch = await phases.time('batch', () => amendBatch(attempt, view, join(draft.folder, 'beside')));
  const online = await phases.time('online', () => joinMoreOnline(attempt, seal, draft.folder, draft.online));
  // As the draft was: then the code that was generated for it is there.
  const compiled = <T>(work: () => Promise<T>) => engine.compiled(draft.population.customers, work);
  await phases.time('population', () => compiled(() => unpackMembers(attempt, batch, amendedPart('members'))));
  await phases.time('score', () => compiled(() => scorePopulation(attempt, draft.batch?.day ?? null, amendedPart('results'))));
  const check = draft.check.copy();
  return {
    turn: await ensureTurn(pipeline, engine, minute, folder),
    batch,
    online,
    // Of a part of the customers: compiled code saves nothing up to some ten thousand (measured).
    rows: 0,
    wanted: {
      sql: `${await wantedActionsSql(engine, project)} UNION ALL SELECT d.customer, d.action, d.reason FROM prlx_wanted_draft d LEFT ANTI JOIN (${amendedKeysSql('prlx_amended')}) k ON k.key = d.customer`,
      relations: {
        prlx_amended: amendedRelation(folder),
        prlx_wanted_draft: parquetRelation(WANTED_SCHEMA, [join(draft.folder, 'wanted')]),
      },
    },
    lines: mergeLines(
      {
        drafted: bytesOf(join(draft.folder, 'results.ndjson')),
        amended: amendedKeys(attempt),
        anew: resultLines(engine, project, minute, null),
      },
      project.key.name,
      check,
    ),
    check,
    finish: (written) => keepDrafted(attempt, draft, batch, check, written),
  };
}

/** A file's bytes; it is opened when the first are asked for. */
async function* bytesOf(path: string): AsyncIterable<Buffer> {
  yield* createReadStream(path, { highWaterMark: EXPORT_CHUNK_BYTES });
}

function amendedRelation(folder: string): RelationDefinition {
  return parquetRelation(AMENDED_SCHEMA, [join(folder, AMENDED)]);
}

/** The keys of those who are done again, ascending as UTF-8 bytes. */
async function* amendedKeys({ session, folder }: Attempt): AsyncIterable<string> {
  const relations = { prlx_amended_lines: amendedRelation(folder) };
  const sql = `SELECT /*+ COALESCE(1) */ key FROM (${amendedKeysSql('prlx_amended_lines')}) SORT BY key`;
  for await (const row of session.query(sql, { relations })) yield String(row.key);
}

/** The customers whom more panes touch: the folder `amended`. */
async function findAmended({ session, folder }: Attempt, more: readonly string[]): Promise<void> {
  const keys = 'SELECT bucket, prlx_keys(collect_list(touched)) AS keys FROM prlx_panes_touching WHERE touched IS NOT NULL GROUP BY bucket';
  const relations = { prlx_panes_touching: parquetRelation(PANES_SCHEMA, more) };
  await session.command(writeState(join(folder, AMENDED), keys), { relations });
}

/** The folders of what stays as it was drafted; what stands in place of some of it is beside them. */
async function keepDrafted(
  attempt: Attempt,
  draft: Draft,
  batch: JoinedBatch,
  check: ResultCheck,
  written: Promise<unknown>,
): Promise<Finished> {
  const { pipeline, session, folder } = attempt;
  const parts: readonly AmendedPart[] = ['windows', 'members', 'results', ...(batch.beside === null ? [] : (['beside'] as const))];
  for (const part of parts) await gatherParquet(join(folder, part), [join(draft.folder, part)]);
  const again = { prlx_members_again: parquetRelation(MEMBERS_SCHEMA, [join(folder, amendedPart('members'))]) };
  const looked = batch.beside === null ? [] : [join(folder, amendedPart('beside'))];
  const [row] = await session.collect(
    `SELECT sum(population) AS population, sum(outside) AS outside, sum(entrants) AS entrants FROM (
  SELECT ${populationCounts(pipeline.project)}, 0 AS entrants FROM prlx_members_again UNION ALL SELECT 0, 0, entrants FROM prlx_beside_again)`,
    { relations: { ...again, prlx_beside_again: parquetRelation(BESIDE_SCHEMA, looked) } },
  );
  const entrants = draft.entrants + Number(row?.entrants ?? 0n);
  const { population: drafted } = draft;
  await written;
  // Where the SQL gave each customer of the draft a row, as many left it as rows were taken back.
  if (draft.check.rows === drafted.customers && drafted.outsideBase === 0) {
    const customers = drafted.customers - check.removed + Number(row?.population ?? 0n);
    return { population: { customers, outsideBase: Number(row?.outside ?? 0n) }, entrants };
  }
  const population = await countPopulation(attempt, {
    sql: '(SELECT d.* FROM prlx_members_drafted d LEFT ANTI JOIN prlx_members_again k ON k.key = d.key UNION ALL SELECT * FROM prlx_members_again)',
    relations: { ...again, prlx_members_drafted: parquetRelation(MEMBERS_SCHEMA, [join(folder, 'members')]) },
  });
  return { population, entrants };
}

/**
 * Makes the views of a committed minute whole that was made of a draft, for whoever asks after it: `satisfaction`, `prlx_members`, `prlx_windows` and
 * `prlx_beside` had the customers that were done again.
 */
export async function openAmended({ project }: Pipeline, { session }: Engine, { minute, folder, beside }: MinuteOutcome): Promise<void> {
  const views = [
    ['prlx_members', wholeSql(folder, 'members', 'key')],
    ['satisfaction', wholeSql(folder, 'results', project.key.name)],
    ['prlx_windows', wholeWindowsSql(project, minute, folder)],
    ...(beside === null ? [] : [['prlx_beside', wholeBesideSql(folder)] as const]),
  ] as const;
  await together(...views.map(([view, sql]) => session.command(`CREATE OR REPLACE TEMPORARY VIEW ${view} AS ${sql}`)));
}
