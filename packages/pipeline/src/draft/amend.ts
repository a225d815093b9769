import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { quoteIdentifier, type Seal } from '@parallax/core';
import { structToDdl } from '@parallax/spark-connect';
import { WANTED_SCHEMA, wantedActionsSql } from '../act/decide.ts';
import { countEntrants, type JoinedBatch, joinBatch } from '../batch/join.ts';
import { gatherParquet } from '../engine/parquet-files.ts';
import { parquetView } from '../engine/relations.ts';
import { fileTable, writeParquet, writeState } from '../engine/sql.ts';
import type { BatchView } from '../ledger/ledger.ts';
import { EXPORT_CHUNK_BYTES } from '../limits.ts';
import { resultLines } from '../lines/lines.ts';
import { mergeLines } from '../lines/merge-lines.ts';
import { type JoinedOnline, joinMoreOnline } from '../online/join.ts';
import type { PhaseClock } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import { countPopulation, type Population, unpackMembers } from '../score/members.ts';
import type { ResultCheck } from '../score/result-check.ts';
import { scorePopulation } from '../score/score.ts';
import { together } from '../together.ts';
import { PANES_SCHEMA } from '../window/panes.ts';
import { ensureTurn } from '../window/turns.ts';
import { mergeMore } from '../window/windows.ts';
import { AMENDED_SCHEMA, type Draft } from './draft.ts';

/** A minute that is scored, and what is still to be done of it. */
export interface Scored {
  /** The folder of the stacks that turned before this minute; null: none did. */
  readonly turn: string | null;
  readonly batch: JoinedBatch;
  readonly online: JoinedOnline;
  /** Customers that were looked up in the batch view. */
  readonly entrants: number;
  /** A query of `WANTED_SCHEMA`. */
  readonly wanted: string;
  /** The minute's result lines, each shown to `check`. */
  readonly lines: AsyncIterable<string | Buffer>;
  readonly check: ResultCheck;
  /** Makes the attempt's folder whole. @returns who was scored */
  finish(): Promise<Population>;
  /** Opens the views of all, once the actions are decided and the lines are read. */
  open(): Promise<void>;
}

const MEMBERS = 'members-amended';
const RESULTS = 'results-amended';

/**
 * Does the minute's customers again whom panes touch that the draft has not: merges their windows, looks up their batch rows, asks for those that are new, and
 * scores them. All others are as in the draft.
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
  const { pipeline, engine, session, minute, folder } = attempt;
  const { project } = pipeline;
  await phases.time('window', async () => {
    await parquetView(session, 'prlx_panes_more', PANES_SCHEMA, more);
    await together(mergeMore(attempt, join(draft.folder, 'windows'), 'prlx_panes_more'), findAmended(attempt, 'prlx_panes_more'));
  });
  const batch = await phases.time('batch', () => joinBatch(attempt, view, view === null ? [] : [join(draft.folder, 'beside')]));
  const [online, entrants] = await phases.time('online', () =>
    together(joinMoreOnline(attempt, seal, draft.folder, draft.online), countEntrants(attempt, batch)),
  );
  // As the draft was: then the code that was generated for it is there.
  const compiled = <T>(work: () => Promise<T>) => engine.compiled(draft.customers, work);
  await phases.time('population', () => compiled(() => unpackMembers(attempt, batch, MEMBERS, true)));
  await phases.time('score', () => compiled(() => scorePopulation(attempt, draft.batch?.day ?? null, RESULTS)));
  await parquetView(session, 'prlx_wanted_draft', WANTED_SCHEMA, [join(draft.folder, 'wanted')]);
  const check = draft.check.copy();
  return {
    turn: await ensureTurn(pipeline, engine, minute, folder),
    batch,
    online,
    entrants,
    wanted: `${await wantedActionsSql(engine, project)} UNION ALL SELECT d.customer, d.action, d.reason FROM prlx_wanted_draft d LEFT ANTI JOIN prlx_amended_keys k ON k.key = d.customer`,
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
    finish: () => writeWhole(attempt, draft),
    open: () => openWhole(attempt),
  };
}

/** A file's bytes; it is opened when the first are asked for. */
async function* bytesOf(path: string): AsyncIterable<Buffer> {
  yield* createReadStream(path, { highWaterMark: EXPORT_CHUNK_BYTES });
}

/** The keys of those who are done again, ascending as UTF-8 bytes. */
async function* amendedKeys({ session }: Attempt): AsyncIterable<string> {
  for await (const row of session.query('SELECT /*+ COALESCE(1) */ key FROM prlx_amended_keys SORT BY key')) yield String(row.key);
}

/** The customers whom more panes touch: the folder `amended`, the views `prlx_amended` and `prlx_amended_keys`. */
async function findAmended({ pipeline, engine, session, folder }: Attempt, more: string): Promise<void> {
  const amended = join(folder, 'amended');
  const keys = `SELECT bucket, prlx_keys(collect_list(touched)) AS keys FROM ${more} WHERE touched IS NOT NULL GROUP BY bucket`;
  await session.command(writeState(amended, keys));
  await parquetView(session, 'prlx_amended', AMENDED_SCHEMA, [amended]);
  await engine.ensure('amended', pipeline.project.hash, () =>
    session.command('CREATE OR REPLACE TEMPORARY VIEW prlx_amended_keys AS SELECT explode(prlx_key_list(keys)) AS key FROM prlx_amended'),
  );
}

/** The folders `results` and `members`; the second holds the draft's, also those that `members-amended` stands in place of. */
async function writeWhole(attempt: Attempt, draft: Draft): Promise<Population> {
  const { pipeline, session, folder } = attempt;
  const key = quoteIdentifier(pipeline.project.key.name);
  const drafted = fileTable('parquet', join(draft.folder, 'results'));
  const anew = fileTable('parquet', join(folder, RESULTS));
  const whole = `SELECT d.* FROM ${drafted} d LEFT ANTI JOIN prlx_amended_keys k ON k.key = CAST(d.${key} AS STRING) UNION ALL SELECT * FROM ${anew}`;
  await gatherParquet(join(folder, 'members'), [join(draft.folder, 'members')]);
  const [population] = await together(
    countPopulation(attempt, `(${membersOf(attempt)})`),
    session.command(writeParquet(join(folder, 'results'), whole)),
  );
  return population;
}

async function openWhole(attempt: Attempt): Promise<void> {
  const { engine, session, folder } = attempt;
  const results = structToDdl(await engine.schema('SELECT * FROM satisfaction'));
  await together(
    session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_members AS ${membersOf(attempt)}`),
    parquetView(session, 'satisfaction', results, [join(folder, 'results')]),
  );
}

function membersOf({ folder }: Attempt): string {
  return wholeMembersSql(folder, 'prlx_amended_keys');
}

/** The members of an iteration that was made of a draft, in its folder. @param keys relation of `key`, those who were done again */
export function wholeMembersSql(folder: string, keys = amendedKeysSql(folder)): string {
  const part = (name: string) => fileTable('parquet', join(folder, name));
  return `SELECT d.* FROM ${part('members')} d LEFT ANTI JOIN ${keys} k ON k.key = d.key UNION ALL SELECT * FROM ${part(MEMBERS)}`;
}

function amendedKeysSql(folder: string): string {
  return `(SELECT explode(prlx_key_list(keys)) AS key FROM ${fileTable('parquet', join(folder, 'amended'))})`;
}
