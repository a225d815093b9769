import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';

/** How large a batch day is. */
export interface DaySize {
  readonly customers: number;
  readonly tables: number;
  /** Variables of each table. */
  readonly columns: number;
}

export const DAY = '2026-01-04';
export const MODULES = 4;

/** Five kinds of variable, in turn: a small count, a percentage, a wide integer, a decimal of two places, a flag with nulls. */
const KINDS = 5;
const DECIMAL_KIND = 3;

/** Columns that are declared and read by the SQL where it is asked what they take up; no more than the smallest table has. */
export const KEPT_COLUMNS = 20;

export function valuesOf({ customers, tables, columns }: DaySize): number {
  return customers * tables * columns;
}

/** Writes the day as a lake has it: a folder a table, one Parquet file in each, and its marker. */
export async function writeDay(duck: DuckDBConnection, folder: string, size: DaySize): Promise<void> {
  for (let table = 0; table < size.tables; table += 1) {
    const target = join(folder, `t${table}`, `day=${DAY}`);
    await mkdir(target, { recursive: true });
    const columns = Array.from({ length: size.columns }, (_, i) => `${valueSql(table * size.columns + i)} AS v${i}`);
    await duck.run(
      `COPY (SELECT i AS cust, ${columns.join(', ')} FROM range(${size.customers}) r(i)) TO '${join(target, 'part-0.parquet')}' (FORMAT parquet, COMPRESSION lz4_raw)`,
    );
    await writeFile(join(target, '_SUCCESS'), '');
  }
}

function valueSql(variable: number): string {
  const h = `(hash(i * 10007 + ${variable}) % 1000003)`;
  switch (variable % KINDS) {
    case 0:
      return `CAST(${h} % 30 AS INTEGER)`;
    case 1:
      return `CAST(${h} % 101 AS INTEGER)`;
    case 2:
      return `CAST(${h} AS BIGINT)`;
    case DECIMAL_KIND:
      return `CAST(CAST(${h} % 100000 AS DECIMAL(12,0)) / 100 AS DECIMAL(12,2))`;
    default:
      return `CASE WHEN ${h} % 10 = 0 THEN NULL ELSE CAST(${h} % 2 AS INTEGER) END`;
  }
}

const TRANSFORMS = [
  'linear(15,6)|cap(-1.5,1.5)',
  'cap(5,95)|linear(50,30)',
  'linear(500000,250000)|cap(-2,2)',
  'linear(499.5,210.25)',
  'flag(1)',
];

function entryOf(variable: number): { transform: string; weight: number; missing: string; module: number } {
  return {
    transform: TRANSFORMS[variable % KINDS] ?? '',
    weight: ((variable % 97) + 1) / 1000,
    missing: variable % KINDS === KINDS - 1 ? '0' : '',
    module: variable % MODULES,
  };
}

/** Where a project reads a lake from: the setting `from` of its batch source. */
export function fromLake(folder: string): string {
  return `{ parquet: { path: "${folder}/{table}/day={day}" } }`;
}

/** The project's files that read such a day, by path. @param from the setting `from` of its batch source @param kept columns of the first table that its SQL reads */
export function projectFiles(from: string, size: DaySize, kept: number): Readonly<Record<string, string>> {
  const read = Array.from({ length: kept }, (_, i) => i);
  const columns = read.map((i) => `{ name: v${i}, places: ${i % KINDS === DECIMAL_KIND ? 2 : 0} }`).join(', ');
  const tables = Array.from(
    { length: size.tables },
    (_, t) => `  - { name: t${t}, key: cust, scorecard: true${t === 0 && kept > 0 ? `, columns: [${columns}]` : ''} }`,
  );
  const rows = Array.from({ length: size.tables * size.columns }, (_, variable) => {
    const { transform, weight, missing, module } = entryOf(variable);
    const table = Math.floor(variable / size.columns);
    return `store,t${table},v${variable % size.columns},m${module},"${transform}",${weight.toFixed(6)},${missing}`;
  });
  return {
    'parallax.yaml': 'name: bench\nkey: { name: customer_id, type: bigint }\nbase: store.t0\n',
    'streams/calls.yaml':
      'key: { field: k }\ntime: { field: t }\nevent_id: e\nvariables:\n  - { name: x, field: x, places: 0, aggregates: [sum] }\n',
    'batch/store.yaml': `from: ${from}\ntables:\n${tables.join('\n')}\n`,
    'batch/scorecard.csv': `source,table,column,module,transform,weight,missing_as\n${rows.join('\n')}\n`,
    'satisfaction.sql':
      'SELECT s.customer_id, CAST(GREATEST(0, LEAST(100, 50 + b.scorecard)) AS DECIMAL(5,2)) AS satisfaction' +
      `${read.map((i) => `, b.t0_v${i}`).join('')} FROM stream s JOIN batch b ON b.customer_id = s.customer_id\n`,
    'actions.sql': "SELECT customer_id, 'a' AS action, 'r' AS reason FROM satisfaction\n",
  };
}

/** One table's part of the same scorecard as DuckDB computes it the fastest: in doubles, a column a module. */
export function duckTableSql(lake: string, table: number, size: DaySize): string {
  const modules: string[][] = Array.from({ length: MODULES }, () => []);
  for (let i = 0; i < size.columns; i += 1) {
    const { weight, missing, module, transform } = entryOf(table * size.columns + i);
    const value = missing === '' ? `CAST(v${i} AS DOUBLE)` : `COALESCE(CAST(v${i} AS DOUBLE), ${missing})`;
    modules[module]?.push(`COALESCE(${duckTransforms(value, transform)} * ${weight}::DOUBLE, 0)`);
  }
  const columns = modules.map((sums, m) => `${sums.join(' + ')} AS m${m}`);
  return `SELECT cust, ${columns.join(', ')} FROM read_parquet('${lake}/t${table}/day=${DAY}/*.parquet', hive_partitioning = false)`;
}

function duckTransforms(value: string, transforms: string): string {
  return transforms.split('|').reduce((x, transform) => {
    const [, name, first = '', second = ''] = /^(\w+)\(([^,]+)(?:,(.+))?\)$/.exec(transform) ?? [];
    if (name === 'linear') return `((${x} - ${first}::DOUBLE) / ${second}::DOUBLE)`;
    if (name === 'cap') return `LEAST(GREATEST(${x}, ${first}::DOUBLE), ${second}::DOUBLE)`;
    return `(CASE WHEN ${x} = ${first} THEN 1::DOUBLE ELSE 0::DOUBLE END)`;
  }, value);
}
