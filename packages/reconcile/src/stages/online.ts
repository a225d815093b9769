import { type AnswerLookups, answersAhead } from '../ahead/answers-ahead.ts';
import { type OnlineViewColumns, onlineColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import { keptFiles } from '../spark-side/parquet.ts';
import type { SomeCustomers } from './scored-customers.ts';

/** Compares, for each customer of the population and each source, the answer that counts: its fields and its age. */
export async function compareOnline(comparison: Comparison, common: SomeCustomers): Promise<void> {
  const { project, findings } = comparison;
  for (const [source, columns] of onlineColumns(project).entries()) await compareSource(comparison, common, source, columns);
  findings.covered('online', common.size * project.online.length);
}

async function compareSource(
  { project, spark, alternative, own, ahead, parquet, findings }: Comparison,
  common: SomeCustomers,
  source: number,
  view: OnlineViewColumns,
): Promise<void> {
  const { lookups } = alternative;
  const left = common.copy();
  const add = (customer: string, variable: string | null, column: string, ours: string | null, theirs: string | null) =>
    findings.add({ stage: 'online', customer, source: view.source, variable, column, spark: ours, alternative: theirs });
  const { fields } = view;
  const [values, theirValues] = [new Array<number | null>(fields.length).fill(null), new Array<number | null>(fields.length).fill(null)];
  const onlineAnswer: AnswerLookups['onlineAnswer'] = (...of) => lookups.onlineAnswer(...of);
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
  // Who was met in a later folder is none of `left` any more in those before.
  for (const folder of [...spark.answers].reverse()) {
    for (const file of await keptFiles(folder)) {
      const answers = (ahead.answers.of(file) ?? (await answersAhead(parquet, file.path, project)))[source];
      if (answers === undefined) continue;
      const [numbers, holds] = [answers.keys.numbersIn(own.scored), answers.holds(own, { onlineAnswer })];
      for (let i = 0; i < numbers.length; i++) {
        const key = left.takeNumber(numbers[i] as number);
        if (key === null || holds[i] === 1) continue;
        answers.values(i, values);
        compare(key, answers.age(i), values);
      }
    }
  }
  for (const key of left.keys()) compare(key, null, NO_VALUES);
}

const NO_VALUES: readonly (number | null)[] = [];
