import { join } from 'node:path';
import { ParallaxError, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import type { JoinedBatch } from '../batch/join.ts';
import { parquetView } from '../engine/relations.ts';
import { rowsSpec } from '../engine/specs.ts';
import { typedKey, writeParquet } from '../engine/sql.ts';
import { BASE_POPULATION_MAX } from '../limits.ts';
import type { Attempt } from '../pipeline.ts';
import { type Wanted, wantedColumns } from '../score/wanted-columns.ts';
import { COMPACT_DIGITS, columnType, rowsType, VIEW_DIGITS } from './columns.ts';

/** Columns of `members`: customers with a window, or touched, and for the population `base` every base customer. */
export const MEMBERS_SCHEMA = 'key STRING, in_hour BOOLEAN, touched BOOLEAN, in_base BOOLEAN';

/** `MEMBERS_SCHEMA` with the wanted columns. Those of the batch rows are told apart by their prefix. */
function unpackedSchema({ stream, batch }: Wanted, digits: number): string {
  const columns = [
    ...stream.map((c) => `${quoteIdentifier(c.name)} ${columnType(c, digits)}`),
    ...batch.map(({ name, type }) => `${quoteIdentifier(`${BATCH_PREFIX}${name}`)} ${type}`),
  ];
  return [MEMBERS_SCHEMA, ...columns].join(', ');
}

/** What the columns of batch rows begin with in `members`. */
export const BATCH_PREFIX = 'batch.';

/** Who is scored: the folder `members`, the views `prlx_population` (key), `population`, `stream` and `batch`. */
export interface Population {
  readonly customers: number;
  /** Customers with a window that are not in the base population. */
  readonly outsideBase: number;
}

/** Finds the population of the minute among the customers with a window. */
export async function findPopulation(attempt: Attempt, batch: JoinedBatch): Promise<Population> {
  const { pipeline, engine, session } = attempt;
  const { project } = pipeline;
  if (project.population === 'base' && batch.baseCustomers > BASE_POPULATION_MAX) {
    throw new ParallaxError(
      'PRLX_POPULATION',
      `the population "base" has ${batch.baseCustomers} customers, more than ${BASE_POPULATION_MAX}`,
      {
        exitCode: 2,
        advice: 'Use population: window or touched.',
      },
    );
  }
  const wanted = await wantedColumns(engine, project, pipeline.paths.nothing);
  await unpackMembers(attempt, wanted);
  // These look the minute's relations up by name, so they are made once a session.
  await engine.ensure('stream', project.hash, async () => {
    const key = quoteIdentifier(project.key.name);
    await session.command(
      `CREATE OR REPLACE TEMPORARY VIEW prlx_population AS SELECT key FROM prlx_members WHERE ${populationFilter(project)}`,
    );
    await session.command(
      `CREATE OR REPLACE TEMPORARY VIEW population AS SELECT ${typedKey('key', project.key.type)} AS ${key} FROM prlx_population`,
    );
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW stream AS ${streamViewSql(project, wanted)}`);
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW batch AS ${batchViewSql(project, wanted)}`);
  });
  const [row] = await session.collect(
    `SELECT count_if(${populationFilter(project)}) AS population, count_if(NOT in_base) AS outside FROM prlx_members`,
  );
  return { customers: Number(row?.population ?? 0n), outsideBase: Number(row?.outside ?? 0n) };
}

/**
 * The folder and view of `members`. Decimals are unpacked into as many digits as Spark keeps in one integer, for a fraction of the cost; where a sum has
 * more, into all that a column can have, from then on in this session.
 */
async function unpackMembers(attempt: Attempt, wanted: Wanted): Promise<void> {
  const { pipeline, engine, session, folder } = attempt;
  const { project } = pipeline;
  const members = join(folder, 'members');
  const unpack = async (digits: number): Promise<void> => {
    await engine.ensure('members', `${project.hash} ${digits}`, () =>
      session.registerJavaFunction('prlx_stream_rows', 'dev.parallax.functions.Rows', rowsType(wanted.stream, digits)),
    );
    await session.command(writeParquet(members, membersSql(project, wanted, digits, 'prlx_windows', 'prlx_batch')));
    await parquetView(session, 'prlx_members', unpackedSchema(wanted, digits), [members]);
  };
  if (engine.needsAllDigits(project.hash)) return unpack(VIEW_DIGITS);
  try {
    await unpack(COMPACT_DIGITS);
  } catch (error) {
    if (!(error instanceof ParallaxError) || !error.message.includes('PRLX_DIGITS')) throw error;
    engine.useAllDigits(project.hash);
    await unpack(VIEW_DIGITS);
  }
}

function membersSql(project: Project, { stream, batch }: Wanted, digits: number, windows: string, batchRows: string): string {
  const join = project.population === 'base' ? 'FULL OUTER' : 'LEFT OUTER';
  const unpacked = stream.map((c) => `, w.${quoteIdentifier(c.name)}`).join('');
  const lookedUp = batch.map(({ name }) => `, b.${quoteIdentifier(name)} AS ${quoteIdentifier(`${BATCH_PREFIX}${name}`)}`).join('');
  return `SELECT COALESCE(w.key, b.key) AS key, COALESCE(w.in_hour, false) AS in_hour, COALESCE(w.touched, false) AS touched, b.key IS NOT NULL AS in_base${unpacked}${lookedUp}
FROM (SELECT inline(prlx_stream_rows(hour, last, touched, ${quoteLiteral(rowsSpec(project, stream, digits))})) FROM ${windows}) w ${join} JOIN ${batchRows} b ON b.key = w.key`;
}

/** Which rows of `members` are the population that is scored (contract, section 4). */
export function populationFilter(project: Project): string {
  switch (project.population) {
    case 'window':
      return 'in_base AND in_hour';
    case 'touched':
      return 'in_base AND touched';
    case 'base':
      return 'in_base';
  }
}

/** Every population customer's columns; of a customer without any event counts are 0, others null. */
function streamViewSql(project: Project, { stream }: Wanted): string {
  const selected = stream.map((c) => {
    const name = quoteIdentifier(c.name);
    return `${c.places === null ? `COALESCE(${name}, 0L)` : `CAST(${name} AS ${columnType(c)})`} AS ${name}`;
  });
  return `SELECT ${[`${typedKey('key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`, ...selected].join(', ')}
FROM prlx_members WHERE ${populationFilter(project)}`;
}

/** Every population customer's batch row, of which the SQL reads no column that is not there. */
function batchViewSql(project: Project, { batch }: Wanted): string {
  const selected = batch.map(({ name }) => `${quoteIdentifier(`${BATCH_PREFIX}${name}`)} AS ${quoteIdentifier(name)}`);
  return `SELECT ${[`${typedKey('key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`, ...selected].join(', ')}
FROM prlx_members WHERE ${populationFilter(project)}`;
}
