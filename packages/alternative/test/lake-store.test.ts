/** Goal: this side reads a lake of Parquet files by a reader of its own: days that are complete, columns, nested fields, exact texts. Method: files that DuckDB writes. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { BatchSource } from '@parallax/core';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { storeOf } from '../src/sources/live/open-store.ts';
import type { Store } from '../src/sources/live/store.ts';
import { NO_RULES } from './day-rules.ts';

const DAY = '2026-01-04';

let lake: string;
beforeEach(async () => {
  lake = join(await mkdtemp(join(tmpdir(), 'parallax-lake-')), "of Parallax's");
  onTestFinished(() => rm(join(lake, '..'), { recursive: true, force: true }));
});

/** The lake as a source of the tables `profile` and `usage`. */
function store(path = `${lake}/{table}/day={day}`, address: string | null = null): Store {
  const table = (name: string): BatchSource['tables'][number] => ({
    ...{ name, key: 'cust', columns: [], keyPrefix: '', shape: { kind: 'rows' }, expect: [], scorecard: false },
    day: NO_RULES,
  });
  const source: BatchSource = { name: 'lake', from: { kind: 'parquet', settings: { path } }, tables: [table('profile'), table('usage')] };
  const opened = storeOf(source, { env: {}, address, scratch: join(lake, '..', 'scratch'), now: Date.now });
  onTestFinished(() => opened.close());
  return opened;
}

async function write(name: string, sql: string, day = DAY): Promise<void> {
  const folder = join(lake, 'profile', `day=${day}`);
  await mkdir(folder, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${join(folder, name).replaceAll("'", "''")}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

const wanted = (...fields: readonly (readonly string[])[]) => ({ table: 'profile', key: 'cust', day: DAY, fields });

async function rowsOf(of: Store, ...fields: readonly (readonly string[])[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const row of of.rows(wanted(...fields))) found.push(row);
  return found;
}

test('a day is complete when its marker is there, as of its time in milliseconds', async () => {
  const mark = async (table: string, folder: string, at: number) => {
    await mkdir(join(lake, table, folder), { recursive: true });
    await writeFile(join(lake, table, folder, '_SUCCESS'), '');
    await utimes(join(lake, table, folder, '_SUCCESS'), at, at);
  };
  await mark('profile', 'day=2026-01-03', 1_767_400_000.25);
  await mark('profile', 'day=2026-01-04', 1_767_500_000);
  await mark('usage', 'day=2026-01-04', 1_767_500_001);
  await mark('usage', 'day=latest', 1);
  await mkdir(join(lake, 'profile', 'day=2026-01-05'));
  const expected = [
    { day: '2026-01-03', table: 'profile', completed: 1_767_400_000_250_000n },
    { day: '2026-01-04', table: 'profile', completed: 1_767_500_000_000_000n },
    { day: '2026-01-04', table: 'usage', completed: 1_767_500_001_000_000n },
  ];
  const inOrder = async (of: Store) => [...(await of.markers())].sort((a, b) => Number(a.completed - b.completed));
  expect(await inOrder(store())).toEqual(expected);
  expect(await inOrder(store('/no/such/{table}/{day}', `file://${lake}/{table}/day={day}`))).toEqual(expected);
  expect(await store('/no/such/{table}/{day}').markers()).toEqual([]);
});

test('cells are exact texts, from nested fields too, whatever file they lie in', async () => {
  await write(
    'a.parquet',
    `SELECT 9007199254740993 AS cust, {'tier': 'g''old', 'of': {'months': 12.50::DECIMAL(9,2)}} AS plan, true AS flag`,
  );
  await write('b.parquet', `SELECT {'tier': NULL, 'of': NULL} AS plan, NULL::BOOLEAN AS flag, 2 AS cust`);
  await write('_hidden.parquet', 'SELECT 3 AS cust');
  expect(await rowsOf(store(), ['cust'], ['plan', 'tier'], ['plan', 'of', 'months'], ['flag'])).toEqual([
    ['9007199254740993', "g'old", '12.50', 'true'],
    ['2', null, null, null],
  ]);
});

test('numbers are known from what is compared as text', async () => {
  await write(
    'a.parquet',
    `SELECT 1::SMALLINT AS cust, {'x': 1.5::DECIMAL(4,1), 'd': 1.5::DOUBLE, 's': 'a'} AS plan, DATE '2026-01-04' AS at`,
  );
  expect(await store().kinds(wanted(['cust'], ['plan', 'x'], ['plan', 'd'], ['plan', 's'], ['at']))).toEqual([
    ...['exact', 'exact', 'double', 'other', 'other'],
  ]);
});

test('what is not there is said by its name', async () => {
  await write('a.parquet', `SELECT 1 AS cust, {'x': 1} AS plan`);
  await expect(rowsOf(store(), ['cust'], ['tenure'])).rejects.toMatchObject({
    code: 'PRLX_BATCH_COLUMN',
    message: expect.stringContaining('tenure'),
  });
  await expect(rowsOf(store(), ['cust'], ['plan', 'y'])).rejects.toMatchObject({
    code: 'PRLX_BATCH_COLUMN',
    message: expect.stringContaining('plan.y'),
  });
  await rm(join(lake, 'profile', `day=${DAY}`, 'a.parquet'));
  await expect(rowsOf(store(), ['cust'])).rejects.toMatchObject({ code: 'PRLX_ALTERNATIVE_STORE' });
});
