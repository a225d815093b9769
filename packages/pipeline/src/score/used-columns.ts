import { mkdir } from 'node:fs/promises';
import { type Project, quoteIdentifier } from '@parallax/core';
import { SparkError } from '@parallax/spark-connect';
import type { ColumnsByView, Engine } from '../engine/engine.ts';
import { typedKey } from '../engine/sql.ts';
import { referencesIn } from './named-columns.ts';
import { prepareUserSql } from './user-sql.ts';

/** A view that the user's SQL may name, with all columns that it could have. */
export interface OfferedView {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/**
 * Which columns of the offered views the project's two queries want, by view: those that Spark's optimiser reads, and those that the analysed plan refers to, which
 * have to be there also where their values come to nothing. Each view stands on Parquet files (none of them there) whose columns have names of their own, so that the
 * plan says which of these its scans read. Leaves the views as temporary views, to be replaced by the minute's.
 */
export async function usedColumns(engine: Engine, project: Project, views: readonly OfferedView[], folder: string): Promise<ColumnsByView> {
  const plans = await offeredPlans(engine, project, views, folder);
  const found = plans.map((plan) => referencesIn(plan, views));
  const all = [...plans.map((plan) => readColumns(plan, views)), ...found.map(({ named }) => named)];
  const wanted = new Map(views.map(({ name }) => [name, new Set(all.flatMap((columns) => [...(columns.get(name) ?? [])]))] as const));
  const passed = new Set(found.flatMap((each) => [...each.passed]));
  if (passed.size === 0 || (await isEnough(engine, project, views, wanted, folder))) return wanted;
  // A list that names every column of a view is no `*`.
  return new Map(
    views.map(({ name, columns }) => [name, passed.has(name) ? new Set(columns.map((c) => c.name)) : new Set(wanted.get(name))]),
  );
}

/** Whether the queries can be analysed over the wanted columns alone. */
async function isEnough(
  engine: Engine,
  project: Project,
  views: readonly OfferedView[],
  wanted: ColumnsByView,
  folder: string,
): Promise<boolean> {
  const fewer = views.map(({ name, columns }) => ({
    name,
    columns: columns.filter((column) => wanted.get(name)?.has(column.name) === true),
  }));
  try {
    await offerViews(engine, project, fewer, folder);
    await engine.session.schema(prepareUserSql(project.actionsSql));
    return true;
  } catch (error) {
    if (error instanceof SparkError && !error.retryable) return false;
    throw error;
  }
}

/**
 * How Spark analyses, optimises and plans the project's two queries over the offered views: of `satisfaction.sql`, then of `actions.sql`, over what the first gives.
 *
 * @param folder an empty folder, made when it is not there
 */
export async function offeredPlans(
  engine: Engine,
  project: Project,
  views: readonly OfferedView[],
  folder: string,
): Promise<readonly [satisfaction: string, actions: string]> {
  const { session } = engine;
  await offerViews(engine, project, views, folder);
  await session.setConf(ALL_COLUMNS_TOLD);
  try {
    return [
      await session.explain('SELECT * FROM satisfaction', 'extended'),
      await session.explain(prepareUserSql(project.actionsSql), 'extended'),
    ];
  } finally {
    await session.setConf(FEW_COLUMNS_TOLD);
  }
}

/** Makes the offered views, the others that the SQL may name, and `satisfaction`. */
async function offerViews(engine: Engine, project: Project, views: readonly OfferedView[], folder: string): Promise<void> {
  const { session } = engine;
  // The session's own views are to be made anew.
  engine.forget('views');
  await mkdir(folder, { recursive: true });
  const key = quoteIdentifier(project.key.name);
  const keyed = `${typedKey('key', project.key.type)} AS ${key}`;
  for (const [v, view] of views.entries()) {
    const schema = ['key STRING', ...view.columns.map(({ type }, c) => `v${v}_c${c} ${type}`)].join(', ');
    await session.createSourceView(`prlx_offered_${v}`, { format: 'parquet', schema, paths: [folder] });
    const columns = view.columns.map(({ name }, c) => `v${v}_c${c} AS ${quoteIdentifier(name)}`);
    await session.command(
      `CREATE OR REPLACE TEMPORARY VIEW ${quoteIdentifier(view.name)} AS SELECT ${[keyed, ...columns].join(', ')} FROM prlx_offered_${v}`,
    );
  }
  await session.createSourceView('prlx_offered_keys', { format: 'parquet', schema: 'key STRING', paths: [folder] });
  await session.command(`CREATE OR REPLACE TEMPORARY VIEW population AS SELECT ${keyed} FROM prlx_offered_keys`);
  await session.command(
    "CREATE OR REPLACE TEMPORARY VIEW iteration AS SELECT TIMESTAMP '2000-01-01' AS minute, TIMESTAMP '2000-01-01' AS hour_start, DATE '2000-01-01' AS batch_day, 0 AS batch_age_days",
  );
  await session.command(`CREATE OR REPLACE TEMPORARY VIEW satisfaction AS\n${prepareUserSql(project.satisfactionSql)}`);
}

/** How much a plan says of what a scan reads and of what a list holds: all that is asked for here; Spark's own measures where every statement's plan is written out. */
const ALL_COLUMNS_TOLD = { 'spark.sql.maxMetadataStringLength': String(1 << 24), 'spark.sql.debug.maxToStringFields': String(1 << 24) };
const FEW_COLUMNS_TOLD = { 'spark.sql.maxMetadataStringLength': '100', 'spark.sql.debug.maxToStringFields': '25' };

/** The offered columns that a plan's scans read. */
export function readColumns(plan: string, views: readonly OfferedView[]): ColumnsByView {
  const used = new Map(views.map(({ name }) => [name, new Set<string>()]));
  for (const [, schema = ''] of plan.matchAll(/ReadSchema: (struct<.*>)/g)) {
    for (const [, v, c] of schema.matchAll(/[<,]v(\d+)_c(\d+):/g)) {
      const view = views[Number(v)];
      const column = view?.columns[Number(c)];
      if (view !== undefined && column !== undefined) used.get(view.name)?.add(column.name);
    }
  }
  return used;
}
