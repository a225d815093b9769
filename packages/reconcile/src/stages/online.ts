import { quoteLiteral } from '@parallax/core';
import { type OnlineViewColumns, onlineColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';

/** Compares, for each customer of the population and each source, the answer that counts: its fields and its age. */
export async function compareOnline(comparison: Comparison, common: readonly string[]): Promise<void> {
  const { project, findings } = comparison;
  for (const [source, columns] of onlineColumns(project).entries()) await compareSource(comparison, common, source, columns);
  findings.covered('online', common.length * project.online.length);
}

async function compareSource(
  { spark, alternative, parquet, findings }: Comparison,
  common: readonly string[],
  source: number,
  view: OnlineViewColumns,
): Promise<void> {
  const { lookups } = alternative;
  const left = new Set(common);
  const add = (customer: string, variable: string | null, column: string, ours: string | null, theirs: string | null) =>
    findings.add({ stage: 'online', customer, source: view.source, variable, column, spark: ours, alternative: theirs });
  const compare = (key: string, age: number | null, value: (field: number) => number | null) => {
    const theirAge = lookups.onlineAge(source, key);
    if (age !== theirAge) add(key, null, view.age, scaledText(age, null), scaledText(theirAge, null));
    for (const [field, { name, variable, places }] of view.fields.entries()) {
      const [ours, theirs] = [value(field), lookups.onlineValue(source, key, field)];
      if (ours !== theirs) add(key, variable, name, scaledText(ours, places), scaledText(theirs, places));
    }
  };
  // A field is an integer within ±10¹¹: a double holds it.
  const fields = view.fields.map((_, index) => `, CAST(vals[${index + 1}] AS DOUBLE)`).join('');
  if (spark.answers !== null) {
    const answers = (table: string) => `SELECT key, CAST(age AS DOUBLE)${fields} FROM ${table} WHERE source = ${quoteLiteral(view.source)}`;
    for await (const { count, columns } of parquet.rows(spark.answers, answers)) {
      for (let row = 0; row < count; row++) {
        const key = columns[0]?.getItem(row) as string;
        const number = (column: number) => columns[column]?.getItem(row) as number | null;
        if (left.delete(key)) compare(key, number(1), (field) => number(field + 2));
      }
    }
  }
  for (const key of left) compare(key, null, () => null);
}
