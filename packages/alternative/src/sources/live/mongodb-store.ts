import { ParallaxError } from '@parallax/core';
import { type Document, MongoClient } from 'mongodb';
import { STORE_PAGE_ROWS, STORE_TIMEOUT_MS } from './limits.ts';
import type { StoreSettings } from './settings.ts';
import { type Marker, type Store, type StoredKind, storeError, type TableOfDay } from './store.ts';

/** `url`, `database`, `collection_of_day` (`{table}`, `{day}` as YYYYMMDD), `control`: read by a cursor, the wanted fields alone. */
export class MongodbStore implements Store {
  readonly #settings: StoreSettings;
  #client: MongoClient | null = null;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
  }

  async markers(): Promise<readonly Marker[]> {
    const markers: Marker[] = [];
    const wanted = { day: 1, table_name: 1, completed_at: 1 };
    for await (const { day, table_name, completed_at } of this.#documents(this.#settings.optional('control', 'parallax_control'), wanted)) {
      if (!(completed_at instanceof Date))
        throw storeError('the control collection could not be read', `completed_at of ${String(table_name)} is no date`);
      markers.push({ day: String(day), table: String(table_name), completed: BigInt(completed_at.getTime()) * 1000n });
    }
    return markers;
  }

  async *rows({ table, day, fields }: TableOfDay): AsyncIterable<readonly (string | null)[]> {
    const collection = this.#settings
      .optional('collection_of_day', '{table}_d{day}')
      .replaceAll('{table}', table)
      .replaceAll('{day}', day.replaceAll('-', ''));
    const wanted = Object.fromEntries(fields.map((path) => [path[0] as string, 1]));
    for await (const document of this.#documents(collection, wanted))
      yield fields.map((path) => textOf(path.reduce<unknown>((value, name) => fieldOf(value, name), document)));
  }

  /** Values of documents have no type in common by which they could be compared or added up. Throws PRLX_BATCH_SHAPE. */
  async kinds({ table }: TableOfDay): Promise<readonly StoredKind[]> {
    throw new ParallaxError('PRLX_BATCH_SHAPE', `${table}: of several documents of MongoDB none is the latest, and none their sum`, {
      exitCode: 2,
      advice: 'Keep one document a customer, or one a customer and type (long).',
    });
  }

  async close(): Promise<void> {
    await this.#client?.close();
    this.#client = null;
  }

  async *#documents(collection: string, projection: Document): AsyncIterable<Document> {
    try {
      const database = (await this.#connected()).db(this.#settings.required('database'));
      // Numbers come as they are kept: a double of JavaScript would lose digits of long ones.
      yield* database
        .collection(collection)
        .find({}, { projection: { ...projection, _id: 0 }, promoteValues: false, batchSize: STORE_PAGE_ROWS });
    } catch (cause) {
      throw storeError('MongoDB could not be read', cause);
    }
  }

  async #connected(): Promise<MongoClient> {
    this.#client ??= await new MongoClient(this.#settings.address('url'), {
      serverSelectionTimeoutMS: STORE_TIMEOUT_MS,
      appName: 'parallax-verifier',
    }).connect();
    return this.#client;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** A value as text: the driver's numbers write themselves in decimal. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  return String(value);
}
