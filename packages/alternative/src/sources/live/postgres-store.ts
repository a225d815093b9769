import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { copyRows } from './copy-text.ts';
import { STORE_TIMEOUT_MS } from './limits.ts';
import type { StoreSettings } from './settings.ts';
import { type FieldPath, fieldError, type Marker, type Store, type StoredKind, storeError, type TableOfDay } from './store.ts';

/** Types by their number (PostgreSQL, pg_type.dat): int8, int2, int4, numeric; float4, float8. */
const EXACT: ReadonlySet<number> = new Set([20, 21, 23, 1700]);
const DOUBLE: ReadonlySet<number> = new Set([700, 701]);

/** `url`, `schema`, `day_column`, `control`: read by COPY, as PostgreSQL writes its values. */
export class PostgresStore implements Store {
  readonly #settings: StoreSettings;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
  }

  async markers(): Promise<readonly Marker[]> {
    const control = this.#named(this.#settings.optional('control', 'parallax_control'));
    return this.#with('the control table', async (client) => {
      const { rows } = await client.query<{ day: string; table_name: string; micros: string }>(
        `SELECT to_char(day, 'YYYY-MM-DD') AS day, table_name, (extract(epoch FROM completed_at) * 1000000)::bigint::text AS micros FROM ${control}`,
      );
      return rows.map(({ day, table_name, micros }) => ({ day, table: table_name, completed: BigInt(micros) }));
    });
  }

  async *rows({ table, day, fields }: TableOfDay): AsyncIterable<readonly (string | null)[]> {
    // COPY takes no parameters. The day is a date that was parsed before.
    const query = `SELECT ${columnsOf(table, fields)} FROM ${this.#named(table)} WHERE ${this.#day()} = DATE ${pg.escapeLiteral(day)}`;
    const client = await this.#connect();
    try {
      yield* copyRows(client.query(copyTo(`COPY (${query}) TO STDOUT`)));
    } catch (cause) {
      throw storeError(`the table ${table} of ${day} could not be read`, cause);
    } finally {
      await client.end();
    }
  }

  async kinds({ table, fields }: TableOfDay): Promise<readonly StoredKind[]> {
    const query = `SELECT ${columnsOf(table, fields)} FROM ${this.#named(table)} LIMIT 0`;
    return this.#with(`the table ${table}`, async (client) => {
      const { fields: columns } = await client.query(query);
      return columns.map(({ dataTypeID }) => (EXACT.has(dataTypeID) ? 'exact' : DOUBLE.has(dataTypeID) ? 'double' : 'other'));
    });
  }

  async close(): Promise<void> {}

  #day(): string {
    return quoted(this.#settings.optional('day_column', 'day'));
  }

  #named(table: string): string {
    return `${quoted(this.#settings.optional('schema', 'public'))}.${quoted(table)}`;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#settings.address('url'),
      connectionTimeoutMillis: STORE_TIMEOUT_MS,
      application_name: 'parallax-verifier',
    });
    // A connection that breaks while nothing is asked is noticed at the next question.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query("SET TIME ZONE 'UTC'");
      return client;
    } catch (cause) {
      throw storeError('PostgreSQL did not answer', cause);
    }
  }

  async #with<T>(what: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    try {
      return await use(client);
    } catch (cause) {
      throw storeError(`${what} could not be read`, cause);
    } finally {
      await client.end();
    }
  }
}

/** Its columns have no fields inside: a path of more than one name leads nowhere. */
function columnsOf(table: string, fields: readonly FieldPath[]): string {
  return fields
    .map((path) => {
      if (path.length > 1) throw fieldError(table, path);
      return quoted(path[0] as string);
    })
    .join(', ');
}

/** A name as PostgreSQL takes it, whatever its characters. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
