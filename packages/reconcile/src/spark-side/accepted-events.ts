import { join } from 'node:path';
import type { Project } from '@parallax/core';
import { ByteCursor, PackedFault, textOf } from './bytes.ts';
import { type ParquetReader, parquetTable } from './parquet.ts';

const ACCEPTED = 0;

/** The accepted event that was read last; its fields are overwritten by the next one. */
export class AcceptedEvent {
  stream = 0;
  partition = 0;
  offset: number | bigint = 0;
  /** µs since 1970. */
  time = 0n;
  /** NaN is null; those of the stream's variables come first. */
  readonly values: Float64Array;
  /** Key and id: UTF-8 in bytes[keyStart, keyEnd) and bytes[idStart, idEnd). */
  bytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  idStart = 0;
  idEnd = 0;
  readonly #in = new ByteCursor();
  readonly #widths: readonly number[];

  constructor(widths: readonly number[]) {
    this.#widths = widths;
    this.values = new Float64Array(Math.max(0, ...widths));
  }

  get key(): string {
    return textOf(this.bytes, this.keyStart, this.keyEnd);
  }

  get id(): string {
    return textOf(this.bytes, this.idStart, this.idEnd);
  }

  /** Variables of the event's stream. */
  get width(): number {
    return this.#widths[this.stream] as number;
  }

  /** Reads the record in bytes[from, to). Throws PackedFault for one that is no accepted event of these streams. */
  read(bytes: Uint8Array, from: number, to: number): void {
    const cursor = this.#in;
    cursor.open(bytes, from, to);
    this.bytes = bytes;
    this.stream = cursor.index();
    if (this.stream >= this.#widths.length) throw new PackedFault(`an event of stream ${this.stream}`);
    this.partition = cursor.index();
    this.offset = cursor.uvarint();
    const kind = cursor.u8();
    if (kind !== ACCEPTED) throw new PackedFault(`class ${kind} among accepted events`);
    this.time = cursor.int64();
    cursor.skip(16);
    let length = cursor.length();
    this.keyStart = cursor.at;
    this.keyEnd = cursor.at + length;
    cursor.skip(length);
    length = cursor.length();
    this.idStart = cursor.at;
    this.idEnd = cursor.at + length;
    cursor.skip(length);
    for (let names = cursor.index(); names > 0; names--) cursor.skip(cursor.length());
    this.#readValues(cursor, bytes);
    if (cursor.hasMore) throw new PackedFault('an event that is longer than its stream says');
  }

  #readValues(cursor: ByteCursor, bytes: Uint8Array): void {
    const { width, values } = this;
    const bitmap = cursor.at;
    cursor.skip(Math.ceil(width / 8));
    for (let i = 0; i < width; i++) {
      const present = ((bytes[bitmap + (i >> 3)] as number) >> (i & 7)) & 1;
      values[i] = present === 0 ? Number.NaN : Number(cursor.zigzag());
    }
  }
}

/** Reads the events that an iteration accepted, in no order. The event is valid during the call only. */
export async function eachAccepted(
  parquet: ParquetReader,
  folder: string,
  project: Project,
  take: (event: AcceptedEvent) => void,
): Promise<void> {
  const table = await parquetTable(join(folder, 'claimed'));
  if (table !== null) await eachAcceptedOf(parquet, table, project, take);
}

/** The same of files that an iteration has them in. @param table stands for the files */
export async function eachAcceptedOf(
  parquet: ParquetReader,
  table: string,
  project: Project,
  take: (event: AcceptedEvent) => void,
): Promise<void> {
  const event = new AcceptedEvent(project.streams.map(({ variables }) => variables.length));
  const list = new ByteCursor();
  for await (const { count, columns } of parquet.query(`SELECT a.events FROM (SELECT unnest(accepted) AS a FROM ${table})`)) {
    for (let row = 0; row < count; row++) {
      const blob = columns[0]?.getItem(row) as { readonly bytes: Uint8Array } | null;
      if (blob === null) continue;
      list.open(blob.bytes);
      while (list.hasMore) {
        const length = list.length();
        event.read(blob.bytes, list.at, list.at + length);
        take(event);
        list.skip(length);
      }
    }
  }
}
