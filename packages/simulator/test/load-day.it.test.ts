import { parseDay, parseSecond } from '@parallax/core';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MISSING, profileRow, wideRows } from '../src/batch-values.ts';
import { PROFILE_COLUMNS, WIDE_TABLES } from '../src/catalogue/batch.ts';
import { createEnterprise, type Enterprise } from '../src/enterprise.ts';
import { NOSQL_KEYSPACE, nosqlTableOfDay, withCassandra } from '../src/load-cassandra.ts';
import { loadDay } from '../src/load-day.ts';
import { withClient } from '../src/load-postgres.ts';

const postgresUrl = process.env.PARALLAX_PG ?? '';
const cassandraContact = process.env.PARALLAX_CASSANDRA ?? '';
const DAY = '1999-01-05';
const DAY_NUMBER = Number((parseDay(DAY) ?? 0n) / 86_400_000_000n);
const COMPLETED = parseSecond('1999-01-06T02:03:04Z') ?? 0n;
const enterprise = createEnterprise({ seed: 7, customers: 70 });

const load = (of: Enterprise, onProgress: (table: string) => void = () => undefined): Promise<boolean> =>
  loadDay({
    enterprise: of,
    day: DAY,
    postgresUrl,
    cassandraContact,
    completedAt: COMPLETED,
    onProgress: ({ table }) => onProgress(table),
  });

async function removeDay(): Promise<void> {
  await withClient(postgresUrl, async (client) => {
    const tables = ['profile', ...WIDE_TABLES.filter(({ source }) => source === 'dwh').map(({ name }) => name)];
    for (const table of tables) await client.query(`drop table if exists dwh.${table}_d19990105`);
    const present = await client.query(`select to_regclass('dwh.simulated_days') is not null as present`);
    if (present.rows[0]?.present === true) await client.query(`delete from dwh.simulated_days where day = $1`, [DAY]);
    const control = await client.query(`select to_regclass('dwh.parallax_control') is not null as present`);
    if (control.rows[0]?.present === true) await client.query(`delete from dwh.parallax_control where day = $1`, [DAY]);
  });
  await withCassandra(cassandraContact, async (client) => {
    for (const { name } of WIDE_TABLES.filter(({ source }) => source === 'nosql')) {
      await client.execute(`drop table if exists ${NOSQL_KEYSPACE}.${nosqlTableOfDay(name, DAY)}`);
    }
  });
}

beforeAll(async () => {
  // Makes schema and keyspace where they are missing, so that removing works on any machine.
  await load(createEnterprise({ seed: 1, customers: 1 }));
  await removeDay();
});
afterAll(removeDay);

async function markers(): Promise<string[]> {
  const dwh = await withClient(postgresUrl, (client) =>
    client.query('select table_name, completed_at from dwh.parallax_control where day = $1', [DAY]),
  );
  const nosql = await withCassandra(cassandraContact, (client) =>
    client.execute(`select table_name, completed_at from ${NOSQL_KEYSPACE}.parallax_control where day = ?`, [DAY], { prepare: true }),
  );
  const line = (source: string, row: { table_name: string; completed_at: Date }) =>
    `${source}.${row.table_name} ${row.completed_at.toISOString()}`;
  return [
    ...dwh.rows.map((row) => line('dwh', row)),
    ...nosql.rows.map((row) => line('nosql', { table_name: row.table_name, completed_at: row.completed_at })),
  ].sort();
}

const rowsOf = async (client: Client, table: string, key: string): Promise<Record<string, unknown>[]> =>
  (await client.query(`select * from dwh.${table} where day = $1 order by ${key}`, [DAY])).rows;

describe('a loaded day', () => {
  it('holds every value of every customer in both stores, and its markers', async () => {
    const progress: string[] = [];
    expect(await load(enterprise, (table) => progress.push(table))).toBe(true);
    const all = ['dwh.profile', ...WIDE_TABLES.map(({ source, name }) => `${source}.${name}`)];
    expect([...progress].sort()).toEqual([...all].sort());
    expect(await markers()).toEqual(all.map((table) => `${table} 1999-01-06T02:03:04.000Z`).sort());

    await withClient(postgresUrl, async (client) => {
      const profiles = await rowsOf(client, 'profile', 'customer_id');
      const expected = Array.from({ length: 70 }, (_, i) => profileRow(enterprise, i + 1, DAY_NUMBER));
      expect(profiles.map((row) => PROFILE_COLUMNS.map(({ name }) => (row[name] === null ? null : String(row[name]))))).toEqual(expected);
    });
    for (const table of WIDE_TABLES) {
      const make = wideRows(enterprise, table, DAY_NUMBER);
      const row = new Int8Array(table.columns.length);
      const expected = Array.from({ length: 70 }, (_, i) => {
        make(i + 1, row);
        return [String(i + 1), ...Array.from(row, (value) => (value === MISSING ? null : value))];
      });
      const found =
        table.source === 'dwh'
          ? await withClient(postgresUrl, (client) => rowsOf(client, table.name, table.key))
          : await nosqlRows(table.name);
      const values = found.map((one) => [String(one[table.key]), ...table.columns.map(({ name }) => one[name])]);
      values.sort((a, b) => Number(a[0]) - Number(b[0]));
      expect(values, table.name).toEqual(expected);
    }
  });

  it('is not loaded twice', async () => {
    const progress: string[] = [];
    expect(await load(enterprise, (table) => progress.push(table))).toBe(false);
    expect(progress).toEqual([]);
  });

  it('is replaced by another enterprise', async () => {
    const other = createEnterprise({ seed: 8, customers: 40 });
    expect(await load(other)).toBe(true);
    const counts = await withClient(postgresUrl, (client) =>
      client.query('select count(*)::int as n from dwh.usage_history where day = $1', [DAY]),
    );
    expect(counts.rows[0]?.n).toBe(40);
    expect(await nosqlRows('app_sessions')).toHaveLength(40);
    expect(await load(other)).toBe(false);
  });

  it('must be a day', async () => {
    const wrong = loadDay({ enterprise, day: '1999-02-30', postgresUrl, cassandraContact, completedAt: COMPLETED });
    await expect(wrong).rejects.toMatchObject({ code: 'PRLX_SIM_OPTIONS', exitCode: 2 });
  });

  it('says which store is away', async () => {
    const away = { enterprise, day: DAY, completedAt: COMPLETED };
    await expect(loadDay({ ...away, postgresUrl: 'postgres://nobody@127.0.0.1:1/x', cassandraContact })).rejects.toMatchObject({
      code: 'PRLX_SIM_DWH',
      retryable: true,
    });
    const other = createEnterprise({ seed: 9, customers: 2 });
    await expect(loadDay({ ...away, enterprise: other, postgresUrl, cassandraContact: '127.0.0.1:1' })).rejects.toMatchObject({
      code: 'PRLX_SIM_NOSQL',
      retryable: true,
    });
  });
});

async function nosqlRows(table: string): Promise<Record<string, unknown>[]> {
  return withCassandra(cassandraContact, async (client) => {
    const result = await client.execute(`select * from ${NOSQL_KEYSPACE}.${nosqlTableOfDay(table, DAY)}`, [], {
      prepare: true,
      fetchSize: 1_000,
    });
    return result.rows.map((row) => Object.fromEntries(row.keys().map((name) => [name, row.get(name)])));
  });
}
