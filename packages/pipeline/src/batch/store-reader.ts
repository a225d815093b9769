import {
  type BatchSource,
  type BatchTable,
  type BatchVersion,
  later,
  type Micros,
  ParallaxError,
  type Project,
  sha256Hex,
} from '@parallax/core';
import { SparkError, type SparkSession, type SparkType, type StructType } from '@parallax/spark-connect';
import type { Marker } from './control.ts';
import type { BatchReader } from './layer.ts';
import { findFiles, type ParquetLayout, type ParquetTable, readFooters } from './parquet-tables.ts';
import { neededColumns } from './reduce.ts';
import { pathOf, physicalColumns, shapedSql } from './shape.ts';
import { cellsOf, type Store, storeOf, type WantedTable } from './stores.ts';
import { reducedColumns, type Table, tableName } from './variables.ts';
import { sameVersion } from './version.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Tables of the DWH, the NoSQL store and the lake, read by Spark's connectors, shaped to a row a customer. */
export function storeReader(project: Project, env: Env): BatchReader {
  return {
    async table({ session, tasksMax }, { day }, source, table) {
      const columns = neededColumns(project, source, table).filter((name) => name !== table.key || declares(table, name));
      const wanted = { source, table, day, columns: physicalColumns(table, columns), tasksMax };
      refuseInexact(await openTable(session, storeOf(source, env), wanted), source, table, columns);
      const shaped = shapedSql(table, { view: 'prlx_table', columns: columns.filter((name) => name !== table.key) });
      await session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_shaped AS ${shaped}`);
      return cellsOf(session, 'prlx_shaped');
    },
    async holds(session, { day, version }) {
      return (await completeDays(project, session, env)).some((each) => sameVersion(each, { day, version }));
    },
    async files(session, { day }, tables) {
      const lying = tables.flatMap((each) => {
        const glob = each.table.shape.kind === 'rows' ? storeOf(each.source, env).files?.(each.source, each.table, day) : undefined;
        return glob === undefined ? [] : [{ each, glob, layout: layoutOf(project, each) }];
      });
      const found = await findFiles(
        session,
        lying.map(({ glob }) => glob),
      );
      const footers = await readFooters(
        session,
        lying.map(({ layout }, i) => ({ layout, paths: (found[i] ?? []).map(({ path }) => path) })),
      );
      const readable = new Map<string, ParquetTable>();
      for (const [i, { each }] of lying.entries()) {
        const said = footers[i];
        if (said?.kind === 'no column') throw noColumn(each, said.column);
        if (said?.kind === 'readable') readable.set(tableName(each), said.table);
      }
      return readable;
    },
  };
}

/** Where a lake's own files hold a table. */
function layoutOf(project: Project, { source, table }: Table): ParquetLayout {
  const columns = reducedColumns(project, { source, table }).map(({ name, declared }) => ({
    path: pathOf(table, name),
    text: declared?.type.kind === 'text',
  }));
  return { key: [table.key], keyPrefix: table.keyPrefix, columns };
}

function noColumn({ source, table }: Table, column: string, cause?: unknown): ParallaxError {
  return new ParallaxError('PRLX_BATCH_COLUMN', `the table ${source.name}.${table.name} has no column ${column}`, {
    exitCode: 2,
    cause,
    advice: `batch/${source.name}.yaml or scorecard.csv names it.`,
  });
}

/**
 * Of several rows a number is reduced exactly, or not at all: sums of doubles differ with their order, and texts compare as texts.
 * Throws PRLX_BATCH_SHAPE.
 */
function refuseInexact(schema: StructType, source: BatchSource, table: BatchTable, columns: readonly string[]): void {
  if (table.shape.kind !== 'reduce') return;
  const { how } = table.shape;
  const allowed: readonly SparkType['kind'][] = how === 'sum' ? EXACT : [...EXACT, 'float', 'double'];
  for (const name of columns) {
    const isText = table.columns.find((c) => c.name === name)?.type.kind === 'text';
    const type = typeAt(schema, pathOf(table, name));
    if (name === table.key || isText || type === null || allowed.includes(type)) continue;
    throw new ParallaxError(
      'PRLX_BATCH_SHAPE',
      `${source.name}.${table.name}: ${name} has no exact ${how}: its store keeps it as ${type}`,
      {
        exitCode: 2,
        advice: 'Declare it as text, or give it an integer or decimal type where it is stored.',
      },
    );
  }
}

const EXACT = ['byte', 'short', 'int', 'long', 'decimal'] as const satisfies readonly SparkType['kind'][];

function declares(table: BatchTable, column: string): boolean {
  return table.columns.some((c) => c.name === column);
}

/**
 * Opens a table's day as `prlx_table`, of the schema that is returned; a column that is not there is a fault of the project. Its parts are read by no
 * more tasks at once than the session may have: a part may take minutes, and its task gives its core to nobody before.
 */
async function openTable(session: SparkSession, store: Store, wanted: WantedTable): Promise<StructType> {
  const { source, table, tasksMax } = wanted;
  try {
    await store.open(session, 'prlx_stored', wanted);
    const hint = tasksMax === null ? '' : `/*+ COALESCE(${tasksMax}) */ `;
    await session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_table AS SELECT ${hint}* FROM prlx_stored`);
    return await session.schema('SELECT * FROM prlx_table');
  } catch (cause) {
    const missing = cause instanceof SparkError ? /column[^`"]{0,60}[`"]([^`"]+)[`"]/i.exec(cause.message)?.[1] : undefined;
    if (missing === undefined) throw cause;
    throw noColumn({ source, table }, missing, cause);
  }
}

/** The kind of type at a path of fields; null when there is none. */
function typeAt(schema: StructType, path: readonly string[]): SparkType['kind'] | null {
  let type: SparkType = schema;
  for (const name of path) {
    if (type.kind !== 'struct') return null;
    const field: StructType['fields'][number] | undefined = type.fields.find((f) => f.name === name);
    if (field === undefined) return null;
    type = field.type;
  }
  return type.kind;
}

/** A day that every table says is complete. */
export interface CompleteDay extends BatchVersion {
  /** Of its last marker. */
  readonly completedAt: Micros;
  /** Of each table's marker, `<source>.<table>`. */
  readonly completed: ReadonlyMap<string, Micros>;
}

/** The days that all tables of all sources say are complete, as they are now, oldest first. */
export async function completeDays(project: Project, session: SparkSession, env: Env): Promise<CompleteDay[]> {
  const markers = new Map<string, Marker>();
  for (const source of project.batch) {
    for (const marker of await storeOf(source, env).markers(session, source))
      markers.set(`${marker.day}\n${source.name}.${marker.table}`, marker);
  }
  const names = project.batch.flatMap((s) => s.tables.map((t) => `${s.name}.${t.name}`));
  const days = [...new Set([...markers.values()].map((m) => m.day))].sort();
  return days.flatMap((day): CompleteDay[] => {
    const found = names.map((name) => markers.get(`${day}\n${name}`));
    const complete = found.flatMap((m) => (m === undefined ? [] : [m]));
    if (complete.length < found.length) return [];
    const version = sha256Hex(complete.map((m) => `${m.table}\n${m.completedAt}\n`).join(''));
    const completed = new Map(complete.map((marker, i) => [names[i] ?? '', marker.completedAt] as const));
    return [{ day, version, completed, completedAt: complete.reduce((max, m) => later(m.completedAt, max), 0n) }];
  });
}
