import { ParallaxError } from '@parallax/core';
import cassandra from 'cassandra-driver';
import { STORE_PAGE_ROWS, STORE_TIMEOUT_MS, TOKEN_RANGES } from './limits.ts';
import type { StoreSettings } from './settings.ts';
import { type FieldPath, fieldError, type Marker, type Store, type StoredKind, storeError, type TableOfDay } from './store.ts';

const TOKEN_MIN = -(2n ** 63n);
const TOKEN_SPAN = 2n ** 64n;

const { dataTypes } = cassandra.types;
const EXACT: ReadonlySet<number> = new Set([
  ...[dataTypes.tinyint, dataTypes.smallint, dataTypes.int, dataTypes.bigint],
  ...[dataTypes.counter, dataTypes.varint, dataTypes.decimal],
]);
const DOUBLE: ReadonlySet<number> = new Set([dataTypes.float, dataTypes.double]);

type StoredType = cassandra.metadata.DataTypeInfo;

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

  async *rows({ table, key, day, fields }: TableOfDay): AsyncIterable<readonly (string | null)[]> {
    const physical = this.#tableOfDay(table, day);
    // A path that leads nowhere is found before any row is read.
    if (fields.some((path) => path.length > 1)) await this.#types(physical, fields);
    const columns = [...new Set(fields.map(([column]) => column as string))];
    const token = `token(${quoted(key)})`;
    const query = `SELECT ${columns.map(quoted).join(', ')} FROM ${this.#named(physical)} WHERE ${token} > ? AND ${token} <= ?`;
    const from: readonly number[] = fields.map(([column]) => columns.indexOf(column as string));
    for (let range = 0n; range < BigInt(TOKEN_RANGES); range++) {
      // No row has the least token: it is open on that side.
      const low = TOKEN_MIN + (TOKEN_SPAN * range) / BigInt(TOKEN_RANGES);
      const high = TOKEN_MIN + (TOKEN_SPAN * (range + 1n)) / BigInt(TOKEN_RANGES) - (range + 1n === BigInt(TOKEN_RANGES) ? 1n : 0n);
      const bounds = [low, high].map((bound) => cassandra.types.Long.fromString(bound.toString()));
      for await (const row of this.#query(query, bounds)) {
        const values: readonly unknown[] = row.values();
        yield fields.map((path, at) => textOf(valueAt(values[from[at] as number], path)));
      }
    }
  }

  async kinds({ table, day, fields }: TableOfDay): Promise<readonly StoredKind[]> {
    const types = await this.#types(this.#tableOfDay(table, day), fields);
    return types.map(({ code }) => (EXACT.has(code) ? 'exact' : DOUBLE.has(code) ? 'double' : 'other'));
  }

  async #types(table: string, fields: readonly FieldPath[]): Promise<readonly StoredType[]> {
    const keyspace = this.#settings.required('keyspace');
    try {
      const { metadata } = await this.#connected();
      const found = await metadata.getTable(keyspace, table);
      return fields.map((path) => {
        const type = typeAt(found.columnsByName[path[0] as string]?.type, path);
        if (type === null) throw fieldError(`${keyspace}.${table}`, path);
        return type;
      });
    } catch (cause) {
      if (cause instanceof ParallaxError) throw cause;
      throw storeError('Cassandra could not be read', cause);
    }
  }

  #tableOfDay(table: string, day: string): string {
    return this.#settings
      .optional('table_of_day', '{table}_d{day}')
      .replaceAll('{table}', table)
      .replaceAll('{day}', day.replaceAll('-', ''));
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

/** The type at a path: into the fields of a user-defined type, or the values of a map. Null: there is none. */
function typeAt(column: StoredType | undefined, path: FieldPath): StoredType | null {
  let type = column;
  for (const name of path.slice(1)) {
    if (type === undefined) return null;
    const { code, info } = type;
    if (code === dataTypes.map && Array.isArray(info)) type = info[1];
    else if (code === dataTypes.udt) type = (info as unknown as cassandra.metadata.Udt).fields.find((field) => field.name === name)?.type;
    else return null;
  }
  return type ?? null;
}

/** The driver makes an object of a user-defined type and of a map. */
function valueAt(column: unknown, path: FieldPath): unknown {
  let value = column;
  for (const name of path.slice(1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
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
