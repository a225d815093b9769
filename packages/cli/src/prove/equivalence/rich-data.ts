import type { Project } from '@parallax/core';
import { batchViewColumns, LAST_HOUR_SUFFIX, onlineViewColumns, streamColumn, type ViewColumn } from '@parallax/core/view-columns.ts';
import type { SparkSession, SparkValue } from '@parallax/spark-connect';
import { Random } from '../random.ts';
import { drawNumber, drawText, type Pools, poolsOf } from '../recording/pools.ts';

/** One column of the second data: of which view, and how its cell is drawn. */
export interface RichColumn {
  readonly view: 'stream' | 'batch' | 'online';
  readonly name: string;
  readonly ddl: string;
  readonly draw: (random: Random) => SparkValue;
}

/** Cells of one customer by column; the same in all views. */
export type RichRow = ReadonlyMap<string, SparkValue>;

/**
 * Columns that a project's rules, or a mutant of them, can name: those of each variable that the rules use, whatever the aggregate and window,
 * and all of the batch and online views.
 */
export function richColumns(project: Project): readonly RichColumn[] {
  const pools = poolsOf(project);
  const columns: RichColumn[] = [];
  for (const stream of project.streams) {
    for (const variable of stream.variables) {
      const names = variable.aggregates.flatMap((aggregate) =>
        ['', LAST_HOUR_SUFFIX].map((suffix) => ({ aggregate, name: `${streamColumn(stream, variable, aggregate)}${suffix}` })),
      );
      if (!names.some(({ name }) => pools.used.has(name))) continue;
      const literals = names.flatMap(({ name }) => pools.numbers.get(name) ?? []);
      for (const { aggregate, name } of names) {
        columns.push(
          aggregate === 'count'
            ? { view: 'stream', name, ddl: 'BIGINT', draw: (random) => BigInt(random.below(4)) }
            : {
                view: 'stream',
                name,
                ddl: `DECIMAL(20,${variable.places})`,
                draw: (random) => decimal(drawNumber(random, literals, variable.places), variable.places),
              },
        );
      }
    }
  }
  for (const [view, of] of [
    ['batch', batchViewColumns(project)],
    ['online', onlineViewColumns(project)],
  ] as const) {
    for (const column of of) columns.push(richColumn(view, column, pools));
  }
  return columns;
}

function richColumn(view: RichColumn['view'], { name, type }: ViewColumn, pools: Pools): RichColumn {
  const literals = pools.numbers.get(name) ?? [];
  switch (type.kind) {
    case 'text':
      return { view, name, ddl: 'STRING', draw: (random) => drawText(random, pools.texts.get(name) ?? []) };
    case 'decimal':
      return {
        view,
        name,
        ddl: `DECIMAL(20,${type.places})`,
        draw: (random) => decimal(drawNumber(random, literals, type.places), type.places),
      };
    case 'count':
    case 'age':
      return {
        view,
        name,
        ddl: type.kind === 'count' ? 'BIGINT' : 'INT',
        draw: (random) => (type.kind === 'count' ? BigInt(random.below(4)) : random.below(4)),
      };
  }
}

function decimal(value: bigint | null, places: number): SparkValue {
  return value === null ? null : { unscaled: value, scale: places };
}

/** Rows in which every cell is drawn by itself, near what matters to the rules: more combinations than any history of events gives. */
export function drawRows(columns: readonly RichColumn[], count: number, seed: string): readonly RichRow[] {
  const random = new Random(`${seed}/rich`);
  return Array.from({ length: count }, () => new Map(columns.map((column) => [column.name, column.draw(random)])));
}

/** Makes the views that the user's SQL sees of these rows, a customer each, numbered from 1. */
export async function openRows(
  session: SparkSession,
  project: Project,
  columns: readonly RichColumn[],
  rows: readonly RichRow[],
): Promise<void> {
  const keyOf = (i: number): SparkValue => (project.key.type === 'bigint' ? BigInt(i + 1) : `c-${i + 1}`);
  const key = `\`${project.key.name}\` ${project.key.type === 'bigint' ? 'BIGINT' : 'STRING'}`;
  for (const view of ['stream', 'batch', 'online'] as const) {
    const of = columns.filter((column) => column.view === view);
    const schema = [key, ...of.map(({ name, ddl }) => `\`${name}\` ${ddl}`)].join(', ');
    await session.createLocalView(
      view,
      schema,
      rows.map((row, i) => [keyOf(i), ...of.map(({ name }) => row.get(name) ?? null)]),
    );
  }
  await session.createLocalView(
    'population',
    key,
    rows.map((_, i) => [keyOf(i)]),
  );
  await session.command(
    "CREATE OR REPLACE TEMPORARY VIEW iteration AS SELECT TIMESTAMP '2026-01-06T00:01:00Z' AS minute, TIMESTAMP '2026-01-06T00:00:00Z' AS hour_start, DATE '2026-01-04' AS batch_day, 2 AS batch_age_days",
  );
}
