import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { ParallaxError } from '@parallax/core';
import { cpuSeconds, ownSeconds } from '../processes.ts';
import { step } from '../step.ts';
import { type Arena, type MadeView, makeView, openRows, projectIn } from './arena.ts';
import { type DaySize, duckTableSql, fromLake, KEPT_COLUMNS, MODULES, writeDay } from './data.ts';

const ROUNDS = 3;

/** Runs before those of the first day: a server makes views day after day, and its virtual machine compiles what it needs once. */
const WARM_ROUNDS = 5;

/** One day of a lake reduced, by us and by DuckDB. CPU seconds: files to batch view, and files to DuckDB's table of the same sums. */
export interface ReducedDay {
  readonly size: DaySize;
  readonly ours: number;
  readonly duck: number;
  /** Of the batch view. */
  readonly bytesOfCustomer: number;
  /** The same when the SQL reads `KEPT_COLUMNS` declared columns, too. */
  readonly bytesWithColumns: number;
}

/** Each side several times; the last counts. @param isFirst whether the virtual machine is to be warmed up */
export async function measureDay(arena: Arena, size: DaySize, isFirst: boolean): Promise<ReducedDay> {
  const { context, home, server, duck, engine } = arena;
  const name = `${size.customers.toLocaleString('en-US')} × ${size.tables * size.columns}`;
  const folder = join(home, `day-${size.customers}`);
  const lake = join(folder, 'lake');
  await step(context.view, `${name}: files`, () => writeDay(duck, lake, size));
  const project = await projectIn(join(folder, 'project'), fromLake(lake), size);
  let ours = 0;
  let made: MadeView | null = null;
  for (let round = 0; round < ROUNDS + (isFirst ? WARM_ROUNDS : 0); round += 1) {
    context.signal.throwIfAborted();
    const before = cpuSeconds(server.pid);
    made = await step(context.view, `${name}: batch view, run ${round + 1}`, () =>
      makeView(engine, project, join(folder, `state-${round}`)),
    );
    ours = cpuSeconds(server.pid) - before;
  }
  if (made === null) throw new RangeError('no round');
  let duckSeconds = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = ownSeconds(process.pid);
    await step(context.view, `${name}: DuckDB, run ${round + 1}`, () => duckScorecard(duck, lake, size));
    duckSeconds = ownSeconds(process.pid) - before;
  }
  await openRows(engine, project, made);
  await requireSame(arena, made, size);
  const wide = await projectIn(join(folder, 'wide-project'), fromLake(lake), size, KEPT_COLUMNS);
  const { view } = await step(context.view, `${name}: batch view with ${KEPT_COLUMNS} columns`, () =>
    makeView(engine, wide, join(folder, 'state-wide')),
  );
  if (view.taken.length !== KEPT_COLUMNS)
    throw new ParallaxError('PRLX_BENCH', `the batch view has ${view.taken.length} columns, not ${KEPT_COLUMNS}`, { exitCode: 1 });
  return {
    ...{ size, ours, duck: duckSeconds },
    bytesOfCustomer: (await folderBytes(made.view.folder)) / size.customers,
    bytesWithColumns: (await folderBytes(view.folder)) / size.customers,
  };
}

/** Each table's sums, joined by customer: the table that a user would keep instead of the batch view. */
async function duckScorecard(duck: DuckDBConnection, lake: string, size: DaySize): Promise<void> {
  for (let table = 0; table < size.tables; table += 1) {
    await duck.run(`CREATE OR REPLACE TABLE part${table} AS ${duckTableSql(lake, table, size)}`);
  }
  const tables = Array.from({ length: size.tables }, (_, t) => t);
  const sums = Array.from({ length: MODULES }, (_, m) => `${tables.map((t) => `part${t}.m${m}`).join(' + ')} AS m${m}`);
  const joins = tables.slice(1).map((t) => `JOIN part${t} USING (cust)`);
  await duck.run(`CREATE OR REPLACE TABLE scores AS SELECT cust, ${sums.join(', ')} FROM part0 ${joins.join(' ')}`);
}

/** Doubles agree with exact sums to a millionth of a point for a customer. */
async function requireSame({ engine, duck }: Arena, { view }: MadeView, size: DaySize): Promise<void> {
  const [ours] = await engine.session.collect('SELECT count(*) AS n, CAST(sum(scorecard) AS STRING) AS total FROM bench_rows');
  const reader = await duck.runAndReadAll('SELECT count(*), sum(m0 + m1 + m2 + m3) FROM scores');
  const [row] = reader.getRows();
  const [theirs, total] = [Number(row?.[0]), Number(row?.[1])];
  if (Number(ours?.n) === size.customers && theirs === size.customers && Math.abs(Number(ours?.total) - total) <= size.customers * 1e-6)
    return;
  throw new ParallaxError(
    'PRLX_BENCH',
    `the batch view ${view.folder} has ${String(ours?.n)} customers and ${String(ours?.total)}, DuckDB ${theirs} and ${total}`,
    { exitCode: 1 },
  );
}

async function folderBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.parquet'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((a, b) => a + b, 0);
}
