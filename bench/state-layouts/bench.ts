import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import { JARS, type RunningService, startSpark } from '@parallax/local';
import { type Engine, openEngine } from '@parallax/pipeline';
import { writeParquet, writeState } from '@parallax/pipeline/engine/sql.ts';
import type { SparkSession } from '@parallax/spark-connect';
import type { Bench, BenchContext, BenchReport } from '../bench.ts';
import { figure, median, rounded } from '../figures.ts';
import { HEAPS_MB, SERVICE_START_MS_MAX } from '../limits.ts';
import { cpuSeconds } from '../processes.ts';
import { step } from '../step.ts';
import { type Layout, layouts, messagesSql, ROWS_TYPE, valuesSql } from './layouts.ts';

const VARIABLES = 100;
/** Functions that this bench alone needs: a state a customer, and what reads it. */
const FUNCTIONS = [
  ['prlx_parse', 'EventParser', 'STRUCT<reason: STRING, key: STRING, time: BIGINT, id: STRING, vals: BINARY, drift: ARRAY<STRING>>'],
  ['prlx_pane', 'Pane', 'BINARY'],
  ['prlx_merge', 'Merge', 'BINARY'],
  ['prlx_values', 'Values', 'ARRAY<BIGINT>'],
  ['prlx_layout_rows', 'Rows', ROWS_TYPE],
] as const;
const SIZES = { quick: { customers: 50_000, rounds: 3 }, full: { customers: 200_000, rounds: 7 } } as const;
const WARM_ROUNDS = 2;

interface Measured {
  readonly layout: Layout;
  /** Median CPU seconds of Spark. */
  readonly merge: number;
  readonly read: number;
  readonly mib: number;
  /** What was read: the same of every layout. */
  readonly sums: string;
}

/** `bench state-layouts`: what keeping a window's state costs, by how it is laid out. */
export const bench: Bench = {
  title: 'Layouts of state',
  about: `Two states of the same customers, sum and count of ${VARIABLES} variables each, are merged and written as Parquet; then ${10} variables of all customers are read. CPU seconds of Spark, median of several rounds after ${WARM_ROUNDS} that warm up.`,
  settings: { customers: 'how many' },
  async run(context): Promise<BenchReport> {
    const { customers: usual, rounds } = SIZES[context.size];
    const customers = Number(context.settings.get('customers') ?? usual);
    const home = join(context.home, 'layouts');
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { recursive: true });
    const server = await startSpark({ home, heapMb: HEAPS_MB.spark, startMsMax: SERVICE_START_MS_MAX, signal: context.signal });
    try {
      return report(await measureAll(context, server, home, customers, rounds), customers);
    } finally {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    }
  },
};

async function measureAll(
  { view, signal }: BenchContext,
  server: RunningService,
  home: string,
  customers: number,
  rounds: number,
): Promise<Measured[]> {
  const engine = await openEngine({ url: server.url, functionsJar: join(JARS, 'functions', 'parallax-spark-functions.jar') });
  try {
    const { session } = engine;
    for (const [name, className, type] of FUNCTIONS) await session.registerJavaFunction(name, `dev.parallax.functions.${className}`, type);
    await step(view, 'events', () => makeEvents(session, home, customers));
    const measured: Measured[] = [];
    for (const layout of layouts(VARIABLES, 'values_a', 'messages_a')) {
      signal.throwIfAborted();
      measured.push(
        await step(view, layout.name, () => measure(engine, server, layout, join(home, layout.name.replaceAll(/\W+/g, '-')), rounds)),
      );
    }
    requireSame(measured);
    return measured;
  } finally {
    await engine.session.close();
  }
}

/** The views `values_a`, `messages_a`, `values_b`, `messages_b`: one event of every customer in each. */
async function makeEvents(session: SparkSession, home: string, customers: number): Promise<void> {
  for (const [salt, name] of ['a', 'b'].entries()) {
    const [values, messages] = [join(home, `values-${name}`), join(home, `messages-${name}`)];
    await session.command(writeParquet(values, valuesSql(customers, VARIABLES, salt)));
    await session.createSourceView(`values_${name}`, { format: 'parquet', paths: [values] });
    await session.command(writeParquet(messages, messagesSql(`values_${name}`, VARIABLES)));
    await session.createSourceView(`messages_${name}`, { format: 'parquet', paths: [messages] });
  }
}

async function measure({ session }: Engine, server: RunningService, layout: Layout, home: string, rounds: number): Promise<Measured> {
  await session.setConf({
    'spark.sql.codegen.wholeStage': String(layout.codegen),
    'spark.sql.codegen.factoryMode': layout.codegen ? 'FALLBACK' : 'NO_CODEGEN',
  });
  // Rows of a bucket are written as the pipeline writes them.
  const write = layout.build.includes('prlx_panes') ? writeState : writeParquet;
  for (const name of ['a', 'b']) {
    const folder = join(home, name);
    await session.command(write(folder, layout.build.replaceAll(/\b(values|messages)_a\b/g, `$1_${name}`)));
    await session.createSourceView(name, { format: 'parquet', paths: [folder] });
  }
  const [merges, reads]: [number[], number[]] = [[], []];
  const merged = join(home, 'merged');
  let sums = '';
  for (let round = 0; round < WARM_ROUNDS + rounds; round += 1) {
    const before = cpuSeconds(server.pid);
    await session.command(write(merged, layout.merge));
    const between = cpuSeconds(server.pid);
    await session.createSourceView('merged', { format: 'parquet', paths: [merged] });
    const [row] = await session.collect(layout.read);
    sums = Object.values(row ?? {}).join(' ');
    if (round >= WARM_ROUNDS) {
      merges.push(between - before);
      reads.push(cpuSeconds(server.pid) - between);
    }
  }
  return { layout, merge: median(merges), read: median(reads), mib: (await folderBytes(merged)) / 2 ** 20, sums };
}

function requireSame(measured: readonly Measured[]): void {
  const first = measured[0];
  for (const { layout, sums } of measured) {
    if (sums !== first?.sums) {
      throw new ParallaxError('PRLX_BENCH', `${layout.name} reads ${sums} where ${first?.layout.name} reads ${first?.sums}`, {
        exitCode: 1,
      });
    }
  }
}

async function folderBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.parquet'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((a, b) => a + b, 0);
}

function report(measured: readonly Measured[], customers: number): BenchReport {
  const best = Math.min(...measured.map(({ merge }) => merge));
  return {
    figures: measured.map(({ layout, merge }) => figure(`merge and write, ${layout.name}`, rounded(merge, 2), 'CPU s')),
    tables: [
      {
        title: 'Side by side',
        text: `${customers.toLocaleString('en-US')} customers, ${VARIABLES} variables, sum and count of each. Spark compiles the plans of the first two layouts; where our functions do the work there is nothing to compile. All read the same sums.`,
        columns: ['Layout', 'Merge and write, CPU s', 'of the best', 'Read 10 variables, CPU s', 'On disk, MiB'],
        rows: measured.map(({ layout, merge, read, mib }) => [
          layout.name,
          merge.toFixed(2),
          `${(merge / best).toFixed(1)} ×`,
          read.toFixed(2),
          mib.toFixed(1),
        ]),
      },
    ],
    charts: [
      {
        kind: 'bars',
        title: 'Merge two states and write, then read',
        unit: 'CPU s',
        parts: ['merge and write', 'read 10 variables'],
        bars: measured.map(({ layout, merge, read }) => ({ label: layout.name, values: [merge, read] })),
      },
    ],
  };
}
