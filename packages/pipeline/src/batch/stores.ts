import { type BatchSource, type BatchTable, ParallaxError, quoteIdentifier } from '@parallax/core';
import type { SparkSession, SparkType } from '@parallax/spark-connect';
import { CASSANDRA_SPLIT_MB } from '../limits.ts';
import { CONTROL, controlMarkers, type Marker } from './control.ts';
import { mongodbOptions, mongodbSchema, refuseShape } from './mongodb.ts';
import { findFiles } from './parquet-tables.ts';
import { postgres } from './postgres.ts';
import type { CellKind, TableCells } from './reduce.ts';
import { type Env, setting } from './store-settings.ts';

/** A table's day to open. */
export interface WantedTable {
  readonly source: BatchSource;
  readonly table: BatchTable;
  readonly day: string;
  /** The store's own names, the key among them. */
  readonly columns: readonly string[];
  /** So many parts of it are read at once; null: as many as the engine likes. */
  readonly tasksMax: number | null;
}

/** How Spark reads one kind of store. All addresses and passwords are options of a data source, never SQL text. */
export interface Store {
  /** Makes the view `name` of one table's day. */
  open(session: SparkSession, name: string, wanted: WantedTable): Promise<void>;
  /** The markers of days that are complete: of a control table (day, table_name, completed_at), or of files. */
  markers(session: SparkSession, source: BatchSource): Promise<Marker[]>;
  /** The Parquet files of one table's day as a path with wildcards, where it is kept so. */
  readonly files?: (source: BatchSource, table: BatchTable, day: string) => string;
}

/** The store of a batch source. Throws PRLX_BATCH_SOURCE for a kind that is not built in or lacks a setting. */
export function storeOf(source: BatchSource, env: Env): Store {
  switch (source.from?.kind) {
    case 'postgres':
      return postgres(env);
    case 'cassandra':
      return cassandra(env);
    case 'mongodb':
      return mongodb(env);
    case 'parquet':
      return lake(env);
    default:
      throw new ParallaxError('PRLX_BATCH_SOURCE', `batch/${source.name}.yaml: cannot read from ${source.from?.kind ?? 'nothing'} yet`, {
        exitCode: 2,
        advice: 'Use from: { postgres: … }, { cassandra: … }, { mongodb: … } or { parquet: … }.',
      });
  }
}

/** `contact` (host:port), `datacenter`, `keyspace`, `table_of_day` (with `{table}` and `{day}` as YYYYMMDD), `control`. */
function cassandra(env: Env): Store {
  const options = (source: BatchSource, table: string): Record<string, string> => {
    const [host = '', port = '9042'] = setting(source, 'contact', env).split(':');
    return {
      keyspace: setting(source, 'keyspace', env),
      table,
      'spark.cassandra.connection.host': host,
      'spark.cassandra.connection.port': port,
      'spark.cassandra.connection.localDC': setting(source, 'datacenter', env, 'datacenter1'),
      'spark.cassandra.input.split.sizeInMB': String(CASSANDRA_SPLIT_MB),
    };
  };
  return {
    async open(session, name, { source, table, day, columns }) {
      const physical = setting(source, 'table_of_day', env, '{table}_d{day}')
        .replaceAll('{table}', table.name)
        .replaceAll('{day}', day.replaceAll('-', ''));
      await session.createSourceView(`${name}_all`, { format: 'org.apache.spark.sql.cassandra', options: options(source, physical) });
      await session.command(
        `CREATE OR REPLACE TEMPORARY VIEW ${name} AS SELECT ${columns.map(quoteIdentifier).join(', ')} FROM ${name}_all`,
      );
    },
    async markers(session, source) {
      await session.createSourceView(CONTROL, {
        format: 'org.apache.spark.sql.cassandra',
        options: options(source, setting(source, 'control', env, 'parallax_control')),
      });
      return controlMarkers(session);
    },
  };
}

/** `url` (mongodb://…), `database`, `collection_of_day` (with `{table}` and `{day}` as YYYYMMDD), `control`, `partitioner`. */
function mongodb(env: Env): Store {
  return {
    async open(session, name, { source, table, day, columns }) {
      refuseShape(source, table);
      const collection = setting(source, 'collection_of_day', env, '{table}_d{day}')
        .replaceAll('{table}', table.name)
        .replaceAll('{day}', day.replaceAll('-', ''));
      await session.createSourceView(name, {
        format: 'mongodb',
        schema: mongodbSchema(table, columns),
        options: mongodbOptions(source, collection, env),
      });
    },
    async markers(session, source) {
      await session.createSourceView(CONTROL, {
        format: 'mongodb',
        schema: 'day STRING, table_name STRING, completed_at TIMESTAMP',
        options: mongodbOptions(source, setting(source, 'control', env, 'parallax_control'), env),
      });
      return controlMarkers(session);
    },
  };
}

/** The columns of an opened view by the kind of value they hold; what is neither integer nor decimal is read as its text. */
export async function cellsOf(session: SparkSession, view: string): Promise<TableCells> {
  const schema = await session.schema(`SELECT * FROM ${view}`);
  const kinds = new Map<string, CellKind>(schema.fields.map(({ name, type }) => [name, cellKind(type)]));
  const columns = schema.fields.map(({ name, type }) =>
    cellKind(type) === 'text' && type.kind !== 'string'
      ? `CAST(${quoteIdentifier(name)} AS STRING) AS ${quoteIdentifier(name)}`
      : quoteIdentifier(name),
  );
  return { relation: `(SELECT ${columns.join(', ')} FROM ${view})`, cells: kinds };
}

/**
 * A lake of Parquet files. `path`: the folder of a table's day, with `{table}` and `{day}` (YYYY-MM-DD): a local path, or any address that
 * the engine can read, such as `s3a://…`. `marker`: the file whose presence there says that the day is complete, as of its time.
 */
function lake(env: Env): Store {
  const folder = (source: BatchSource, table: string, day: string) =>
    setting(source, 'path', env).replaceAll('{table}', table).replaceAll('{day}', day);
  return {
    async open(session, name, { source, table, day, columns }) {
      await session.createSourceView(`${name}_all`, { format: 'parquet', paths: [folder(source, table.name, day)] });
      await session.command(
        `CREATE OR REPLACE TEMPORARY VIEW ${name} AS SELECT ${columns.map(quoteIdentifier).join(', ')} FROM ${name}_all`,
      );
    },
    async markers(session, source) {
      const marker = setting(source, 'marker', env, '_SUCCESS');
      const found = await findFiles(
        session,
        source.tables.map(({ name }) => `${folder(source, name, '*')}/${marker}`),
      );
      return source.tables.flatMap(({ name }, i) => {
        const day = dayPattern(folder(source, name, DAY_HERE));
        return (found[i] ?? []).flatMap(({ path, modified }): Marker[] => {
          const named = day.exec(path)?.[1];
          return named === undefined ? [] : [{ day: named, table: name, completedAt: modified }];
        });
      });
    },
    // Hidden files are no part of a table, for either side.
    files: (source, table, day) => `${folder(source, table.name, day)}/[^._]*.parquet`,
  };
}

/** Stands for the day in a pattern; no path holds it. */
export const DAY_HERE = '\u0000';

/** Finds the day of a file below a folder that names it, once or several times, by {@link DAY_HERE}. */
export function dayPattern(folder: string): RegExp {
  const [before = '', ...after] = folder.split(DAY_HERE).map(escapeRegExp);
  return new RegExp(`${before}(\\d{4}-\\d{2}-\\d{2})${after.join('\\1')}/`);
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function cellKind(type: SparkType): CellKind {
  switch (type.kind) {
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
      return 'integer';
    case 'decimal':
      return 'decimal';
    default:
      return 'text';
  }
}
