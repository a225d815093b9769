import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { copyRows } from './copy-text.ts';
import { STORE_TIMEOUT_MS } from './limits.ts';
import type { StoreSettings } from './settings.ts';
import { type Marker, type Store, storeError } from './store.ts';

/** `url`, `schema`, `day_column`, `control`: read by COPY, as PostgreSQL writes its values. */
export class PostgresStore implements Store {
  readonly #settings: StoreSettings;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
  }

  async markers(): Promise<readonly Marker[]> {
    const control = this.#named(this.#settings.optional('control', 'parallax_control'));
    return this.#with(async (client) => {
      const { rows } = await client.query<{ day: string; table_name: string; micros: string }>(
        `SELECT to_char(day, 'YYYY-MM-DD') AS day, table_name, (extract(epoch FROM completed_at) * 1000000)::bigint::text AS micros FROM ${control}`,
      );
      return rows.map(({ day, table_name, micros }) => ({ day, table: table_name, completed: BigInt(micros) }));
    });
  }

  async *rows(table: string, _key: string, day: string, columns: readonly string[]): AsyncIterable<readonly (string | null)[]> {
    const client = await this.#connect();
    try {
      const dayColumn = quoted(this.#settings.optional('day_column', 'day'));
      // COPY takes no parameters. The day is a date that was parsed before.
      const query = `SELECT ${columns.map(quoted).join(', ')} FROM ${this.#named(table)} WHERE ${dayColumn} = DATE ${pg.escapeLiteral(day)}`;
      yield* copyRows(client.query(copyTo(`COPY (${query}) TO STDOUT`)));
    } catch (cause) {
      throw storeError(`the table ${table} of ${day} could not be read`, cause);
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {}

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

  async #with<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    try {
      return await use(client);
    } catch (cause) {
      throw storeError('the control table could not be read', cause);
    } finally {
      await client.end();
    }
  }
}

/** A name as PostgreSQL takes it, whatever its characters. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
