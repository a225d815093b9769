import { join } from 'node:path';
import { compareUtf8 } from '../compare-utf8.ts';
import type { Comparison } from '../context.ts';
import { fieldsOf, textField } from '../lines/canonical-line.ts';
import { equalLines, linesOf } from '../lines/line-file.ts';
import { differingLines } from '../lines/merge.ts';
import { Approximations } from './approximations.ts';

const FILE = 'results.ndjson';

/** Compares every column of every result. @returns customers with an approximate column in its band, on either side */
export async function compareResults({ project, spark, alternative, findings }: Comparison): Promise<ReadonlySet<string>> {
  const [ours, theirs] = [join(spark.folder, FILE), join(alternative.lines, FILE)];
  const approximations = new Approximations(project);
  const inBand = new Set<string>();
  const equal = await equalLines(ours, theirs);
  const key = project.key.name;
  if (equal === null) {
    const keyOf = (line: string) => textField(fieldsOf(line), key) ?? '';
    for await (const pair of differingLines(ours, theirs, (a, b) => compareUtf8(keyOf(a), keyOf(b)))) {
      const [left, right] = [pair.spark, pair.alternative].map((line) => (line === null ? null : fieldsOf(line)));
      const customer = textField((left ?? right) as ReadonlyMap<string, string>, key) ?? '';
      const differing = columnDifferences(left ?? null, right ?? null, [key, 'minute'], approximations);
      if (differing.length > 0) findings.keepLines(customer, pair);
      for (const difference of differing)
        findings.add({ stage: 'satisfaction', customer, source: 'satisfaction.sql', variable: difference.column, ...difference });
    }
  }
  let rows = 0;
  if (equal === null || approximations.hasBands) {
    for (const file of [ours, theirs]) {
      let lines = 0;
      for await (const line of linesOf(file)) {
        lines++;
        if (!approximations.hasBands) continue;
        const fields = fieldsOf(line);
        if (approximations.isInBand(fields)) inBand.add(textField(fields, key) ?? '');
      }
      rows = Math.max(rows, lines);
    }
  } else rows = equal;
  findings.covered('satisfaction', rows);
  return inBand;
}

export interface ColumnDifference {
  readonly column: string;
  readonly spark: string | null;
  readonly alternative: string | null;
}

/** The columns of two lines that differ; of a line that only one side has, the first. Columns are found by name. */
export function columnDifferences(
  spark: ReadonlyMap<string, string> | null,
  alternative: ReadonlyMap<string, string> | null,
  except: readonly string[],
  approximations: Pick<Approximations, 'isEqual'>,
): readonly ColumnDifference[] {
  const names = [...new Set([...(spark?.keys() ?? []), ...(alternative?.keys() ?? [])])].filter((name) => !except.includes(name));
  if (spark === null || alternative === null) {
    const [column = ''] = names;
    return [{ column, spark: shown(spark?.get(column)), alternative: shown(alternative?.get(column)) }];
  }
  return names
    .filter((column) => !approximations.isEqual(column, spark.get(column), alternative.get(column)))
    .map((column) => ({ column, spark: shown(spark.get(column)), alternative: shown(alternative.get(column)) }));
}

/** A value as a witness shows it. */
function shown(json: string | undefined): string | null {
  if (json === undefined || json === 'null') return null;
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
