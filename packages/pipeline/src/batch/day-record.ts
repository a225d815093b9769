import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BatchVersion, MICROS_PER_DAY, type Micros, type Project, parseDay } from '@parallax/core';
import type { StatePaths } from '../engine/paths.ts';
import type { AsideCount, BatchView } from '../ledger/ledger.ts';
import { ASIDE_KEPT_DAYS, DAY_RECORD_KEPT_DAYS, DAY_RECORDS_MAX } from '../limits.ts';
import type { AsideRow } from './aside-rows.ts';
import type { ColumnProfile, Drift } from './profile.ts';

/**
 * What is kept of each version for people, whether it was registered or refused, and when its view has long gone: a folder of its own by day and version
 * with `summary.json`, `profile.ndjson`, `drift.ndjson` and `aside.ndjson`. A view that is made of it by other rules writes it anew.
 */
export interface DaySummary {
  readonly day: string;
  readonly version: string;
  readonly projectHash: string;
  /** Of the batch view. */
  readonly customers: number;
  /** Of each table, `<source>.<table>`, as its store has them. */
  readonly rows: Readonly<Record<string, number>>;
  readonly aside: readonly (AsideCount & {
    /** So many of these rows were listed. */
    readonly listed: number;
  })[];
}

/** A drift, and the day that it is counted from. */
export interface KeptDrift extends Drift {
  readonly before: string;
}

const FILES = { summary: 'summary.json', profile: 'profile.ndjson', drift: 'drift.ndjson', aside: 'aside.ndjson' } as const;

/** Keeps what was found out while a version's view was made. */
export async function keepRecord(
  paths: StatePaths,
  project: Project,
  { day, version }: BatchVersion,
  { view, profiles, aside }: { readonly view: BatchView; readonly profiles: readonly ColumnProfile[]; readonly aside: readonly AsideRow[] },
): Promise<void> {
  const folder = paths.batchRecord(day, version);
  await mkdir(folder, { recursive: true });
  // Under other rules it is another one, if there is any.
  await rm(join(folder, FILES.drift), { force: true });
  await writeLines(join(folder, FILES.profile), profiles);
  await writeLines(join(folder, FILES.aside), aside);
  const listed = ({ table, reason }: AsideCount) => aside.filter((row) => row.table === table && row.reason === reason).length;
  const summary: DaySummary = {
    ...{ day, version, projectHash: project.hash, customers: view.customers, rows: view.rows },
    aside: view.aside.map((count) => ({ ...count, listed: listed(count) })),
  };
  await writeLines(join(folder, FILES.summary), [summary]);
}

/** Keeps how a version differs from the day before. */
export async function keepDrift(
  paths: StatePaths,
  { day, version }: BatchVersion,
  before: string,
  drifts: readonly Drift[],
): Promise<void> {
  const kept = drifts.map((drift): KeptDrift => ({ ...drift, before }));
  await writeLines(join(paths.batchRecord(day, version), FILES.drift), kept);
}

/** The versions of which something is kept, by day. */
export async function readSummaries(paths: StatePaths): Promise<readonly DaySummary[]> {
  const root = paths.batchRecords;
  if (!existsSync(root)) return [];
  const found: DaySummary[] = [];
  for (const name of (await readdir(root)).sort()) found.push(...((await readLines<DaySummary>(join(root, name, FILES.summary))) ?? []));
  return found;
}

/** The profile of a version's columns by name; null when none is kept. */
export async function readProfile(paths: StatePaths, version: BatchVersion): Promise<ReadonlyMap<string, ColumnProfile> | null> {
  const profiles = await readLines<ColumnProfile>(fileOf(paths, version, FILES.profile));
  return profiles === null ? null : new Map(profiles.map((profile) => [profile.column, profile]));
}

/** How a version's columns differ from the day before, the largest first; null when it is not kept, or there was no day before. */
export function readDrift(paths: StatePaths, version: BatchVersion): Promise<readonly KeptDrift[] | null> {
  return readLines<KeptDrift>(fileOf(paths, version, FILES.drift));
}

/** The rows that were listed of those kept aside, by table, reason and key; null when they are not kept any more. */
export function readAside(paths: StatePaths, version: BatchVersion): Promise<readonly AsideRow[] | null> {
  return readLines<AsideRow>(fileOf(paths, version, FILES.aside));
}

/** Removes what is kept of a version. */
export async function removeRecord(paths: StatePaths, { day, version }: BatchVersion): Promise<void> {
  await rm(paths.batchRecord(day, version), { recursive: true, force: true });
}

/** Removes what is old, by the day's date. */
export async function reclaimRecords(paths: StatePaths, now: Micros): Promise<void> {
  const root = paths.batchRecords;
  if (!existsSync(root)) return;
  const names = (await readdir(root)).sort();
  for (const [index, name] of names.entries()) {
    const day = parseDay(name.slice(0, DAY_LENGTH));
    const age = day === null ? 0n : (now - day) / MICROS_PER_DAY;
    if (index < names.length - DAY_RECORDS_MAX || age > BigInt(DAY_RECORD_KEPT_DAYS))
      await rm(join(root, name), { recursive: true, force: true });
    else if (age > BigInt(ASIDE_KEPT_DAYS)) await rm(join(root, name, FILES.aside), { force: true });
  }
}

const DAY_LENGTH = 'YYYY-MM-DD'.length;

function fileOf(paths: StatePaths, { day, version }: BatchVersion, file: string): string {
  return join(paths.batchRecord(day, version), file);
}

async function writeLines(file: string, rows: readonly object[]): Promise<void> {
  await writeFile(`${file}.growing`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await rename(`${file}.growing`, file);
}

async function readLines<T>(file: string): Promise<readonly T[] | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    // A run that goes on may have removed it meanwhile.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as T);
}
