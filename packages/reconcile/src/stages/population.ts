import { join } from 'node:path';
import type { Project } from '@parallax/core';
import type { Comparison } from '../context.ts';
import type { SparkMinute } from '../sides.ts';
import { findBatchRows } from '../spark-side/batch-rows.ts';
import { textOf } from '../spark-side/bytes.ts';
import { type ParquetReader, parquetTable, type Rows } from '../spark-side/parquet.ts';
import { SomeCustomers } from './scored-customers.ts';

/** Who is scored in a minute, by both sides. */
export interface Population {
  /** Whether a customer is scored by either side. */
  has(key: string): boolean;
  /** Those that both score. */
  readonly common: SomeCustomers;
  /** Those that only Spark scores. */
  readonly sparkOnly: ReadonlySet<string>;
}

/** Compares the populations: a customer that only one side scores has rows on that side only. */
export async function comparePopulation({ project, spark, alternative, own, parquet, findings }: Comparison): Promise<Population> {
  const common = new SomeCustomers(own.scored);
  const sparkOnly = new Set<string>();
  for await (const { count, columns } of memberRows(parquet, spark, populationFilter(project))) {
    for (let row = 0; row < count; row++) {
      const key = columns[0]?.getItem(row) as { readonly bytes: Uint8Array } | undefined;
      if (key === undefined) throw new RangeError('a member without a key');
      const { bytes } = key;
      if (!common.add(bytes, 0, bytes.length)) sparkOnly.add(textOf(bytes, 0, bytes.length));
    }
  }
  const alternativeOnly = new Set(common.others());
  findings.covered('population', common.size);
  const base = `${project.base.source}.${project.base.table}`;
  const inSparkBase =
    spark.batch === null
      ? new Map<string, unknown>()
      : await findBatchRows(parquet, project, { folders: [spark.batch.folder], taken: spark.batch.taken }, alternativeOnly);
  const add = (customer: string, stage: 'windows' | 'batch', side: 'spark' | 'alternative') =>
    findings.add({
      stage,
      customer,
      source: stage === 'batch' ? project.base.source : null,
      variable: null,
      column: stage === 'batch' ? base : project.key.name,
      spark: side === 'spark' ? customer : null,
      alternative: side === 'alternative' ? customer : null,
    });
  for (const key of sparkOnly) add(key, alternative.lookups.batchRow(key) === null ? 'batch' : 'windows', 'spark');
  for (const key of alternativeOnly) add(key, inSparkBase.has(key) ? 'windows' : 'batch', 'alternative');
  return { has: (key) => own.scored.has(key) || sparkOnly.has(key), common, sparkOnly };
}

/** The keys, as UTF-8 bytes, of the rows of `members` that `filter` lets pass; of a minute that was made of a draft with those that were done again. */
async function* memberRows(parquet: ParquetReader, { folder, amended }: SparkMinute, filter: string): AsyncIterable<Rows> {
  const whole = await parquetTable(join(folder, 'members'));
  const again = amended ? await parquetTable(join(folder, 'members-amended')) : null;
  const parts = [
    ...(whole === null ? [] : [`SELECT * FROM ${whole}${again === null ? '' : ` WHERE key NOT IN (SELECT key FROM ${again})`}`]),
    ...(again === null ? [] : [`SELECT * FROM ${again}`]),
  ];
  for (const part of parts) yield* parquet.query(`SELECT encode(key) AS key FROM (${part}) WHERE ${filter}`);
}

/** Which rows of `members` are scored (contract, section 4). */
function populationFilter(project: Project): string {
  switch (project.population) {
    case 'window':
      return 'in_base AND in_hour';
    case 'touched':
      return 'in_base AND touched';
    case 'base':
      return 'in_base';
  }
}
