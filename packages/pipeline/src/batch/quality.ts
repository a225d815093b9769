import { type BatchVersion, MICROS_PER_DAY, type Micros, ParallaxError, type Project, parseDay } from '@parallax/core';
import type { BatchView } from '../ledger/ledger.ts';
import type { Drift } from './profile.ts';
import { tableName, tablesOf } from './variables.ts';

/** What a day is judged by, beside its own view. */
export interface DayFacts {
  /** When each table became complete, `<source>.<table>`. */
  readonly completed: ReadonlyMap<string, Micros>;
  /** Rows of each table on the newest day before; null: there is none. */
  readonly before: BatchView['rows'] | null;
  /** How far columns are from that day, the farthest first; empty where that is not known. */
  readonly drifts: readonly Drift[];
}

/**
 * Refuses a day that breaks what its tables declare of a day: dated after it was complete, too late, rows out of bounds or too unlike the day
 * before, a column that has moved too far, or a row that breaks an expectation whose `otherwise` is `refuse`. The day before goes on standing.
 *
 * @throws ParallaxError PRLX_BATCH_REFUSED with every rule that is broken
 */
export function refuseDay(project: Project, version: BatchVersion, view: BatchView, facts: DayFacts): void {
  const broken = [...brokenDates(project, version, facts), ...brokenRules(project, view, facts)];
  if (broken.length === 0) return;
  throw new ParallaxError('PRLX_BATCH_REFUSED', `the batch day ${version.day} is refused: ${broken.join('; ')}`, {
    exitCode: 1,
    advice: 'Correct the day in its store: its new marker makes a new version. Or change what the batch file expects.',
  });
}

/** Tables that were complete before their day had begun anywhere on Earth, or long after it was over, in words. */
export function brokenDates(project: Project, { day }: BatchVersion, { completed }: DayFacts): readonly string[] {
  const start = parseDay(day);
  if (start === null) return [`"${day}" is no day`];
  return tablesOf(project).flatMap((table) => {
    const name = tableName(table);
    const at = completed.get(name);
    if (at === undefined) return [];
    // A wrong date would stand as the newest day until it comes.
    if (at < start - EARTH_AHEAD_US) return [`${name} was complete before its day began: the date is wrong`];
    const { freshWithinUs } = table.table.day;
    const late = freshWithinUs === null ? 0n : at - (start + MICROS_PER_DAY) - freshWithinUs;
    return late > 0n ? [`${name} came ${late / 60_000_000n + 1n} minutes too late`] : [];
  });
}

/** A day begins so long before it does in UTC, at the most. */
const EARTH_AHEAD_US = 14n * 3_600_000_000n;

/** What is broken of rows and values, in words. */
export function brokenRules(project: Project, view: BatchView, { before, drifts }: Omit<DayFacts, 'completed'>): readonly string[] {
  return tablesOf(project).flatMap((table) => {
    const name = tableName(table);
    const rows = view.rows[name] ?? 0;
    const { rowsMin, rowsMax, changePercentMax, driftMax } = table.table.day;
    const old = before?.[name];
    const broken: string[] = [];
    if (rowsMin !== null && rows < rowsMin) broken.push(`${name} has ${rows} rows, fewer than ${rowsMin}`);
    if (rowsMax !== null && rows > rowsMax) broken.push(`${name} has ${rows} rows, more than ${rowsMax}`);
    if (changePercentMax !== null && old !== undefined && Math.abs(rows - old) * 100 > changePercentMax * old) {
      broken.push(`${name} has ${rows} rows, the day before ${old}: more than ${changePercentMax} % apart`);
    }
    const moved = driftMax === null ? [] : drifts.filter(({ column, shift }) => column.startsWith(`${name}.`) && (shift ?? 0) > driftMax);
    const [farthest] = moved;
    if (farthest !== undefined)
      broken.push(
        `${moved.length} columns of ${name} have moved too far, ${farthest.column} by ${(farthest.shift ?? 0).toFixed(1)} deviations`,
      );
    for (const expected of table.table.expect) {
      if (expected.otherwise !== 'refuse') continue;
      const found = view.aside.find((a) => a.table === name && a.reason === `expected.${expected.column}`);
      if (found !== undefined) broken.push(`${name}.${expected.column} is not as expected in ${found.rows} rows`);
    }
    return broken;
  });
}
