import { type OnlineViewColumns, onlineColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import { eachStandingAnswer } from '../spark-side/answers.ts';
import type { SomeCustomers } from './scored-customers.ts';

/** Compares, for each customer of the population and each source, the answer that counts: its fields and its age. */
export async function compareOnline(comparison: Comparison, common: SomeCustomers): Promise<void> {
  const { project, findings } = comparison;
  for (const [source, columns] of onlineColumns(project).entries()) await compareSource(comparison, common, source, columns);
  findings.covered('online', common.size * project.online.length);
}

async function compareSource(
  { project, spark, alternative, parquet, findings }: Comparison,
  common: SomeCustomers,
  source: number,
  view: OnlineViewColumns,
): Promise<void> {
  const { lookups } = alternative;
  const left = common.copy();
  const add = (customer: string, variable: string | null, column: string, ours: string | null, theirs: string | null) =>
    findings.add({ stage: 'online', customer, source: view.source, variable, column, spark: ours, alternative: theirs });
  const { fields } = view;
  const theirValues = new Array<number | null>(fields.length).fill(null);
  const compare = (key: string, age: number | null, values: readonly (number | null)[]) => {
    const theirAge = lookups.onlineAnswer(source, key, theirValues);
    if (age !== theirAge) add(key, null, view.age, scaledText(age, null), scaledText(theirAge, null));
    for (let field = 0; field < fields.length; field++) {
      const [ours, theirs] = [values[field] ?? null, theirValues[field] ?? null];
      if (ours === theirs) continue;
      const { name, variable, places } = fields[field] as (typeof fields)[number];
      add(key, variable, name, scaledText(ours, places), scaledText(theirs, places));
    }
  };
  const declared = project.online[source];
  if (spark.answers !== null && declared !== undefined) {
    await eachStandingAnswer(parquet, spark.answers, declared, ({ bytes, keyStart, keyEnd, age, values }) => {
      const key = left.take(bytes, keyStart, keyEnd);
      if (key !== null) compare(key, age, values);
    });
  }
  for (const key of left.keys()) compare(key, null, NO_VALUES);
}

const NO_VALUES: readonly (number | null)[] = [];
