import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AcceptedEvents } from '../accept/accepted-events.ts';
import { EVENT_BUCKETS, READ_BYTES } from '../limits.ts';
import { bucketOf } from './bucket.ts';
import { EventReader, EventWriter } from './event-codec.ts';

const MINUTE_US = 60_000_000;

/** What one iteration wrote into a file: from `start` on, bucket `b` lies in `[ends[b − 1], ends[b])`. */
interface Run {
  readonly start: number;
  readonly ends: Float64Array;
}

interface StoredFile {
  readonly path: string;
  length: number;
  readonly runs: Run[];
}

/**
 * The accepted raw events on disk: a file for each stream and event minute, in it a run for each iteration that brought some, sorted by the
 * customers' buckets. Minutes are counted from the clock's origin.
 */
export class EventStore {
  readonly #folder: string;
  readonly #widths: readonly number[];
  readonly #files = new Map<string, StoredFile>();
  readonly #writer = new EventWriter();

  /** @param widths the number of variables of each stream */
  constructor(folder: string, widths: readonly number[]) {
    this.#folder = folder;
    this.#widths = widths;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
  }

  /** Adds the events whose minute is `oldest` or later; earlier ones can enter no window any more. */
  async append(stream: number, events: AcceptedEvents, oldest: number): Promise<void> {
    const places: { minute: number; bucket: number; index: number }[] = [];
    for (let index = 0; index < events.count; index++) {
      const minute = Math.floor((events.times[index] as number) / MINUTE_US);
      if (minute >= oldest) places.push({ minute, bucket: bucketOf(events.keys[index] as string), index });
    }
    places.sort((a, b) => a.minute - b.minute || a.bucket - b.bucket || a.index - b.index);
    for (let first = 0; first < places.length; ) {
      const minute = (places[first] as (typeof places)[number]).minute;
      const ends = new Float64Array(EVENT_BUCKETS);
      this.#writer.clear();
      let next = first;
      for (; next < places.length; next++) {
        const place = places[next] as (typeof places)[number];
        if (place.minute !== minute) break;
        const { keys, ids, times, values, width } = events;
        const { index, bucket } = place;
        this.#writer.event(keys[index] as string, ids[index] as string, times[index] as number, values, index * width, width);
        ends[bucket] = this.#writer.length;
      }
      for (let bucket = 1; bucket < EVENT_BUCKETS; bucket++) ends[bucket] = Math.max(ends[bucket] as number, ends[bucket - 1] as number);
      await this.#appendRun(stream, minute, ends);
      first = next;
    }
  }

  async #appendRun(stream: number, minute: number, ends: Float64Array): Promise<void> {
    const name = fileName(stream, minute);
    let file = this.#files.get(name);
    if (file === undefined) {
      file = { path: join(this.#folder, name), length: 0, runs: [] };
      this.#files.set(name, file);
    }
    const handle = await open(file.path, 'a');
    try {
      await handle.writeFile(this.#writer.bytes());
    } finally {
      await handle.close();
    }
    file.runs.push({ start: file.length, ends });
    file.length += this.#writer.length;
  }

  /** Reads the events of one stream and minute, in the order in which they were accepted. The event is valid during the call only. */
  async eachOfMinute(stream: number, minute: number, take: (event: EventReader) => void): Promise<void> {
    const file = this.#files.get(fileName(stream, minute));
    if (file !== undefined) await this.#read(file, [[0, file.length]], stream, take);
  }

  /** The same, of the customers of one bucket only. */
  async eachOfBucket(stream: number, minute: number, bucket: number, take: (event: EventReader) => void): Promise<void> {
    const file = this.#files.get(fileName(stream, minute));
    if (file === undefined) return;
    const ranges = file.runs.map(({ start, ends }): [number, number] => [
      start + (bucket === 0 ? 0 : (ends[bucket - 1] as number)),
      start + (ends[bucket] as number),
    ]);
    await this.#read(file, ranges, stream, take);
  }

  /** The same, of one customer only. */
  async eachOfCustomer(stream: number, minute: number, key: string, take: (event: EventReader) => void): Promise<void> {
    await this.eachOfBucket(stream, minute, bucketOf(key), (event) => {
      if (event.key === key) take(event);
    });
  }

  async #read(file: StoredFile, ranges: readonly (readonly [number, number])[], stream: number, take: (event: EventReader) => void) {
    const reader = new EventReader(this.#widths[stream] as number);
    const handle = await open(file.path, 'r');
    try {
      for (const [start, end] of ranges) {
        let rest: Buffer = Buffer.alloc(0);
        for (let at = start; at < end; ) {
          const wanted = Math.min(READ_BYTES, end - at);
          const bytes = Buffer.allocUnsafe(rest.length + wanted);
          rest.copy(bytes);
          const { bytesRead } = await handle.read(bytes, rest.length, wanted, at);
          if (bytesRead !== wanted) throw new Error(`${file.path} ends at ${at + bytesRead}, not at ${file.length}`);
          at += bytesRead;
          let done = 0;
          for (let next = reader.read(bytes, 0); next >= 0; next = reader.read(bytes, next)) {
            take(reader);
            done = next;
          }
          rest = bytes.subarray(done);
        }
        if (rest.length > 0) throw new Error(`${file.path}: ${rest.length} bytes are no event`);
      }
    } finally {
      await handle.close();
    }
  }

  /** Forgets a minute. */
  async drop(minute: number): Promise<void> {
    for (let stream = 0; stream < this.#widths.length; stream++) {
      const name = fileName(stream, minute);
      const file = this.#files.get(name);
      if (file === undefined) continue;
      this.#files.delete(name);
      await rm(file.path);
    }
  }
}

function fileName(stream: number, minute: number): string {
  return `${stream}.${minute}.events`;
}
