import { ParallaxError } from '@parallax/core';
import cassandra from 'cassandra-driver';
import { type DayNumber, MISSING, wideRows } from './batch-values.ts';
import type { WideTable } from './catalogue/batch.ts';
import { type DayShape, wideTablesOf } from './day-shape.ts';
import type { Enterprise } from './enterprise.ts';
import { LIMITS } from './limits.ts';
import { CONTROL_TABLE } from './load-postgres.ts';

export const NOSQL_KEYSPACE = 'telecom';
export const NOSQL_DATA_CENTER = 'datacenter1';

export interface CassandraLoad {
  readonly enterprise: Enterprise;
  readonly day: string;
  readonly dayNumber: DayNumber;
  readonly shape: DayShape;
  /** `host:port` */
  readonly contact: string;
  readonly onTable: (table: string) => void;
}

/** A day of a table is a table of its own: read by token ranges without a filter, dropped without tombstones. */
export function nosqlTableOfDay(table: string, day: string): string {
  return `${table}_d${day.replaceAll('-', '')}`;
}

export function nosqlTables(shape: DayShape): string[] {
  return wideTablesOf('nosql', shape).map((table) => table.name);
}

/** Loads a day into the NoSQL store by prepared inserts, many at once. The markers are not written here. */
export async function loadCassandraDay(load: CassandraLoad): Promise<void> {
  await withCassandra(load.contact, async (client) => {
    await client.execute(
      `create keyspace if not exists ${NOSQL_KEYSPACE} with replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
    await client.execute(
      `create table if not exists ${NOSQL_KEYSPACE}.${CONTROL_TABLE} (day date, table_name text, completed_at timestamp, primary key (day, table_name))`,
    );
    for (const table of wideTablesOf('nosql', load.shape)) {
      await loadTable(client, load, table);
      load.onTable(`nosql.${table.name}`);
    }
  });
}

/** Opens a client, always shuts it down; failures become PRLX_SIM_NOSQL. */
export async function withCassandra<T>(contact: string, use: (client: cassandra.Client) => Promise<T>): Promise<T> {
  const client = new cassandra.Client({
    contactPoints: [contact],
    localDataCenter: NOSQL_DATA_CENTER,
    protocolOptions: { port: Number(contact.split(':')[1] ?? 9042) },
    socketOptions: { readTimeout: LIMITS.cassandraTimeoutMs },
    pooling: { coreConnectionsPerHost: { [cassandra.types.distance.local]: 1 }, maxRequestsPerConnection: 2_048 },
  });
  try {
    return await use(client);
  } catch (cause) {
    if (cause instanceof ParallaxError) throw cause;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new ParallaxError('PRLX_SIM_NOSQL', `the NoSQL store could not be loaded: ${what}`, {
      cause,
      retryable: true,
      advice: 'Is Cassandra running?',
    });
  } finally {
    await client.shutdown();
  }
}

async function loadTable(client: cassandra.Client, load: CassandraLoad, table: WideTable): Promise<void> {
  const name = `${NOSQL_KEYSPACE}.${nosqlTableOfDay(table.name, load.day)}`;
  const columns = table.columns.map((column) => column.name);
  const columnsSql = columns.map((column) => `${column} int`).join(', ');
  // Written once and read by scans: compacting and caching it would only cost.
  const shape =
    "compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': false} and caching = {'keys': 'NONE', 'rows_per_partition': 'NONE'}";
  // What another enterprise, or a load that was cut off, has left goes first: rows and values would stay.
  await client.execute(`drop table if exists ${name}`);
  await client.execute(`create table ${name} (${table.key} bigint primary key, ${columnsSql}) with ${shape}`);
  const marks = new Array(columns.length + 1).fill('?').join(', ');
  const insert = `insert into ${name} (${table.key}, ${columns.join(', ')}) values (${marks})`;
  const make = wideRows(load.enterprise, table, load.dayNumber);
  const row = new Int8Array(columns.length);
  const { customers, canaries } = load.enterprise;
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= customers + canaries.length) {
      const id = next <= customers ? next : (canaries[next - customers - 1] as number);
      next += 1;
      make(id, row);
      const values: unknown[] = [cassandra.types.Long.fromNumber(id)];
      // A missing value is left unset: a written null would be a tombstone.
      for (const value of row) values.push(value === MISSING ? cassandra.types.unset : value);
      await client.execute(insert, values, { prepare: true, isIdempotent: true });
    }
  };
  await Promise.all(Array.from({ length: LIMITS.cassandraInFlightMax }, worker));
}
