import cassandra from 'cassandra-driver';
import pg from 'pg';
import { DAY, type DaySize } from './data.ts';

/** Inserts that are on their way to Cassandra at once. */
const IN_FLIGHT = 256;

/** Where both stores keep the day: PostgreSQL's schema, Cassandra's keyspace. */
export const STORE_NAME = 'bench_batch';

/** Fills PostgreSQL with the tables of a day, of integers, by its own functions. */
export async function loadPostgres(url: string, { customers, tables, columns }: DaySize): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`DROP SCHEMA IF EXISTS ${STORE_NAME} CASCADE`);
    await client.query(`CREATE SCHEMA ${STORE_NAME}`);
    for (let table = 0; table < tables; table += 1) {
      const values = Array.from({ length: columns }, (_, i) => `((i * 7919 + ${table * columns + i} * 104729) % 1000)::int AS v${i}`);
      await client.query(
        `CREATE TABLE ${STORE_NAME}.t${table} AS SELECT DATE '${DAY}' AS day, i AS cust, ${values.join(', ')} FROM generate_series(0::bigint, ${customers - 1}) i`,
      );
      await client.query(`CREATE INDEX ON ${STORE_NAME}.t${table} (day, cust)`);
    }
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
}

/** Fills Cassandra with the same tables, row by row. */
export async function loadCassandra(contact: string, { customers, tables, columns }: DaySize): Promise<void> {
  const client = new cassandra.Client({
    contactPoints: [contact],
    localDataCenter: 'datacenter1',
    protocolOptions: { port: Number(contact.split(':')[1]) },
    socketOptions: { readTimeout: 120_000 },
    pooling: { maxRequestsPerConnection: 2 * IN_FLIGHT },
  });
  try {
    await client.execute(
      `CREATE KEYSPACE IF NOT EXISTS ${STORE_NAME} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
    const names = Array.from({ length: columns }, (_, i) => `v${i}`);
    for (let table = 0; table < tables; table += 1) {
      const name = `${STORE_NAME}.t${table}_d${DAY.replaceAll('-', '')}`;
      await client.execute(`DROP TABLE IF EXISTS ${name}`);
      await client.execute(`CREATE TABLE ${name} (cust bigint PRIMARY KEY, ${names.map((v) => `${v} int`).join(', ')})`);
      const insert = `INSERT INTO ${name} (cust, ${names.join(', ')}) VALUES (?, ${names.map(() => '?').join(', ')})`;
      let next = 0;
      const work = async (): Promise<void> => {
        while (next < customers) {
          const id = next;
          next += 1;
          const values = names.map((_, i) => (id * 7919 + (table * columns + i) * 104729) % 1000);
          await client.execute(insert, [cassandra.types.Long.fromNumber(id), ...values], { prepare: true, isIdempotent: true });
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, work));
    }
  } finally {
    await client.shutdown();
  }
}
