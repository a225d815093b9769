import type { RelationDefinition, SparkSession } from '@parallax/spark-connect';
import { literalPath } from './sql.ts';

/** The union of Parquet folders of one schema (DDL), for a statement of its own; with no folder it is empty. */
export function parquetRelation(schema: string, folders: readonly string[]): RelationDefinition {
  return folders.length === 0 ? { sql: emptySql(schema) } : { format: 'parquet', schema, paths: folders.map(literalPath) };
}

/** The same as the view `name` of the session, for several statements. */
export async function parquetView(session: SparkSession, name: string, schema: string, folders: readonly string[]): Promise<void> {
  const relation = parquetRelation(schema, folders);
  if ('sql' in relation) await session.command(`CREATE OR REPLACE TEMPORARY VIEW ${name} AS ${relation.sql}`);
  else await session.createSourceView(name, relation);
}

/** A query without rows, of the columns of a DDL text. */
export function emptySql(schema: string): string {
  const columns = splitColumns(schema).map((column) => {
    const [, name, type] = /^(`(?:[^`]|``)+`|\S+)\s+(.*)$/s.exec(column) ?? [];
    return `CAST(NULL AS ${type}) AS ${name}`;
  });
  return `SELECT ${columns.join(', ')} WHERE false`;
}

/** The columns of a DDL text: commas inside `<…>` and `(…)` separate nothing. */
function splitColumns(schema: string): string[] {
  const columns: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < schema.length; i++) {
    const c = schema.charAt(i);
    if (c === '<' || c === '(') depth += 1;
    else if (c === '>' || c === ')') depth -= 1;
    else if (c === ',' && depth === 0) {
      columns.push(schema.slice(from, i).trim());
      from = i + 1;
    }
  }
  columns.push(schema.slice(from).trim());
  return columns;
}
