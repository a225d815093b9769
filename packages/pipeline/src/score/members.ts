import { join } from 'node:path';
import { ParallaxError, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import type { RelationDefinition } from '@parallax/spark-connect';
import { scorecardColumns } from '../batch/columns.ts';
import type { JoinedBatch } from '../batch/join.ts';
import { keptCells } from '../batch/variables.ts';
import { parquetView } from '../engine/relations.ts';
import { type BatchColumnsSpec, membersSpec } from '../engine/specs.ts';
import { typedKey, writeParquet } from '../engine/sql.ts';
import { onlineColumnTypes } from '../online/answers.ts';
import type { Attempt } from '../pipeline.ts';
import { COMPACT_DIGITS, columnType, VIEW_DIGITS } from '../window/columns.ts';
import { bucketsSql, MEMBERS_SCHEMA, populationFilter } from '../window/population.ts';
import { type Wanted, wantedColumns } from './wanted-columns.ts';

/** What the columns of batch rows and of online answers begin with in `members`. */
export const BATCH_PREFIX = 'batch.';
export const ONLINE_PREFIX = 'online.';

/** Who is scored. */
export interface Population {
  readonly customers: number;
  /** Customers with a window that are not in the base population. */
  readonly outsideBase: number;
}

/**
 * Unpacks what the SQL wants to know of the minute's customers, once, a row each: the folder `members`, the view `prlx_members`, and over it the views
 * `stream`, `batch`, `online` and `population`.
 *
 * @param target the folder's name
 * @returns the folder's columns as DDL
 */
export async function unpackMembers(attempt: Attempt, batch: JoinedBatch, target: string): Promise<string> {
  const { pipeline, engine, session } = attempt;
  const { project } = pipeline;
  const wanted = await wantedColumns(engine, project, pipeline.paths.nothing);
  const schema = await unpack(attempt, wanted, batch, target);
  // These look the minute's relation up by name, so they are made once a session.
  await engine.ensure('views', project.hash, async () => {
    for (const [name, sql] of memberViews(project, wanted)) await session.command(`CREATE OR REPLACE TEMPORARY VIEW ${name} AS ${sql}`);
  });
  return schema;
}

/** Counts the population of a relation of `members`, with those that it alone names. */
export async function countPopulation(
  { pipeline, session }: Attempt,
  { sql, relations = {} }: { readonly sql: string; readonly relations?: Readonly<Record<string, RelationDefinition>> } = {
    sql: 'prlx_members',
  },
): Promise<Population> {
  const counts = `count_if(${populationFilter(pipeline.project)}) AS population, count_if(NOT in_base) AS outside`;
  const [row] = await session.collect(`SELECT ${counts} FROM ${sql}`, { relations });
  return { customers: Number(row?.population ?? 0n), outsideBase: Number(row?.outside ?? 0n) };
}

/**
 * Decimals are unpacked into as many digits as Spark keeps in one integer, for a fraction of the cost; where a value has more, into all that a column can
 * have, from then on in this session.
 */
async function unpack(attempt: Attempt, wanted: Wanted, batch: JoinedBatch, target: string): Promise<string> {
  const { pipeline, engine, session, folder } = attempt;
  const { project } = pipeline;
  const members = join(folder, target);
  const unpackTo = async (digits: number): Promise<string> => {
    const shown = columnsOf(project, wanted, batch.taken, digits);
    const version = JSON.stringify([project.hash, digits, batch.taken]);
    const type = [
      'key: STRING',
      'in_hour: BOOLEAN',
      'touched: BOOLEAN',
      'in_base: BOOLEAN',
      ...shown.columns.map((c) => `${quoteIdentifier(c.name)}: ${c.type}`),
    ];
    await engine.ensure('members', version, () =>
      session.registerJavaFunction('prlx_member_rows', 'dev.parallax.functions.MemberRows', `ARRAY<STRUCT<${type.join(', ')}>>`),
    );
    const spec = membersSpec(project, wanted.stream, shown.batch, digits);
    const { from, args } = bucketsSql(project, true);
    await session.command(writeParquet(members, `SELECT inline(prlx_member_rows(w.hour, ${args}, ${quoteLiteral(spec)})) ${from}`));
    const schema = membersSchema(shown.columns);
    await parquetView(session, 'prlx_members', schema, [members]);
    return schema;
  };
  if (engine.needsAllDigits(project.hash)) return unpackTo(VIEW_DIGITS);
  try {
    return await unpackTo(COMPACT_DIGITS);
  } catch (error) {
    if (!(error instanceof ParallaxError) || !error.message.includes('PRLX_DIGITS')) throw error;
    engine.useAllDigits(project.hash);
    return unpackTo(VIEW_DIGITS);
  }
}

interface Column {
  readonly name: string;
  readonly type: string;
}

function membersSchema(columns: readonly Column[]): string {
  return [MEMBERS_SCHEMA, ...columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`)].join(', ');
}

/** The columns of `members` behind `MEMBERS_SCHEMA`, and which those are of what batch rows hold. */
function columnsOf(
  project: Project,
  wanted: Wanted,
  taken: readonly string[],
  digits: number,
): { readonly columns: readonly Column[]; readonly batch: BatchColumnsSpec } {
  const types = new Map(wanted.batch.map(({ name, type }) => [name, type]));
  const cells = keptCells(project, new Set(taken));
  const sums = scorecardColumns(project).flatMap((name, module) => (types.has(name) ? [{ name, module }] : []));
  const shown = [...cells, ...sums].flatMap(({ name }) => {
    const type = types.get(name);
    return type === undefined ? [] : [{ name: `${BATCH_PREFIX}${name}`, type }];
  });
  const ofAnswers = project.online.flatMap((source) => [
    ...source.fields.map((field) => ({ name: `${ONLINE_PREFIX}${source.name}_${field.name}`, type: columnType(field, digits) })),
    { name: `${ONLINE_PREFIX}${source.name}_age_minutes`, type: 'INT' },
  ]);
  return {
    columns: [...wanted.stream.map((c) => ({ name: c.name, type: columnType(c, digits) })), ...shown, ...ofAnswers],
    batch: {
      cells: cells.map(({ name, column }) => ({ places: column.type.kind === 'text' ? null : column.type.places, skip: !types.has(name) })),
      modules: Math.max(0, scorecardColumns(project).length - 1),
      sums: sums.map(({ module }) => ({ module })),
    },
  };
}

/** The views of the user's SQL over `members`: each has exactly the population's rows, and of `stream` and `batch` what the SQL reads. */
function memberViews(project: Project, { stream, batch }: Wanted): readonly (readonly [name: string, sql: string])[] {
  const ofStream = stream.map(({ name, places }) => {
    const column = quoteIdentifier(name);
    return places === null ? column : `CAST(${column} AS ${columnType({ places })}) AS ${column}`;
  });
  const ofBatch = batch.map(({ name }) => `${quoteIdentifier(`${BATCH_PREFIX}${name}`)} AS ${quoteIdentifier(name)}`);
  const ofOnline = onlineColumnTypes(project).map(
    ({ name, type }) => `CAST(${quoteIdentifier(`${ONLINE_PREFIX}${name}`)} AS ${type}) AS ${quoteIdentifier(name)}`,
  );
  const of = (columns: readonly string[]) => memberSelect(project, 'prlx_members', columns);
  return [
    ['prlx_population', `SELECT key FROM prlx_members WHERE ${populationFilter(project)}`],
    ['population', of([])],
    ['stream', of(ofStream)],
    ['batch', of(ofBatch)],
    ['online', of(ofOnline)],
  ];
}

/** The population's rows of a relation of `members`: the key with its declared type and name, then `columns`. */
export function memberSelect(project: Project, members: string, columns: readonly string[]): string {
  const key = `${typedKey('key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`;
  return `SELECT ${[key, ...columns].join(', ')} FROM ${members} WHERE ${populationFilter(project)}`;
}
