import { type Project, quoteIdentifier } from '@parallax/core';
import { SparkError } from '@parallax/spark-connect';
import type { Engine } from '../engine/engine.ts';
import { typedKey } from '../engine/sql.ts';
import { prepareUserSql } from '../score/user-sql.ts';
import { columnType, streamColumns } from '../window/columns.ts';
import { batchColumnTypes } from './columns.ts';

/** What a column of the view `batch` is made of where only its plan is wanted; a name of columns holds no colon. */
const MARK = 'prlx:batch:';

/**
 * The declared columns of the view `batch` that the project's SQL takes, by Spark's own optimised plans of both queries: a column that is
 * pruned there has no part in any answer. Where a query has no plan all columns count: the error is for whom runs it.
 */
export async function takenColumns(engine: Engine, project: Project): Promise<ReadonlySet<string>> {
  const all = [...batchColumnTypes(project).keys()];
  const taken = new Set<string>();
  // Plans are cut to 25 columns else.
  await engine.session.setConf({ 'spark.sql.debug.maxToStringFields': '100000' });
  for (const sql of planQueries(project)) {
    try {
      const explained = await engine.session.explain(sql, 'extended');
      for (const [, name] of optimisedPlan(explained).matchAll(/prlx:batch:([^:]+):/g)) if (name !== undefined) taken.add(name);
    } catch (error) {
      if (!(error instanceof SparkError)) throw error;
      return new Set(all);
    }
  }
  return taken;
}

/** Both queries over relations that Spark can neither look into nor leave out: of unknown rows, each column null or not. */
export function planQueries(project: Project): readonly string[] {
  const key = `${typedKey('CAST(id AS STRING)', project.key.type)} AS ${quoteIdentifier(project.key.name)}`;
  const maybe = (value: string, name: string) => `IF(id % 2 = 0, ${value}, NULL) AS ${quoteIdentifier(name)}`;
  const relation = (columns: readonly string[]) => `SELECT ${columns.join(', ')} FROM range(0, 1000000, 1, 2)`;
  const batch = [...batchColumnTypes(project)].map(([name, type]) => {
    const mark = `concat('${MARK}${name}:', CAST(id AS STRING))`;
    return maybe(type === 'STRING' ? mark : `CAST(length(${mark}) AS ${type})`, name);
  });
  const online = project.online.flatMap((source) => [
    ...source.fields.map((f) => maybe(`CAST(id AS DECIMAL(20,${f.places}))`, `${source.name}_${f.name}`)),
    maybe('CAST(id AS INT)', `${source.name}_age_minutes`),
  ]);
  const views = [
    `\`stream\` AS (${relation([key, ...streamColumns(project).map((c) => maybe(`CAST(id AS ${columnType(c)})`, c.name))])})`,
    `batch AS (${relation([key, ...batch])})`,
    `online AS (${relation([key, ...online])})`,
    `population AS (${relation([key])})`,
    `iteration AS (${relation([maybe('timestamp_micros(id)', 'minute'), maybe('timestamp_micros(id)', 'hour_start'), maybe('CAST(timestamp_micros(id) AS DATE)', 'batch_day'), maybe('CAST(id AS INT)', 'batch_age_days')])})`,
  ];
  const satisfaction = prepareUserSql(project.satisfactionSql);
  return [
    `WITH ${views.join(', ')} SELECT * FROM (\n${satisfaction}\n)`,
    `WITH ${views.join(', ')}, satisfaction AS (\n${satisfaction}\n) SELECT * FROM (\n${prepareUserSql(project.actionsSql)}\n)`,
  ];
}

/** The part of EXPLAIN EXTENDED between the optimised and the physical plan. */
function optimisedPlan(explained: string): string {
  const from = explained.indexOf('== Optimized Logical Plan ==');
  const to = explained.indexOf('== Physical Plan ==');
  return explained.slice(Math.max(0, from), to < 0 ? undefined : to);
}
