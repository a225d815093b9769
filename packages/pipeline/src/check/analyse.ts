import { type Place, type Project, quoteIdentifier } from '@parallax/core';
import { SparkError, type SparkType, type StructField, structToDdl, typeToDdl } from '@parallax/spark-connect';
import { batchViewColumns } from '../batch/columns.ts';
import { noBatchSql } from '../batch/no-batch.ts';
import type { Engine } from '../engine/engine.ts';
import { typedKey } from '../engine/sql.ts';
import { onlineColumnTypes } from '../online/answers.ts';
import { analysedPlan } from '../score/named-columns.ts';
import { sameName } from '../score/score.ts';
import { prepareUserSql } from '../score/user-sql.ts';
import { columnType, streamColumns } from '../window/columns.ts';

/** Something that Spark's analyser, or the types it found, say against a project. */
export interface SqlProblem {
  readonly place: Place;
  readonly message: string;
}

/**
 * Has Spark analyse the project's two queries over empty views of the declared columns: names, types, and what exact columns refuse
 * (contract, section 5). Nothing is run. The session's views are replaced, so use it before the first minute.
 */
export async function analyseProject(engine: Engine, project: Project): Promise<SqlProblem[]> {
  await emptyViews(engine, project);
  const satisfaction = await analyse(engine, project, 'satisfaction.sql', project.satisfactionSql, [project.key.name, 'satisfaction']);
  if (satisfaction.columns === null) return satisfaction.problems;
  const types = satisfaction.columns.flatMap(({ name, type }) => resultProblem(project, name, type));
  // Rows of those columns, not the query: what satisfaction.sql computes is not for actions.sql to answer.
  await engine.session.createLocalView('satisfaction', { kind: 'struct', fields: satisfaction.columns }, []);
  const actions = await analyse(engine, project, 'actions.sql', project.actionsSql, [project.key.name, 'action', 'reason']);
  return [...satisfaction.problems, ...types, ...actions.problems];
}

async function emptyViews(engine: Engine, project: Project): Promise<void> {
  const key = `${typedKey('CAST(NULL AS STRING)', project.key.type)} AS ${quoteIdentifier(project.key.name)}`;
  const stream = streamColumns(project).map((c) => `CAST(NULL AS ${columnType(c)}) AS ${quoteIdentifier(c.name)}`);
  const online = onlineColumnTypes(project).map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
  const views: readonly (readonly [string, string])[] = [
    ['stream', `SELECT ${[key, ...stream].join(', ')} WHERE false`],
    ['online', `SELECT ${[key, ...online].join(', ')} WHERE false`],
    ['population', `SELECT ${key} WHERE false`],
    [
      'batch',
      `SELECT ${[`${typedKey('key', project.key.type)} AS ${quoteIdentifier(project.key.name)}`, ...batchViewColumns(project).map(quoteIdentifier)].join(', ')} FROM (${noBatchSql(project)})`,
    ],
    [
      'iteration',
      'SELECT CAST(NULL AS TIMESTAMP) AS minute, CAST(NULL AS TIMESTAMP) AS hour_start, CAST(NULL AS DATE) AS batch_day, CAST(NULL AS INT) AS batch_age_days WHERE false',
    ],
  ];
  for (const [name, sql] of views) await engine.session.command(`CREATE OR REPLACE TEMPORARY VIEW ${quoteIdentifier(name)} AS ${sql}`);
}

interface Analysed {
  /** Null when the query has no plan, or no view can be made of it. */
  readonly columns: readonly StructField[] | null;
  readonly problems: SqlProblem[];
}

async function analyse(engine: Engine, project: Project, file: string, sql: string, required: readonly string[]): Promise<Analysed> {
  const prepared = prepareUserSql(sql);
  try {
    const schema = await engine.session.schema(prepared);
    const twice = schema.fields.filter(({ name }, i) => schema.fields.findIndex((f) => sameName(f.name, name)) < i);
    if (twice.length > 0) {
      return {
        columns: null,
        problems: twice.map(({ name }) => ({ place: { file, field: name }, message: 'stands twice among the columns' })),
      };
    }
    const missing = required.filter((name) => !schema.fields.some((f) => sameName(f.name, name)));
    const problems: SqlProblem[] = missing.map((name) => ({
      place: { file, field: name },
      message: `returns no column ${name}; its columns are ${structToDdl(schema).slice(0, 300)}`,
    }));
    if (
      project.approximate.length === 0 &&
      /\b(?:as|AS) (?:double|float)\)/.test(analysedPlan(await engine.session.explain(prepared, 'extended')))
    ) {
      problems.push({
        place: { file },
        message:
          'computes in DOUBLE (a `/` on integers, or a double literal or function): use prlx_div and DECIMAL literals, or declare the column approximate',
      });
    }
    return { columns: schema.fields, problems };
  } catch (error) {
    if (!(error instanceof SparkError)) throw error;
    const line = error.line;
    return { columns: null, problems: [{ place: line === undefined ? { file } : { file, line }, message: firstLine(error.message) }] };
  }
}

function resultProblem(project: Project, name: string, type: SparkType): SqlProblem[] {
  const place = { file: 'satisfaction.sql', field: name };
  switch (type.kind) {
    case 'float':
    case 'double':
      return project.approximate.some((a) => sameName(a.column, name))
        ? []
        : [
            {
              place,
              message: `is a ${typeToDdl(type)}: results are exact; use DECIMAL (prlx_div divides exactly), or declare it approximate`,
            },
          ];
    case 'decimal':
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
      return [];
    case 'string':
    case 'boolean':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'date':
      return sameName(name, 'satisfaction')
        ? [{ place, message: `is ${typeToDdl(type)}: satisfaction is DECIMAL(5,2), 0–100 or null` }]
        : [];
    default:
      return [{ place, message: `is ${typeToDdl(type)}: results hold integers, DECIMAL, text, boolean, timestamp` }];
  }
}

/** The first line that says something: a syntax error's message begins with an empty one. */
function firstLine(text: string): string {
  return text.trimStart().split('\n')[0] ?? text;
}
