import { join } from 'node:path';
import type { Comparison } from '../context.ts';
import { findBatchRows } from '../spark-side/batch-rows.ts';
import { textOf } from '../spark-side/bytes.ts';
import { eachAmendedMember, scoredMembers } from '../spark-side/member-keys.ts';
import { keptFiles } from '../spark-side/parquet.ts';
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
export async function comparePopulation(comparison: Comparison): Promise<Population> {
  const { project, spark, alternative, own, parquet, findings } = comparison;
  const { common, sparkOnly } = await sparkPopulation(comparison);
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

/** Whom Spark scores: those in `members`; of a minute that was made of a draft with what those are by now who were done again. */
async function sparkPopulation({ project, spark, own, parquet, ahead }: Comparison): Promise<Pick<Population, 'common' | 'sparkOnly'>> {
  const common = new SomeCustomers(own.scored);
  const sparkOnly = new Set<string>();
  for (const file of await keptFiles(join(spark.folder, 'members'))) {
    const keys = ahead.members.of(file) ?? (await scoredMembers(parquet, file.path, project));
    const numbers = keys.numbersIn(own.scored);
    for (let i = 0; i < keys.size; i++)
      if (!common.addNumber(numbers[i] as number)) sparkOnly.add(textOf(keys.bytes, keys.startOf(i), keys.endOf(i)));
  }
  if (spark.amended)
    await eachAmendedMember(parquet, spark.folder, project, (key, isScored) => {
      const isOurs = isScored ? common.add(key, 0, key.length) : common.take(key, 0, key.length) !== null;
      if (isOurs) return;
      if (isScored) sparkOnly.add(textOf(key, 0, key.length));
      else sparkOnly.delete(textOf(key, 0, key.length));
    });
  return { common, sparkOnly };
}
