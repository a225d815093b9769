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

/** A query without rows, of the columns of a DDL text whose types hold no comma. */
export function emptySql(schema: string): string {
  const columns = schema.split(', ').map((column) => {
    const blank = column.lastIndexOf(' ');
    return `CAST(NULL AS ${column.slice(blank + 1)}) AS ${column.slice(0, blank)}`;
  });
  return `SELECT ${columns.join(', ')} WHERE false`;
}
