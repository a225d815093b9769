import { type AnswersAhead, answersAhead } from '../ahead/answers-ahead.ts';
import { type OnlineViewColumns, onlineColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import { keptFiles } from '../spark-side/parquet.ts';
import type { SomeCustomers } from './scored-customers.ts';

/** Compares, for each customer of the population and each source, the answer that counts: its fields and its age. */
export async function compareOnline(comparison: Comparison, common: SomeCustomers): Promise<void> {
  const { project, findings } = comparison;
  const files = await answersOfFiles(comparison);
  for (const [source, columns] of onlineColumns(project).entries()) {
    const answers = files.flatMap((sources) => sources[source] ?? []);
    compareSource(comparison, common, source, columns, answers);
  }
  findings.covered('online', common.size * project.online.length);
}

/** The answers of all files, by source; those of a folder before those that they stand in place of. */
async function answersOfFiles({ project, spark, ahead, parquet }: Comparison): Promise<readonly (readonly AnswersAhead[])[]> {
  const files: (readonly AnswersAhead[])[] = [];
  for (const folder of [...spark.answers].reverse())
    for (const file of await keptFiles(folder)) files.push(ahead.answers.of(file) ?? (await answersAhead(parquet, file.path, project)));
  return files;
}

function compareSource(
  { alternative, own, findings }: Comparison,
  common: SomeCustomers,
  source: number,
  { source: name, age: ageColumn, fields }: OnlineViewColumns,
  files: readonly AnswersAhead[],
): void {
  const { lookups } = alternative;
  // Who was met is none of these any more: the first answer that is met counts.
  const left = common.copy();
  const add = (customer: string, variable: string | null, column: string, ours: string | null, theirs: string | null) =>
    findings.add({ stage: 'online', customer, source: name, variable, column, spark: ours, alternative: theirs });
  const theirs = new Array<number | null>(fields.length).fill(null);
  const compare = (key: string, age: number | null, values: readonly (number | null)[]) => {
    const theirAge = lookups.onlineAnswer(source, key, theirs);
    if (age !== theirAge) add(key, null, ageColumn, scaledText(age, null), scaledText(theirAge, null));
    for (const [index, field] of fields.entries()) {
      const [ours, their] = [values[index] ?? null, theirs[index] ?? null];
      if (ours !== their) add(key, field.variable, field.name, scaledText(ours, field.places), scaledText(their, field.places));
    }
  };
  const ours = new Array<number | null>(fields.length).fill(null);
  for (const answers of files) {
    const numbers = answers.keys.numbersIn(own.scored);
    const holds = answers.holds(own, lookups);
    for (let i = 0; i < numbers.length; i++) {
      const key = left.takeNumber(numbers[i] as number);
      if (key === null || holds[i] === 1) continue;
      answers.values(i, ours);
      compare(key, answers.age(i), ours);
    }
  }
  for (const key of left.keys()) compare(key, null, []);
}
