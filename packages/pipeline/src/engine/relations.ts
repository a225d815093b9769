import type { SparkSession } from '@parallax/spark-connect';
import { literalPath } from './sql.ts';

/** Makes `name` the union of Parquet folders of one schema (DDL); with no folder it is empty. */
export async function parquetView(session: SparkSession, name: string, schema: string, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) {
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW ${name} AS ${emptySql(schema)}`);
    return;
  }
  await session.createSourceView(name, { format: 'parquet', schema, paths: folders.map(literalPath) });
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
