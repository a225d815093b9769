/**
 * The Spark side of a recording without Spark: the files of an iteration, made from the contract by the plainest means, so that tests can change
 * them at any stage and see what the comparison says. It takes its accepted events, batch rows, online answers and lines from an alternative's
 * replay of its own, and does windows and panes over again.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobValue, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { AlternativeReplay } from '@parallax/alternative';
import { floorTo, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, type Project, quoteLiteral } from '@parallax/core';
import { batchColumn, batchViewColumns } from '@parallax/core/view-columns.ts';
import type { RejectedMessage, SparkMinute } from '../src/sides.ts';
import { layoutOf } from '../src/spark-side/layout.ts';
import { Packer } from './packed.ts';
import { packBatchRow } from './packed-batch.ts';
import { type FakeEvent, packAnswer, packRecords, packRejected, packState } from './packed-state.ts';

/** What a test changes on the Spark side. Each gets what is right and returns what is written. */
export interface Tampering {
  /** The events that the iteration accepted: all later stages follow from them. */
  readonly accepted?: (minute: Micros, events: readonly FakeEvent[]) => readonly FakeEvent[];
  /** What was not accepted, by stream. */
  readonly rejected?: (minute: Micros, stream: number, messages: readonly RejectedMessage[]) => readonly RejectedMessage[];
  /** The events that panes are summed from. */
  readonly panes?: (minute: Micros, events: readonly FakeEvent[]) => readonly FakeEvent[];
  /** All events that the windows of a minute hold. */
  readonly windows?: (minute: Micros, events: readonly FakeEvent[]) => readonly FakeEvent[];
  readonly members?: (minute: Micros, keys: readonly string[]) => readonly string[];
  /** Cells of the batch view by key. */
  readonly batch?: (day: string, rows: ReadonlyMap<string, readonly (string | null)[]>) => ReadonlyMap<string, readonly (string | null)[]>;
  /** Answers of one source by key; age is always 0. */
  readonly answers?: (
    minute: Micros,
    source: number,
    answers: ReadonlyMap<string, readonly (number | null)[] | null>,
  ) => ReadonlyMap<string, readonly (number | null)[] | null>;
  /** The lines of a file. */
  readonly lines?: (minute: Micros, file: 'events' | 'results' | 'actions', lines: readonly string[]) => readonly string[];
  readonly projectHash?: string;
}

export class FakeSpark {
  readonly #project: Project;
  readonly #folder: string;
  readonly #replay: AlternativeReplay;
  readonly #tampering: Tampering;
  readonly #db: DuckDBConnection;
  #events: FakeEvent[] = [];
  /** By source and key: the newest answer, and the iteration that it is of. */
  readonly #standing = new Map<string, { readonly minute: Micros; readonly row: readonly [source: string, key: string, values: string] }>();
  readonly #iterations: { readonly minute: Micros; readonly folder: string }[] = [];

  private constructor(project: Project, folder: string, replay: AlternativeReplay, tampering: Tampering, db: DuckDBConnection) {
    this.#project = project;
    this.#folder = folder;
    this.#replay = replay;
    this.#tampering = tampering;
    this.#db = db;
  }

  /** @param recording without an overlay: what the Spark side reads */
  static async open(options: { recording: string; project: Project; folder: string; tampering?: Tampering }): Promise<FakeSpark> {
    const { recording, project, folder, tampering = {} } = options;
    const replay = await AlternativeReplay.open({ recording, project, out: join(folder, 'out'), scratch: folder });
    const db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    return new FakeSpark(project, folder, replay, tampering, db);
  }

  get minutes(): readonly Micros[] {
    return this.#replay.minutes;
  }

  async close(): Promise<void> {
    this.#db.closeSync();
    await this.#replay.close();
  }

  async run(minute: Micros): Promise<SparkMinute> {
    await this.#replay.run(minute);
    const folder = join(this.#folder, 'iterations', String(minute));
    await mkdir(folder, { recursive: true });
    this.#iterations.unshift({ minute, folder });
    await this.#writeEvents(minute, folder);
    await this.#writeMembers(minute, folder);
    const answers = await this.#writeAnswers(minute, folder);
    for (const file of ['events', 'results', 'actions'] as const) await this.#writeLines(minute, folder, file);
    const { batchDay } = this.#replay.alternative.lookups.facts;
    const batch = batchDay === null ? null : await this.#writeBatch(batchDay);
    return {
      minute,
      manifest: `manifest of ${minute}`,
      digest: '',
      projectHash: this.#tampering.projectHash ?? this.#project.hash,
      folder,
      amended: isMadeOfDraft(minute),
      batch,
      answers,
      iterations: this.#iterations,
      incomplete: [],
    };
  }

  async #writeEvents(minute: Micros, folder: string): Promise<void> {
    const { accepted, origin, rejected } = this.#replay.alternative.lookups.facts;
    const fresh: FakeEvent[] = [];
    for (const [stream, events] of accepted.entries())
      await events.each(({ key, id, time, values }) =>
        fresh.push({ iteration: minute, stream, key, id, time: origin + BigInt(time), values: [...values] }),
      );
    const taken = this.#tampering.accepted?.(minute, fresh) ?? fresh;
    this.#events.push(...taken);
    const lists = [...groupBy(taken, ({ key }) => (key.length % 2 === 0 ? 0 : 1))].map(([, events]) => packRecords(events));
    await this.#parquet(
      join(folder, 'claimed'),
      'bucket INT, accepted STRUCT(bucket INT, events BLOB)[]',
      lists.map((blob) => [0, [blob]]),
      "$1::INT, [{'bucket': 0, 'events': $2::BLOB}]",
    );
    const kept = new Packer();
    for (const [stream, list] of rejected.entries())
      for (const each of this.#tampering.rejected?.(minute, stream, list) ?? list) kept.sized(packRejected(stream, each, origin));
    await this.#parquet(join(folder, 'kept'), 'bucket INT, kept BLOB', [[0, [kept.done()]]], '$1::INT, $2::BLOB');
    await this.#writeWindows(minute, folder, taken);
  }

  async #writeWindows(minute: Micros, folder: string, fresh: readonly FakeEvent[]): Promise<void> {
    const within =
      (from: Micros) =>
      ({ time }: FakeEvent) =>
        floorTo(time, MICROS_PER_MINUTE) >= from && time < minute + MICROS_PER_MINUTE;
    const lastHour = this.#events.filter(within(minute - 59n * MICROS_PER_MINUTE));
    const held = this.#tampering.windows?.(minute, lastHour) ?? lastHour;
    // A file each, as Spark's tasks write them: not all buckets come at once.
    const write = async (part: string, events: readonly FakeEvent[]) => {
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const last = events.filter(({ key }) => bucketOf(key) === bucket);
        const runs = [last.filter(within(floorTo(minute, MICROS_PER_HOUR))), last].map((of) => (of.length === 0 ? null : this.#run(of)));
        const row = '$1::INT, $2::BLOB, $3::BLOB';
        await this.#parquet(join(folder, part), 'bucket INT, hour BLOB, last BLOB', [[bucket, runs]], row, `part-${bucket}.parquet`);
      }
    };
    // A draft has not yet what its minute brought customers who are done again.
    const drafted = held.filter(({ key, iteration }) => !isAmended(minute, key) || iteration < minute);
    await write('windows', drafted);
    if (isMadeOfDraft(minute))
      await write(
        'windows-amended',
        held.filter(({ key }) => isAmended(minute, key)),
      );
    const come = this.#events.filter((each) => each.iteration < minute && floorTo(each.time, MICROS_PER_MINUTE) === minute);
    const adds = [...fresh.filter(({ time }) => time < minute + MICROS_PER_MINUTE), ...come];
    const summed = this.#tampering.panes?.(minute, adds) ?? adds;
    const panes = [...groupBy(summed, ({ time }) => floorTo(time, MICROS_PER_MINUTE))].map(
      ([each, events]) => [each, this.#run(events)] as const,
    );
    await this.#parquet(
      join(folder, 'panes'),
      'bucket INT, panes STRUCT("minute" BIGINT, run BLOB)[]',
      panes.map(([each, run]) => [Number(each), [run]]),
      "0, [{'minute': $1::BIGINT, 'run': $2::BLOB}]",
    );
  }

  #run(events: readonly FakeEvent[]): Uint8Array {
    const layout = layoutOf(this.#project);
    const byKey = [...groupBy(events, ({ key }) => key)].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const run = new Packer().u8(2).uint32(layout.fingerprint).uint32(byKey.length);
    for (const [key, own] of byKey) {
      run.text(key);
      for (const [stream, { keeps, keepsLast }] of layout.streams.entries()) {
        const ofStream = own.filter((each) => each.stream === stream);
        run.sized(ofStream.length === 0 ? new Uint8Array(0) : packState(ofStream, keeps, keepsLast));
      }
    }
    return run.done();
  }

  async #writeMembers(minute: Micros, folder: string): Promise<void> {
    const { population } = this.#replay.alternative.lookups.facts;
    const keys = this.#tampering.members?.(minute, population) ?? population;
    const write = (part: string, rows: readonly (readonly [number, readonly string[]])[]) =>
      this.#parquet(
        join(folder, part),
        'key VARCHAR, in_hour BOOLEAN, touched BOOLEAN, in_base BOOLEAN',
        rows,
        '$2::VARCHAR, $1::INT = 0, true, true',
      );
    await write(
      'members',
      keys.map((key) => [isAmended(minute, key) ? 1 : 0, [key]]),
    );
    if (isMadeOfDraft(minute))
      await write(
        'members-amended',
        keys.filter((key) => isAmended(minute, key)).map((key) => [0, [key]]),
      );
  }

  /** The folders of the answers that may stand for the minute: those of customers who were done again beside others of theirs, which say nothing. */
  async #writeAnswers(minute: Micros, folder: string): Promise<readonly string[]> {
    const { lookups } = this.#replay.alternative;
    for (const [source, { name, fields }] of this.#project.online.entries()) {
      const fresh = lookups.facts.population.filter((key) => lookups.onlineAge(source, key) === 0);
      const given = new Map(fresh.map((key) => [key, fields.map((_, field) => lookups.onlineValue(source, key, field))] as const));
      for (const [key, values] of this.#tampering.answers?.(minute, source, given) ?? given)
        this.#standing.set(`${name} ${key}`, { minute, row: [name, key, JSON.stringify(values)] });
    }
    if (this.#standing.size === 0) return [];
    const parts = isMadeOfDraft(minute) ? ['answers', 'answers-amended'] : ['answers'];
    const packed = parts.map(() => new Map(this.#project.online.map(({ name }) => [name, new Packer()] as const)));
    for (const { minute: of, row } of this.#standing.values()) {
      const [source = '', key = '', json = 'null'] = row;
      const age = Number((minute - of) / MICROS_PER_MINUTE);
      if (age > (this.#project.online.find(({ name }) => name === source)?.maxAge ?? 0)) continue;
      const values = JSON.parse(json) as readonly (number | null)[] | null;
      packed[0]?.get(source)?.bytes(packAnswer(key, of, isAmended(minute, key) ? null : values));
      if (isAmended(minute, key)) packed[1]?.get(source)?.bytes(packAnswer(key, of, values));
    }
    const folders: string[] = [];
    for (const [i, part] of parts.entries())
      folders.push(await this.#writePackedAnswers(minute, join(folder, part), packed[i] ?? new Map()));
    return folders;
  }

  async #writePackedAnswers(minute: Micros, target: string, packers: ReadonlyMap<string, Packer>): Promise<string> {
    await mkdir(target, { recursive: true });
    await this.#db.run('CREATE OR REPLACE TABLE t (source VARCHAR, bucket INTEGER, minute BIGINT, answers BLOB)');
    for (const [source, packer] of packers)
      await this.#db.run(`INSERT INTO t VALUES ($1, 0, ${minute}, $2)`, [source, packer.length === 0 ? null : blobValue(packer.done())]);
    await this.#db.run(`COPY t TO ${quoteLiteral(join(target, 'part-0.parquet'))} (FORMAT parquet)`);
    return target;
  }

  async #writeLines(minute: Micros, folder: string, file: 'events' | 'results' | 'actions'): Promise<void> {
    const source = join(this.#replay.lines, `${file}.ndjson`);
    const target = join(folder, `${file}.ndjson`);
    if (this.#tampering.lines === undefined) {
      await copyFile(source, target);
      return;
    }
    const lines = (await readFile(source, 'utf8')).split('\n').filter((line) => line !== '');
    await writeFile(
      target,
      this.#tampering
        .lines(minute, file, lines)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }

  /** The view of a day, of the customers at hand. */
  async #writeBatch(day: string): Promise<NonNullable<SparkMinute['batch']>> {
    const folder = join(this.#folder, 'batch', day);
    const columns = batchViewColumns(this.#project);
    const taken = this.#project.batch.flatMap(({ tables }) => tables.flatMap((t) => t.columns.map((c) => batchColumn(t, c))));
    const { lookups } = this.#replay.alternative;
    const rows = new Map(
      lookups.facts.population.map(
        (key) => [key, (lookups.batchRow(key) ?? []).map((cell, i) => cellText(cell, columns[i]?.type))] as const,
      ),
    );
    const written = [...(this.#tampering.batch?.(day, rows) ?? rows)].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const run = new Packer();
    for (const [key, cells] of written) run.text(key).sized(packBatchRow(this.#project, cells));
    await this.#parquet(folder, 'bucket INT, run BLOB', [[0, [run.done()]]], '$1::INT, $2::BLOB');
    return { day, version: day, folder, rows: [folder], taken };
  }

  /** One row a statement: a bucket number and blobs or texts, by the expressions in `row`. */
  async #parquet(
    folder: string,
    schema: string,
    rows: readonly (readonly [number, readonly (Uint8Array | string | null)[]])[],
    row: string,
    file = 'part-0.parquet',
  ): Promise<void> {
    await mkdir(folder, { recursive: true });
    await this.#db.run(`CREATE OR REPLACE TABLE t (${schema})`);
    for (const [number, values] of rows)
      await this.#db.run(`INSERT INTO t VALUES (${row})`, [
        BigInt(number),
        ...values.map((each) => (each instanceof Uint8Array ? blobValue(each) : each)),
      ]);
    await this.#db.run(`COPY t TO ${quoteLiteral(join(folder, file))} (FORMAT parquet)`);
  }
}

const BUCKETS = 3;

function bucketOf(key: string): number {
  return lastCodeOf(key) % BUCKETS;
}

/** 0 of the empty key, which is a key as well. */
function lastCodeOf(key: string): number {
  return key === '' ? 0 : key.charCodeAt(key.length - 1);
}

/** Every second minute is as if it was made of a draft, and every second customer of it done again. */
function isMadeOfDraft(minute: Micros): boolean {
  return (minute / MICROS_PER_MINUTE) % 2n === 1n;
}

function isAmended(minute: Micros, key: string): boolean {
  return isMadeOfDraft(minute) && lastCodeOf(key) % 2 === 1;
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function cellText(cell: bigint | string | null, type: { readonly kind: string; readonly places?: number } | undefined): string | null {
  if (typeof cell !== 'bigint') return cell;
  const places = type?.places ?? 0;
  const digits = (cell < 0n ? -cell : cell).toString().padStart(places + 1, '0');
  return `${cell < 0n ? '-' : ''}${digits.slice(0, digits.length - places)}${places === 0 ? '' : `.${digits.slice(-places)}`}`;
}
