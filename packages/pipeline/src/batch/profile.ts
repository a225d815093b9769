import type { Project } from '@parallax/core';
import type { Row } from '@parallax/spark-connect';
import type { ReducedTable } from './reducer.ts';
import { reducedColumns, tableName } from './variables.ts';

/** What one column of a day was like, over the rows of its table. For people and for drift: doubles. */
export interface ColumnProfile {
  /** `<source>.<table>.<column>` */
  readonly column: string;
  readonly values: number;
  readonly nulls: number;
  /** Values that are no number where one is declared. */
  readonly bad: number;
  /** Rows whose value is not as the table expects, whatever else may be wrong with them. */
  readonly broken: number;
  /** Null where there is no number. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
}

/** What the reduction found of one column, over all row groups. */
export interface ColumnSums {
  /** Its place among the columns that are reduced of its table. */
  readonly column: number;
  readonly values: number;
  readonly nulls: number;
  readonly bad: number;
  readonly broken: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly total: number | null;
  readonly squares: number | null;
}

/** Aggregates over the `profile` of row groups, of which {@link columnSums} makes a column's. */
export const PROFILE_SUMS =
  'sum(n) AS n, sum(nulls) AS nulls, sum(bad) AS bad, sum(broken) AS broken, min(low) AS low, max(high) AS high, sum(total) AS total, sum(squares) AS squares';

export function columnSums(row: Row): ColumnSums {
  return {
    column: Number(row.col),
    values: Number(row.n),
    nulls: Number(row.nulls),
    bad: Number(row.bad),
    broken: Number(row.broken),
    min: number(row.low),
    max: number(row.high),
    total: number(row.total),
    squares: number(row.squares),
  };
}

/** The profile of each column of reduced tables. */
export function profilesOf(project: Project, reduced: readonly ReducedTable[]): readonly ColumnProfile[] {
  return reduced.flatMap(({ table, profile: columns }) => {
    const names = reducedColumns(project, table);
    return columns.map(({ column, values, nulls, bad, broken, min, max, total, squares }) => {
      const name = names[column]?.name;
      if (name === undefined) throw new RangeError(`no column ${column} of ${tableName(table)}`);
      const named = `${tableName(table)}.${name}`;
      return { column: named, values, nulls, bad, broken, min, max, ...moments(values - bad, total, squares) };
    });
  });
}

/** How a column differs from the day before. */
export interface Drift {
  readonly column: string;
  /** Of the means, in deviations of the day before; null where one has no numbers. */
  readonly shift: number | null;
  /** Of the share of nulls. */
  readonly nulls: number;
}

/** Every column's drift, the largest first. */
export function driftOf(before: ReadonlyMap<string, ColumnProfile>, now: ReadonlyMap<string, ColumnProfile>): readonly Drift[] {
  const drifts = [...now.values()].flatMap((profile): Drift[] => {
    const old = before.get(profile.column);
    if (old === undefined) return [];
    const shift =
      old.mean === null || profile.mean === null || old.deviation === null
        ? null
        : old.deviation === 0
          ? profile.mean === old.mean
            ? 0
            : null
          : Math.abs(profile.mean - old.mean) / old.deviation;
    return [{ column: profile.column, shift, nulls: Math.abs(nullShare(profile) - nullShare(old)) }];
  });
  const size = (drift: Drift) => Math.max(drift.shift ?? Number.POSITIVE_INFINITY, drift.nulls);
  return drifts.sort((a, b) => size(b) - size(a));
}

/**
 * Whether a table has the day before's values: `same` as far as its columns' profiles tell, `other`, or `constant` when no number in it varies, so that
 * two days of it may well be alike.
 */
export type Likeness = 'same' | 'other' | 'constant';

/**
 * @param before profiles by `<source>.<table>.<column>`
 * @param table `<source>.<table>`
 */
export function likenessOf(before: ReadonlyMap<string, ColumnProfile>, now: ReadonlyMap<string, ColumnProfile>, table: string): Likeness {
  const columns = [...now.values()].filter(({ column }) => column.startsWith(`${table}.`));
  if (!columns.every((column) => isAlike(before.get(column.column), column))) return 'other';
  return columns.some(({ deviation }) => (deviation ?? 0) > 0) ? 'same' : 'constant';
}

function isAlike(old: ColumnProfile | undefined, now: ColumnProfile): boolean {
  if (old === undefined) return false;
  return COUNTS.every((name) => old[name] === now[name]) && MOMENTS.every((name) => isClose(old[name], now[name]));
}

const COUNTS = ['values', 'nulls', 'bad', 'broken', 'min', 'max'] as const;

/** Sums of doubles differ a little with the order of rows. */
const MOMENTS = ['mean', 'deviation'] as const;

function isClose(a: number | null, b: number | null): boolean {
  return a === b || (a !== null && b !== null && Math.abs(a - b) <= SUMS_APART * Math.max(Math.abs(a), Math.abs(b)));
}

const SUMS_APART = 1e-9;

function nullShare({ values, nulls }: ColumnProfile): number {
  return values + nulls === 0 ? 0 : nulls / (values + nulls);
}

function moments(n: number, total: number | null, squares: number | null): Pick<ColumnProfile, 'mean' | 'deviation'> {
  if (n <= 0 || total === null || squares === null) return { mean: null, deviation: null };
  const mean = total / n;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / n - mean * mean)) };
}

function number(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
