import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { fileTable } from '../engine/sql.ts';
import type { ReducedTable } from './layer.ts';
import { reducedColumns, tableName } from './variables.ts';

/** What one column of a day was like, over the rows of its table. For people and for drift: doubles. */
export interface ColumnProfile {
  /** `<source>.<table>.<column>` */
  readonly column: string;
  readonly values: number;
  readonly nulls: number;
  /** Values that are no number where one is declared. */
  readonly bad: number;
  /** Null where there is no number. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
}

const FILE = 'profile.ndjson';
const DRIFT_FILE = 'drift.ndjson';

/** Puts the profiles that the reduction made of row groups together, one line a column, beside the view. */
export async function writeProfile(
  session: SparkSession,
  project: Project,
  folder: string,
  reduced: readonly ReducedTable[],
): Promise<void> {
  const parts = reduced.map(({ folder: rows }, i) => `SELECT ${i} AS tbl, inline(profile) FROM ${fileTable('parquet', rows)}`);
  const found = await session.collect(
    `SELECT tbl, col, sum(n) AS n, sum(nulls) AS nulls, sum(bad) AS bad, min(low) AS low, max(high) AS high, sum(total) AS total, sum(squares) AS squares FROM (${parts.join(' UNION ALL ')}) GROUP BY tbl, col ORDER BY tbl, col`,
  );
  const columns = reduced.map(({ table }) => reducedColumns(project, table));
  const lines = found.map((row) => {
    const table = reduced[Number(row.tbl)]?.table;
    const name = columns[Number(row.tbl)]?.[Number(row.col)]?.name;
    if (table === undefined || name === undefined) throw new RangeError(`no column ${String(row.col)} of the table ${String(row.tbl)}`);
    const [values, bad] = [Number(row.n), Number(row.bad)];
    const profile: ColumnProfile = {
      column: `${tableName(table)}.${name}`,
      values,
      nulls: Number(row.nulls),
      bad,
      min: number(row.low),
      max: number(row.high),
      ...moments(values - bad, number(row.total), number(row.squares)),
    };
    return `${JSON.stringify(profile)}\n`;
  });
  await writeWhole(join(folder, FILE), lines);
}

/** Keeps the drifts of a version against the day before, one line a column, beside its profile. @param folder the version's */
export async function writeDrift(folder: string, drifts: readonly Drift[]): Promise<void> {
  await writeWhole(
    join(folder, DRIFT_FILE),
    drifts.map((drift) => `${JSON.stringify(drift)}\n`),
  );
}

async function writeWhole(file: string, lines: readonly string[]): Promise<void> {
  await writeFile(`${file}.growing`, lines.join(''));
  await rename(`${file}.growing`, file);
}

/** The profile of a version's columns by name; null when none was kept. @param folder the version's */
export async function readProfile(folder: string): Promise<ReadonlyMap<string, ColumnProfile> | null> {
  const file = join(folder, FILE);
  if (!existsSync(file)) return null;
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => JSON.parse(line) as ColumnProfile).map((profile) => [profile.column, profile]));
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
