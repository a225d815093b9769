import { once } from 'node:events';
import { ParallaxError } from '@parallax/core';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type DayNumber, MISSING, profileRow, wideRows } from './batch-values.ts';
import { PROFILE_COLUMNS, type ProfileColumn, type WideTable } from './catalogue/batch.ts';
import { type DayShape, wideTablesOf } from './day-shape.ts';
import type { Enterprise } from './enterprise.ts';
import { LIMITS } from './limits.ts';

export const DWH_SCHEMA = 'dwh';
export const CONTROL_TABLE = 'parallax_control';
const PROFILE = 'profile';

export interface PostgresLoad {
  readonly enterprise: Enterprise;
  /** `YYYY-MM-DD` and the same in days since 1970. */
  readonly day: string;
  readonly dayNumber: DayNumber;
  readonly shape: DayShape;
  readonly url: string;
  readonly onTable: (table: string) => void;
}

interface CopyTable {
  readonly name: string;
  readonly key: string;
  readonly columnsSql: readonly string[];
  /** The rows of customers `[from, to)` as COPY text. */
  readonly text: (from: number, to: number) => Buffer;
}

/**
 * Loads a day into the DWH by COPY. Every table is partitioned by day: a day's partition is made, filled (frozen, without WAL where the server
 * allows it) and committed at once, so a half-loaded table is never seen; loading it again replaces it.
 * The markers in the control table are not written here.
 */
export async function loadPostgresDay(load: PostgresLoad): Promise<void> {
  const tables = [profileTable(load), ...wideTablesOf('dwh', load.shape).map((table) => wideTable(load, table))];
  await withClient(load.url, async (client) => {
    await client.query(`create schema if not exists ${DWH_SCHEMA}`);
    await client.query(
      `create table if not exists ${DWH_SCHEMA}.${CONTROL_TABLE} (day date, table_name text, completed_at timestamptz not null, primary key (day, table_name))`,
    );
  });
  const left = [...tables].sort((a, b) => b.columnsSql.length - a.columnsSql.length);
  const worker = () =>
    withClient(load.url, async (client) => {
      for (let table = left.shift(); table !== undefined; table = left.shift()) {
        await copyTable(client, load, table);
        load.onTable(`dwh.${table.name}`);
      }
    });
  await Promise.all(Array.from({ length: LIMITS.copyTablesAtOnce }, worker));
}

/** Names of the DWH's tables. */
export function dwhTables(shape: DayShape): string[] {
  return [PROFILE, ...wideTablesOf('dwh', shape).map((table) => table.name)];
}

/** Opens one connection, always closes it; failures of the server become PRLX_SIM_DWH. */
export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'parallax-simulator' });
  try {
    await client.connect();
    return await use(client);
  } catch (cause) {
    if (cause instanceof ParallaxError) throw cause;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new ParallaxError('PRLX_SIM_DWH', `the DWH could not be loaded: ${what}`, {
      cause,
      retryable: true,
      advice: 'Is PostgreSQL running?',
    });
  } finally {
    await client.end();
  }
}

async function copyTable(client: pg.Client, load: PostgresLoad, table: CopyTable): Promise<void> {
  const parent = `${DWH_SCHEMA}.${table.name}`;
  const partition = `${parent}_d${load.day.replaceAll('-', '')}`;
  const columns = [`day date`, `${table.key} bigint`, ...table.columnsSql].join(', ');
  await client.query(`create table if not exists ${parent} (${columns}, primary key (day, ${table.key})) partition by list (day)`);
  await client.query('begin');
  await client.query('set local synchronous_commit = off');
  await client.query(`drop table if exists ${partition}`);
  // Frozen and never changed: there is nothing to vacuum.
  await client.query(`create table ${partition} (like ${parent} including defaults) with (autovacuum_enabled = false)`);
  const sink = client.query(copyFrom(`copy ${partition} from stdin (freeze)`));
  const { customers, canaries } = load.enterprise;
  for (let from = 1; from <= customers; from += LIMITS.copyRowsPerChunk) {
    const chunk = table.text(from, Math.min(customers + 1, from + LIMITS.copyRowsPerChunk));
    if (!sink.write(chunk)) await once(sink, 'drain');
  }
  for (const id of canaries) if (!sink.write(table.text(id, id + 1))) await once(sink, 'drain');
  sink.end();
  await once(sink, 'finish');
  await client.query(`alter table ${parent} attach partition ${partition} for values in ('${load.day}')`);
  await client.query('commit');
}

function profileTable({ enterprise, day, dayNumber }: PostgresLoad): CopyTable {
  const text = (from: number, to: number): Buffer => {
    let rows = '';
    for (let id = from; id < to; id += 1) {
      const values = profileRow(enterprise, id, dayNumber).map((value) => value ?? '\\N');
      rows += `${day}\t${id}\t${values.join('\t')}\n`;
    }
    return Buffer.from(rows);
  };
  return { name: PROFILE, key: 'customer_id', columnsSql: PROFILE_COLUMNS.map(profileColumnSql), text };
}

function profileColumnSql(column: ProfileColumn): string {
  if (column.type === 'numeric') return `${column.name} numeric(14, ${column.places})`;
  return `${column.name} ${column.type}`;
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const LETTER_N = 0x4e;

/** The text is written digit by digit into one buffer: twenty million values a day leave no room for strings. */
function wideTable({ enterprise, day, dayNumber }: PostgresLoad, table: WideTable): CopyTable {
  const width = table.columns.length;
  const make = wideRows(enterprise, table, dayNumber);
  const row = new Int8Array(width);
  const text = (from: number, to: number): Buffer => {
    const bytes = Buffer.allocUnsafe((to - from) * (width * 3 + 40));
    let at = 0;
    for (let id = from; id < to; id += 1) {
      at += bytes.write(`${day}\t${id}`, at, 'latin1');
      make(id, row);
      for (let i = 0; i < width; i += 1) {
        const value = row[i] as number;
        bytes[at++] = TAB;
        if (value === MISSING) {
          bytes[at++] = BACKSLASH;
          bytes[at++] = LETTER_N;
        } else {
          if (value >= 10) bytes[at++] = ZERO + ((value * 205) >> 11);
          bytes[at++] = ZERO + (value - ((value * 205) >> 11) * 10);
        }
      }
      bytes[at++] = NEWLINE;
    }
    return bytes.subarray(0, at);
  };
  return { name: table.name, key: table.key, columnsSql: table.columns.map((column) => `${column.name} smallint`), text };
}
