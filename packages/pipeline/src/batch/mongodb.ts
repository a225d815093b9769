import { type BatchSource, type BatchTable, ParallaxError, quoteIdentifier } from '@parallax/core';
import { type Env, setting } from './store-settings.ts';

/** Options of MongoDB's Spark connector for one collection. */
export function mongodbOptions(source: BatchSource, collection: string, env: Env): Record<string, string> {
  const partitioner = setting(source, 'partitioner', env, '');
  return {
    'connection.uri': setting(source, 'url', env),
    database: setting(source, 'database', env),
    collection,
    ...(partitioner === '' ? {} : { partitioner: `com.mongodb.spark.sql.connector.read.partitioner.${partitioner}` }),
  };
}

/**
 * The columns of a collection's documents as DDL, each value as its text, so that what is no number is kept aside and does not end the read. It is
 * said, not inferred: what a sample of the documents does not show would be lost.
 *
 * @param columns wanted names at the documents' top level
 */
export function mongodbSchema(table: BatchTable, columns: readonly string[]): string {
  const fields = table.columns.flatMap(({ field }) => (field === null ? [] : [field]));
  return columns
    .map((name) => `${quoteIdentifier(name)} ${typeOf(fields.filter(([first]) => first === name).map((path) => path.slice(1)))}`)
    .join(', ');
}

/** A text, or where paths lead further a struct of what they lead to. */
function typeOf(paths: readonly (readonly string[])[]): string {
  const further = paths.filter((path) => path.length > 0);
  const names = [...new Set(further.map(([name]) => name as string))];
  if (names.length === 0) return 'STRING';
  const inner = (name: string) => typeOf(further.filter(([first]) => first === name).map((path) => path.slice(1)));
  return `STRUCT<${names.map((name) => `${quoteIdentifier(name)}: ${inner(name)}`).join(', ')}>`;
}

/** Values of documents have no type in common by which they could be compared or added up. Throws PRLX_BATCH_SHAPE. */
export function refuseShape(source: BatchSource, { name, shape }: BatchTable): void {
  if (shape.kind !== 'latest' && shape.kind !== 'reduce') return;
  throw new ParallaxError('PRLX_BATCH_SHAPE', `${source.name}.${name}: documents of MongoDB cannot be read with the shape ${shape.kind}`, {
    exitCode: 2,
    advice: 'Keep one document a customer, or one a customer and type (long).',
  });
}
