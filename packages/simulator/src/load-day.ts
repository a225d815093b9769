import { MICROS_PER_DAY, type Micros, ParallaxError, parseDay } from '@parallax/core';
import type { DayNumber } from './batch-values.ts';
import { type DayShape, shapeText, WHOLE_DAY } from './day-shape.ts';
import type { Enterprise } from './enterprise.ts';
import { loadCassandraDay, NOSQL_KEYSPACE, nosqlTables, withCassandra } from './load-cassandra.ts';
import { CONTROL_TABLE, DWH_SCHEMA, dwhTables, loadPostgresDay, withClient } from './load-postgres.ts';

export interface LoadDayOptions {
  readonly enterprise: Enterprise;
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly postgresUrl: string;
  /** `host:port` */
  readonly cassandraContact: string;
  /** What the markers say: when the day became complete. */
  readonly completedAt: Micros;
  /** Less than the 5,000 variables, for what only needs a day to be there. */
  readonly shape?: DayShape;
  readonly onProgress?: (progress: LoadProgress) => void;
}

export interface LoadProgress {
  /** `source.table` that has just been loaded. */
  readonly table: string;
  readonly done: number;
  readonly of: number;
}

/**
 * Loads one day of the telecom, 5,000 variables a customer, into both stores, then writes the markers that make it complete (contract, section 7).
 * A day that this enterprise (seed and number of customers) has loaded before is left as it is, whatever its markers' time.
 * @returns whether anything was loaded
 * @throws ParallaxError PRLX_SIM_OPTIONS (no such day), PRLX_SIM_DWH, PRLX_SIM_NOSQL (both retryable)
 */
export async function loadDay(options: LoadDayOptions): Promise<boolean> {
  const { enterprise, day, postgresUrl, cassandraContact, shape = WHOLE_DAY } = options;
  const start = parseDay(day);
  if (start === null)
    throw new ParallaxError('PRLX_SIM_OPTIONS', `no such day: ${day}`, { exitCode: 2, advice: 'Write it as YYYY-MM-DD.' });
  const dayNumber: DayNumber = Number(start / MICROS_PER_DAY);
  if (await isLoaded(options)) return false;
  await removeMarkers(options);
  const of = dwhTables(shape).length + nosqlTables(shape).length;
  let done = 0;
  const onTable = (table: string): void => {
    done += 1;
    options.onProgress?.({ table, done, of });
  };
  const common = { enterprise, day, dayNumber, shape, onTable };
  await Promise.all([loadPostgresDay({ ...common, url: postgresUrl }), loadCassandraDay({ ...common, contact: cassandraContact })]);
  await writeMarkers(options);
  return true;
}

/** What a day was made from, kept beside the markers: loading the same again is skipped. */
function fingerprint({ enterprise, shape = WHOLE_DAY }: LoadDayOptions): string {
  return `v1 seed ${enterprise.seed} customers ${enterprise.customers}${enterprise.canaries.length === 0 ? '' : ' canaries v1'}${shapeText(shape)}`;
}

async function isLoaded(options: LoadDayOptions): Promise<boolean> {
  const found = await withClient(options.postgresUrl, async (client) => {
    const present = await client.query(`select to_regclass('${DWH_SCHEMA}.simulated_days') is not null as present`);
    if (present.rows[0]?.present !== true) return false;
    const rows = await client.query(`select 1 from ${DWH_SCHEMA}.simulated_days where day = $1 and made_from = $2`, [
      options.day,
      fingerprint(options),
    ]);
    return rows.rowCount === 1;
  });
  if (!found) return false;
  return withCassandra(options.cassandraContact, async (client) => {
    const keyspaces = await client.execute('select keyspace_name from system_schema.keyspaces where keyspace_name = ?', [NOSQL_KEYSPACE], {
      prepare: true,
    });
    if (keyspaces.rowLength === 0) return false;
    const query = `select table_name from ${NOSQL_KEYSPACE}.${CONTROL_TABLE} where day = ?`;
    const rows = await client.execute(query, [options.day], { prepare: true });
    return rows.rowLength === nosqlTables(options.shape ?? WHOLE_DAY).length;
  });
}

/** A day that is loaded anew is incomplete from here on. */
async function removeMarkers({ day, postgresUrl, cassandraContact }: LoadDayOptions): Promise<void> {
  await withClient(postgresUrl, async (client) => {
    await client.query(`create schema if not exists ${DWH_SCHEMA}`);
    await client.query(`create table if not exists ${DWH_SCHEMA}.simulated_days (day date primary key, made_from text not null)`);
    await client.query(`delete from ${DWH_SCHEMA}.simulated_days where day = $1`, [day]);
    const control = await client.query(`select to_regclass('${DWH_SCHEMA}.${CONTROL_TABLE}') is not null as present`);
    if (control.rows[0]?.present === true) await client.query(`delete from ${DWH_SCHEMA}.${CONTROL_TABLE} where day = $1`, [day]);
  });
  await withCassandra(cassandraContact, async (client) => {
    const tables = await client.execute(
      'select table_name from system_schema.tables where keyspace_name = ? and table_name = ?',
      [NOSQL_KEYSPACE, CONTROL_TABLE],
      { prepare: true },
    );
    if (tables.rowLength > 0)
      await client.execute(`delete from ${NOSQL_KEYSPACE}.${CONTROL_TABLE} where day = ?`, [day], { prepare: true });
  });
}

async function writeMarkers(options: LoadDayOptions): Promise<void> {
  const { day, postgresUrl, cassandraContact, completedAt, shape = WHOLE_DAY } = options;
  const at = new Date(Number(completedAt / 1000n));
  await withCassandra(cassandraContact, async (client) => {
    const insert = `insert into ${NOSQL_KEYSPACE}.${CONTROL_TABLE} (day, table_name, completed_at) values (?, ?, ?)`;
    for (const table of nosqlTables(shape)) await client.execute(insert, [day, table, at], { prepare: true });
  });
  await withClient(postgresUrl, async (client) => {
    const insert = `insert into ${DWH_SCHEMA}.${CONTROL_TABLE} (day, table_name, completed_at) values ($1, $2, $3)`;
    await client.query('begin');
    for (const table of dwhTables(shape)) await client.query(insert, [day, table, at]);
    await client.query(`insert into ${DWH_SCHEMA}.simulated_days (day, made_from) values ($1, $2)`, [day, fingerprint(options)]);
    await client.query('commit');
  });
}
