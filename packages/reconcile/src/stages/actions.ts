import { join } from 'node:path';
import { compareUtf8 } from '../compare-utf8.ts';
import type { Comparison } from '../context.ts';
import { fieldsOf, textField } from '../lines/canonical-line.ts';
import { equalLines, linesOf } from '../lines/line-file.ts';
import { differingLines } from '../lines/merge.ts';
import { columnDifferences } from './results.ts';

const FILE = 'actions.ndjson';
const EXACTLY = { isEqual: (_column: string, a: string | undefined, b: string | undefined) => a === b };

/** An action that only one side decided for a customer whose approximate column lies in its band. */
export interface BorderlineAction {
  readonly customer: string;
  readonly action: string;
}

/**
 * Compares the decided actions. An action of a customer that is in a band is borderline: it is held, and no difference.
 *
 * @param mayDiffer whether a decision of this customer and action may differ, by what was borderline in this minute or before
 */
export async function compareActions(
  { project, spark, alternative, findings }: Comparison,
  mayDiffer: (customer: string, action: string) => boolean,
): Promise<readonly BorderlineAction[]> {
  const [ours, theirs] = [join(spark.folder, FILE), join(alternative.lines, FILE)];
  const key = project.key.name;
  const borderline: BorderlineAction[] = [];
  const equal = await equalLines(ours, theirs);
  if (equal === null) {
    for await (const pair of differingLines(ours, theirs, compareDecisions(key))) {
      const [left, right] = [pair.spark, pair.alternative].map((line) => (line === null ? null : fieldsOf(line)));
      const any = (left ?? right) as ReadonlyMap<string, string>;
      const [customer, action] = [textField(any, key) ?? '', textField(any, 'action') ?? ''];
      if (mayDiffer(customer, action)) {
        borderline.push({ customer, action });
        findings.hold(customer);
        continue;
      }
      for (const difference of columnDifferences(left ?? null, right ?? null, [key, 'minute'], EXACTLY))
        findings.add({ stage: 'actions', customer, source: 'actions.sql', variable: action, ...difference });
    }
  }
  findings.covered('actions', equal ?? (await countLines(ours)));
  return borderline;
}

/** By customer, then action, as UTF-8 bytes. */
function compareDecisions(key: string): (a: string, b: string) => number {
  return (a, b) => {
    const [left, right] = [fieldsOf(a), fieldsOf(b)];
    return (
      compareUtf8(textField(left, key) ?? '', textField(right, key) ?? '') ||
      compareUtf8(textField(left, 'action') ?? '', textField(right, 'action') ?? '')
    );
  };
}

async function countLines(file: string): Promise<number> {
  let lines = 0;
  for await (const _ of linesOf(file)) lines++;
  return lines;
}
