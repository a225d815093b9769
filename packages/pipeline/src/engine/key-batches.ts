import type { SparkSession } from '@parallax/spark-connect';

/** Customer keys as they come, some thousand at a time: who passes hundreds of thousands on one by one waits, and makes an object, for each. */
export type KeyBatches = AsyncIterable<readonly string[]>;

/**
 * Streams the keys of a query, a batch of Spark's at a time.
 *
 * @param sql its first column has the keys, text without nulls
 */
export async function* keyBatches(session: SparkSession, sql: string): KeyBatches {
  for await (const { columns, rowCount } of session.queryBatches(sql)) {
    yield Array.from({ length: rowCount }, (_, row) => String(columns[0]?.get(row)));
  }
}
