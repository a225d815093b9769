import { type BatchVersion, MICROS_PER_DAY, type Micros, ParallaxError, type Project, parseDay } from '@parallax/core';
import type { BatchView } from '../ledger/ledger.ts';
import type { Drift, Likeness } from './profile.ts';
import { tableName, tablesOf } from './variables.ts';

/** What a day is judged by, beside its own view. */
export interface DayFacts {
  /** Rows of each table on the newest day before; null: there is none. */
  readonly before: BatchView['rows'] | null;
  /** How far columns are from that day, the farthest first; empty where that is not known. */
  readonly drifts: readonly Drift[];
  /** How each table's values are beside that day's, by `<source>.<table>`; empty where that is not known. */
  readonly likeness: ReadonlyMap<string, Likeness>;
  /** Rows that break what a column must be, by `<source>.<table>.<column>`. */
  readonly broken: ReadonlyMap<string, number>;
}

/**
 * Refuses a day by its markers alone, before it is read: dated after it was complete, or too late.
 *
 * @throws ParallaxError PRLX_BATCH_REFUSED with every rule that is broken
 */
export function refuseDates(project: Project, version: BatchVersion, completed: ReadonlyMap<string, Micros>): void {
  refuse(version, brokenDates(project, version, completed));
}

/**
 * Refuses a day that breaks what its tables declare of it: rows out of bounds or too unlike the day before, a column that has moved too far, or
 * a row that breaks an expectation whose `otherwise` is `refuse`; and one that is the day before under another date. That day goes on standing.
 *
 * @throws ParallaxError PRLX_BATCH_REFUSED with every rule that is broken
 */
export function refuseRules(project: Project, version: BatchVersion, view: BatchView, facts: DayFacts): void {
  refuse(version, brokenRules(project, view, facts));
}

function refuse(version: BatchVersion, broken: readonly string[]): void {
  if (broken.length === 0) return;
  throw new ParallaxError('PRLX_BATCH_REFUSED', `the batch day ${version.day} is refused: ${broken.join('; ')}`, {
    exitCode: 1,
    advice: 'Correct the day in its store: its new marker makes a new version. Or change what the batch file expects.',
  });
}

/**
 * Tables that were complete before their day had begun anywhere on Earth, or long after it was over, in words.
 *
 * @param completed when each table became complete, `<source>.<table>`
 */
export function brokenDates(project: Project, { day }: BatchVersion, completed: ReadonlyMap<string, Micros>): readonly string[] {
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
export function brokenRules(project: Project, view: BatchView, facts: DayFacts): readonly string[] {
  return [...brokenTables(project, view, facts), ...repeatedDay(project, facts)];
}

/** A store that was asked before it had changed, or a job that ran twice: every table that may not has the values of the day before. */
function repeatedDay(project: Project, { likeness }: DayFacts): readonly string[] {
  const asked = tablesOf(project).filter(({ table }) => table.day.repeated !== 'accept');
  const found = asked.map((table) => likeness.get(tableName(table)) ?? 'other');
  return found.includes('same') && !found.includes('other') ? ['it is the day before under another date: no table has other values'] : [];
}

function brokenTables(project: Project, view: BatchView, { before, drifts, broken: rowsOf, likeness }: DayFacts): readonly string[] {
  return tablesOf(project).flatMap((table) => {
    const name = tableName(table);
    const rows = view.rows[name] ?? 0;
    const { rowsMin, rowsMax, changePercentMax, driftMax, keylessMax, keyTwiceMax, repeated } = table.table.day;
    const aside = (reason: string) => view.aside.find((a) => a.table === name && a.reason === reason)?.rows ?? 0;
    const old = before?.[name];
    const broken: string[] = [];
    if (rowsMin !== null && rows < rowsMin) broken.push(`${name} has ${rows} rows, fewer than ${rowsMin}`);
    if (rowsMax !== null && rows > rowsMax) broken.push(`${name} has ${rows} rows, more than ${rowsMax}`);
    if (changePercentMax !== null && old !== undefined && Math.abs(rows - old) * 100 > changePercentMax * old) {
      broken.push(`${name} has ${rows} rows, the day before ${old}: more than ${changePercentMax} % apart`);
    }
    if (keylessMax !== null && aside('key') > keylessMax)
      broken.push(`${name} has ${aside('key')} rows without a key, more than ${keylessMax}`);
    if (keyTwiceMax !== null && aside('key_twice') > keyTwiceMax)
      broken.push(`${name} has ${aside('key_twice')} rows whose key stands twice, more than ${keyTwiceMax}`);
    if (repeated === 'refuse' && likeness.get(name) === 'same') broken.push(`${name} has the values of the day before`);
    const moved = driftMax === null ? [] : drifts.filter(({ column, shift }) => column.startsWith(`${name}.`) && (shift ?? 0) > driftMax);
    const [farthest] = moved;
    if (farthest !== undefined)
      broken.push(
        `${moved.length} columns of ${name} have moved too far, ${farthest.column} by ${(farthest.shift ?? 0).toFixed(1)} deviations`,
      );
    for (const expected of table.table.expect) {
      if (expected.otherwise !== 'refuse') continue;
      const found = rowsOf.get(`${name}.${expected.column}`) ?? 0;
      if (found > 0) broken.push(`${name}.${expected.column} is not as expected in ${found} rows`);
    }
    return broken;
  });
}
