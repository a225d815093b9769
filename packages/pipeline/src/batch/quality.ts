import { type BatchVersion, ParallaxError, type Project } from '@parallax/core';
import type { BatchView } from '../ledger/ledger.ts';
import { tableName, tablesOf } from './variables.ts';

/**
 * Refuses a day that breaks what its tables declare of a day: rows out of bounds or too unlike the day before, or a row that breaks an
 * expectation whose `otherwise` is `refuse`. The day before goes on standing.
 *
 * @throws ParallaxError PRLX_BATCH_REFUSED with every rule that is broken
 */
export function refuseDay(project: Project, version: BatchVersion, view: BatchView, before: BatchView['rows'] | null): void {
  const broken = brokenRules(project, view, before);
  if (broken.length === 0) return;
  throw new ParallaxError('PRLX_BATCH_REFUSED', `the batch day ${version.day} is refused: ${broken.join('; ')}`, {
    exitCode: 1,
    advice: 'Correct the day in its store: its new marker makes a new version. Or change what the batch file expects.',
  });
}

/** What is broken, in words. */
export function brokenRules(project: Project, view: BatchView, before: BatchView['rows'] | null): readonly string[] {
  return tablesOf(project).flatMap((table) => {
    const name = tableName(table);
    const rows = view.rows[name] ?? 0;
    const { rowsMin, rowsMax, changePercentMax } = table.table.day;
    const old = before?.[name];
    const broken: string[] = [];
    if (rowsMin !== null && rows < rowsMin) broken.push(`${name} has ${rows} rows, fewer than ${rowsMin}`);
    if (rowsMax !== null && rows > rowsMax) broken.push(`${name} has ${rows} rows, more than ${rowsMax}`);
    if (changePercentMax !== null && old !== undefined && Math.abs(rows - old) * 100 > changePercentMax * old) {
      broken.push(`${name} has ${rows} rows, the day before ${old}: more than ${changePercentMax} % apart`);
    }
    for (const expected of table.table.expect) {
      if (expected.otherwise !== 'refuse') continue;
      const found = view.aside.find((a) => a.table === name && a.reason === `expected.${expected.column}`);
      if (found !== undefined) broken.push(`${name}.${expected.column} is not as expected in ${found.rows} rows`);
    }
    return broken;
  });
}
