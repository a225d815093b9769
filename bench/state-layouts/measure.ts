import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import type { Engine } from '@parallax/pipeline';
import { writeParquet } from '@parallax/pipeline/engine/sql.ts';
import type { Row, SparkSession } from '@parallax/spark-connect';
import type { BenchView } from '../bench.ts';
import { median } from '../figures.ts';
import { step } from '../step.ts';
import { eventsSql, HOUR, LAST_MINUTE, range } from './events.ts';
import { type Layout, READ_VARIABLES } from './layouts.ts';

/** Rounds before those that count. */
export const WARM_ROUNDS = 2;
const MIB = 2 ** 20;

export interface LayoutSize {
  /** Of whom each event draws one. */
  readonly customers: number;
  readonly variables: number;
  /** Events of the minute that is summed, and of all minutes of the hour whose panes are merged. */
  readonly minuteEvents: number;
  readonly hourEvents: number;
  readonly rounds: number;
}

export interface MeasuredLayout {
  readonly name: string;
  /** Medians, CPU seconds: a minute's events to panes, an hour of panes to windows, some variables of all windows. */
  readonly sum: number;
  readonly merge: number;
  readonly read: number;
  /** On disk: the panes of the hour, and the windows. */
  readonly panesMib: number;
  readonly windowsMib: number;
}

export interface Measuring {
  /** Knows the functions of the layouts. */
  readonly engine: Engine;
  readonly layouts: readonly Layout[];
  readonly size: LayoutSize;
  /** An empty folder. */
  readonly home: string;
  /** CPU seconds that the engine has used so far. */
  readonly cpu: () => number;
  readonly view: BenchView;
  readonly signal: AbortSignal;
}

/**
 * Measures layouts one after the other on the same events.
 *
 * @throws ParallaxError PRLX_BENCH when one of them reads other sums than the events have
 */
export async function measureLayouts(measuring: Measuring): Promise<MeasuredLayout[]> {
  const { engine, layouts, view, signal } = measuring;
  const truth = await step(view, 'events', () => writeEvents(measuring));
  const measured: MeasuredLayout[] = [];
  for (const layout of layouts) {
    signal.throwIfAborted();
    await engine.session.setConf(codegenConf(layout));
    measured.push(await step(view, layout.name, () => measure(measuring, layout, truth)));
  }
  return measured;
}

/** Writes the events of the minute and of the hour. @returns the sums that are to be read of the hour's, by name */
async function writeEvents({ engine: { session }, home, size }: Measuring): Promise<Row> {
  const { customers, variables, minuteEvents, hourEvents } = size;
  await session.command(writeParquet(join(home, 'raw-minute'), eventsSql(minuteEvents, customers, variables, LAST_MINUTE)));
  await session.command(writeParquet(join(home, 'raw-hour'), eventsSql(hourEvents, customers, variables, HOUR)));
  await open(session, 'raw', join(home, 'raw-hour'));
  const [sums] = await session.collect(`SELECT ${range(READ_VARIABLES, (i) => `sum(v${i}) AS r${i}`)} FROM raw`);
  return sums ?? {};
}

async function measure({ engine: { session }, home, size, cpu }: Measuring, layout: Layout, truth: Row): Promise<MeasuredLayout> {
  const folder = join(home, layout.name.replaceAll(/\W+/g, '-'));
  const at = (part: string) => join(folder, part);
  for (const part of ['minute', 'hour']) {
    await open(session, 'raw', join(home, `raw-${part}`));
    await session.command(layout.write(at(`events-${part}`), layout.events));
  }
  await open(session, 'events', at('events-hour'));
  await session.command(layout.write(at('panes'), layout.panes));
  await open(session, 'panes', at('panes'));
  await open(session, 'events', at('events-minute'));
  const costs = { sum: [] as number[], merge: [] as number[], read: [] as number[] };
  for (let round = 0; round < WARM_ROUNDS + size.rounds; round += 1) {
    const before = cpu();
    await session.command(layout.write(at('minute'), layout.panes));
    const summed = cpu();
    await session.command(layout.write(at('merged'), layout.merged));
    const merged = cpu();
    await open(session, 'merged', at('merged'));
    const opened = cpu();
    const [sums] = await session.collect(layout.read);
    const read = cpu();
    requireSame(layout, sums ?? {}, truth);
    if (round < WARM_ROUNDS) continue;
    costs.sum.push(summed - before);
    costs.merge.push(merged - summed);
    costs.read.push(read - opened);
  }
  const [panesMib, windowsMib] = [await folderMib(at('panes')), await folderMib(at('merged'))];
  await rm(folder, { recursive: true });
  return { name: layout.name, sum: median(costs.sum), merge: median(costs.merge), read: median(costs.read), panesMib, windowsMib };
}

/** Beyond the pipeline's own settings for generated code: plans of as many columns as there are here are compiled too. */
function codegenConf({ codegen }: Layout): Record<string, string> {
  return {
    'spark.sql.codegen.wholeStage': String(codegen),
    'spark.sql.codegen.factoryMode': codegen ? 'FALLBACK' : 'NO_CODEGEN',
    'spark.sql.codegen.hugeMethodLimit': '8000',
    'spark.sql.codegen.maxFields': '1000',
  };
}

/** The view `name` of what lies in the folder now. */
async function open(session: SparkSession, name: string, folder: string): Promise<void> {
  await session.createSourceView(name, { format: 'parquet', paths: [folder] });
}

function requireSame({ name }: Layout, sums: Row, truth: Row): void {
  const text = (row: Row) => range(READ_VARIABLES, (i) => String(row[`r${i}`]));
  if (text(sums) === text(truth)) return;
  throw new ParallaxError('PRLX_BENCH', `the layout "${name}" reads the sums ${text(sums)}; those of its events are ${text(truth)}`, {
    exitCode: 1,
  });
}

async function folderMib(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.parquet'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((a, b) => a + b, 0) / MIB;
}
