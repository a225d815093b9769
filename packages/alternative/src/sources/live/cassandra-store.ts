import cassandra from 'cassandra-driver';
import { STORE_PAGE_ROWS, STORE_TIMEOUT_MS, TOKEN_RANGES } from './limits.ts';
import type { StoreSettings } from './settings.ts';
import { type Marker, type Store, storeError } from './store.ts';

const TOKEN_MIN = -(2n ** 63n);
const TOKEN_SPAN = 2n ** 64n;

/** `contact` (host:port), `datacenter`, `keyspace`, `table_of_day` (`{table}`, `{day}` as YYYYMMDD), `control`: read by token ranges, page by page. */
export class CassandraStore implements Store {
  readonly #settings: StoreSettings;
  #client: cassandra.Client | null = null;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
  }

  async markers(): Promise<readonly Marker[]> {
    const control = this.#named(this.#settings.optional('control', 'parallax_control'));
    const markers: Marker[] = [];
    for await (const row of this.#query(`SELECT day, table_name, completed_at FROM ${control}`, [])) {
      const completed = row.get('completed_at') as Date;
      markers.push({ day: String(row.get('day')), table: String(row.get('table_name')), completed: BigInt(completed.getTime()) * 1000n });
    }
    return markers;
  }

  async *rows(table: string, key: string, day: string, columns: readonly string[]): AsyncIterable<readonly (string | null)[]> {
    const physical = this.#settings
      .optional('table_of_day', '{table}_d{day}')
      .replaceAll('{table}', table)
      .replaceAll('{day}', day.replaceAll('-', ''));
    const token = `token(${quoted(key)})`;
    const query = `SELECT ${columns.map(quoted).join(', ')} FROM ${this.#named(physical)} WHERE ${token} > ? AND ${token} <= ?`;
    for (let range = 0n; range < BigInt(TOKEN_RANGES); range++) {
      // No row has the least token: it is open on that side.
      const from = TOKEN_MIN + (TOKEN_SPAN * range) / BigInt(TOKEN_RANGES);
      const to = TOKEN_MIN + (TOKEN_SPAN * (range + 1n)) / BigInt(TOKEN_RANGES) - (range + 1n === BigInt(TOKEN_RANGES) ? 1n : 0n);
      const bounds = [from, to].map((bound) => cassandra.types.Long.fromString(bound.toString()));
      for await (const row of this.#query(query, bounds)) yield row.values().map(textOf);
    }
  }

  async close(): Promise<void> {
    await this.#client?.shutdown();
    this.#client = null;
  }

  async *#query(query: string, values: readonly unknown[]): AsyncIterable<cassandra.types.Row> {
    try {
      const client = await this.#connected();
      const options = { prepare: true, fetchSize: STORE_PAGE_ROWS, autoPage: true };
      for await (const row of await client.execute(query, [...values], options)) yield row;
    } catch (cause) {
      throw storeError('Cassandra could not be read', cause);
    }
  }

  async #connected(): Promise<cassandra.Client> {
    if (this.#client !== null) return this.#client;
    const contact = this.#settings.address('contact');
    const client = new cassandra.Client({
      contactPoints: contact.split(',').map((each) => each.trim()),
      localDataCenter: this.#settings.optional('datacenter', 'datacenter1'),
      protocolOptions: { port: Number(contact.split(',')[0]?.split(':')[1] ?? 9042) },
      socketOptions: { readTimeout: STORE_TIMEOUT_MS, connectTimeout: STORE_TIMEOUT_MS },
    });
    try {
      await client.connect();
    } catch (cause) {
      await client.shutdown();
      throw cause;
    }
    this.#client = client;
    return client;
  }

  #named(table: string): string {
    return `${quoted(this.#settings.required('keyspace'))}.${quoted(table)}`;
  }
}

/** A driver's value as text: numbers of every kind write themselves in decimal. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  return String(value);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
