import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, ParallaxError, type Project, quoteIdentifier, type VerdictSource } from '@parallax/core';
import { parseOutcome } from '../committed.ts';
import { partOf } from '../draft/whole.ts';
import type { Engine } from '../engine/engine.ts';
import { fileTable } from '../engine/sql.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { BATCH_PREFIX, memberSelect, ONLINE_PREFIX } from '../score/members.ts';
import { iterationSql } from '../score/score.ts';
import { MEMBERS_SCHEMA } from '../window/population.ts';
import { servedLayers } from './layers.ts';
import { newestSql, servedColumns, servingSql } from './serving.ts';

/** What a session can be asked of. */
export interface LiveViews {
  /** The newest committed minute. */
  readonly minute: Micros;
  readonly batchDay: string;
  /** The views that were made. */
  readonly names: readonly string[];
}

/**
 * Makes temporary views of what a run has come to, which may go on meanwhile: `serving`, a row a base customer (the baseline, and over it the
 * newest iteration that scored the customer); and of the newest minute `satisfaction`, `online`, and of `stream` and `batch` what the project's SQL reads.
 *
 * @throws ParallaxError PRLX_QUERY when there is no committed minute, or its day has no baseline yet
 */
export async function openLiveViews(engine: Engine, project: Project, ledger: Ledger, verdicts: VerdictSource): Promise<LiveViews> {
  const { session } = engine;
  const layers = servedLayers(ledger);
  const newest = ledger.newest();
  if (layers === null || newest === null) {
    throw new ParallaxError('PRLX_QUERY', newest === null ? 'no minute has been committed yet' : 'the batch day has no baseline yet', {
      advice: 'It is made beside the minutes once the day is complete: try again in a minute.',
    });
  }
  const columns = await servedColumns(session, layers);
  const said = new Map<Micros, string>();
  const first = BigInt(layers.baseline.minute);
  for (let minute = first; minute <= layers.minute; minute += MICROS_PER_MINUTE) {
    const verdict = verdicts.verdictOf(minute)?.verdict;
    if (verdict !== undefined) said.set(minute, verdict);
  }
  const folder = (part: string) => fileTable('parquet', join(newest.folder, part));
  const members = (await session.schema(`SELECT * FROM ${folder('members')}`)).fields.map(({ name }) => name).slice(MEMBER_COLUMNS);
  const { amended } = parseOutcome(newest.report);
  const all = partOf(newest.folder, amended, 'members', 'key');
  const of = (columns: readonly string[]) => memberSelect(project, all, columns);
  const under = (prefix: string) =>
    members.flatMap((name) =>
      name.startsWith(prefix) ? [`${quoteIdentifier(name)} AS ${quoteIdentifier(name.slice(prefix.length))}`] : [],
    );
  const views: readonly (readonly [string, string])[] = [
    ['serving', servingSql(layers, columns, await newestSql(session, layers, columns), said)],
    ['satisfaction', `SELECT * FROM ${partOf(newest.folder, amended, 'results', project.key.name)}`],
    ['population', of([])],
    ['stream', of(members.filter((name) => ![BATCH_PREFIX, ONLINE_PREFIX].some((prefix) => name.startsWith(prefix))).map(quoteIdentifier))],
    ['batch', of(under(BATCH_PREFIX))],
    ['online', of(under(ONLINE_PREFIX))],
    ['iteration', iterationSql(newest.minute, layers.day.day)],
  ];
  for (const [name, sql] of views) await session.command(`CREATE OR REPLACE TEMPORARY VIEW ${name} AS ${sql}`);
  return { minute: newest.minute, batchDay: layers.day.day, names: views.map(([name]) => name) };
}

/** Columns of `members` before those that were unpacked. */
const MEMBER_COLUMNS = MEMBERS_SCHEMA.split(', ').length;
