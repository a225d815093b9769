import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { JARS, startSpark } from '@parallax/local';
import { openEngine } from '@parallax/pipeline';
import type { Bench, BenchReport } from '../bench.ts';
import { HEAPS_MB, SERVICE_START_MS_MAX } from '../limits.ts';
import { step } from '../step.ts';
import { type Arena, makeView, openRows, projectIn } from './arena.ts';
import { measureBeside } from './beside.ts';
import { fromLake, writeDay } from './data.ts';
import { measureDay, type ReducedDay } from './days.ts';
import { measureStores } from './from-stores.ts';
import { type JoinBase, measureJoins } from './minutes.ts';
import { reportOf } from './report.ts';

const SIZES = {
  quick: {
    days: [
      { customers: 10_000, tables: 8, columns: 250 },
      { customers: 100_000, tables: 4, columns: 250 },
      { customers: 1_000_000, tables: 1, columns: 100 },
    ],
    stores: { postgres: { customers: 10_000, tables: 1, columns: 250 }, cassandra: { customers: 5_000, tables: 1, columns: 250 } },
    bases: [10_000, 100_000, 1_000_000],
    population: 5_000,
    rounds: 5,
    run: { minutes: 12, events: 5_000, customers: 3_000, columns: 10 },
    beside: { customers: 20_000, tables: 2, columns: 250 },
  },
  full: {
    days: [
      { customers: 10_000, tables: 20, columns: 250 },
      { customers: 100_000, tables: 10, columns: 250 },
      { customers: 1_000_000, tables: 2, columns: 100 },
    ],
    stores: { postgres: { customers: 50_000, tables: 2, columns: 250 }, cassandra: { customers: 20_000, tables: 2, columns: 250 } },
    bases: [10_000, 100_000, 1_000_000],
    population: 5_000,
    rounds: 7,
    run: { minutes: 30, events: 20_000, customers: 10_000, columns: 10 },
    beside: { customers: 50_000, tables: 4, columns: 250 },
  },
  tiny: {
    days: [{ customers: 1_000, tables: 2, columns: 20 }],
    stores: { postgres: { customers: 500, tables: 1, columns: 20 }, cassandra: { customers: 200, tables: 1, columns: 20 } },
    bases: [1_000, 10_000],
    population: 200,
    rounds: 1,
    run: { minutes: 5, events: 200, customers: 100, columns: 10 },
    beside: { customers: 1_000, tables: 1, columns: 20 },
  },
} as const;

/** `bench batch`: a day to the batch view, from a lake and from stores, and what a minute then pays to find its customers there. */
export const bench: Bench = {
  title: 'The batch layer',
  about:
    'A day of tables becomes the batch view: exact scorecard sums by module, the five largest contributions of each customer, a profile of each variable. DuckDB computes the sums alone, in doubles, from the same files in the same run. CPU seconds of the engine, what its virtual machine’s compilers take included; the third run of each counts, after five that warm up the engine.',
  settings: { size: '`tiny`: whether it works, in a minute; its figures say nothing' },
  async run(context): Promise<BenchReport> {
    const sizes = SIZES[context.settings.get('size') === 'tiny' ? 'tiny' : context.size];
    const home = join(context.home, 'batch');
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { recursive: true });
    const server = await startSpark({ home, heapMb: HEAPS_MB.spark, startMsMax: SERVICE_START_MS_MAX, signal: context.signal });
    const duck = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
    const engine = await openEngine({ url: server.url, functionsJar: join(JARS, 'functions', 'parallax-spark-functions.jar') });
    try {
      const arena = { context, home, server, duck, engine };
      const days: ReducedDay[] = [];
      for (const [i, size] of sizes.days.entries()) days.push(await measureDay(arena, size, i === 0));
      const bases: JoinBase[] = [];
      for (const customers of sizes.bases) bases.push(await makeBase(arena, customers));
      const { costs: joins, plan } = await step(context.view, 'minutes on each base in turn', () => measureJoins(arena, bases, sizes));
      const besides = await measureBeside(arena, sizes.run, sizes.beside);
      const stores = await measureStores(arena, sizes.stores);
      return reportOf({ days, joins, plan, besides, stores, population: sizes.population });
    } finally {
      await engine.session.close();
      duck.closeSync();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    }
  },
};

async function makeBase({ context, home, duck, engine }: Arena, customers: number): Promise<JoinBase> {
  const size = { customers, tables: 1, columns: 10 };
  const folder = join(home, `base-${customers}`);
  await writeDay(duck, join(folder, 'lake'), size);
  return step(context.view, `a base of ${customers.toLocaleString('en-US')}`, async () => {
    const project = await projectIn(join(folder, 'project'), fromLake(join(folder, 'lake')), size);
    const made = await makeView(engine, project, join(folder, 'state'));
    await openRows(engine, project, made);
    return { ...made, folder, project };
  });
}
