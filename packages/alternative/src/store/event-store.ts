import { type FileHandle, mkdir, open, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import type { AcceptedEvents } from '../accept/accepted-events.ts';
import { BUCKET_CELLS, EVENT_BUCKETS, READ_THROUGH_BYTES } from '../limits.ts';
import { CELLS, cellOf, hashKey } from './bucket.ts';
import { CellSort } from './cell-sort.ts';
import type { EventReader } from './event-codec.ts';
import { type ByteRange, EventScanner, type TakeStored } from './event-scanner.ts';

/** What one iteration wrote into a file: from `start` on, cell `c` lies in `[ends[c − 1], ends[c])`. */
interface Run {
  readonly start: number;
  readonly ends: Uint32Array;
}

interface StoredFile {
  readonly path: string;
  length: number;
  runs: Run[];
  /** Whether all of it is on disk for good. */
  synced: boolean;
}

/** Whose events are read: those of a bucket, and those of some customers. */
export interface Wanted {
  /** −1: of none. */
  readonly bucket: number;
  readonly keys: ReadonlySet<string>;
}

/**
 * The accepted raw events on disk: a file for each stream and event minute, in it a run for each iteration that brought some, sorted by the
 * customers' cells. Minutes are counted from the clock's origin.
 */
export class EventStore {
  readonly #folder: string;
  readonly #widths: readonly number[];
  readonly #files = new Map<string, StoredFile>();
  readonly #scanner = new EventScanner();
  readonly #sort = new CellSort();
  /** Files that are not used any more. */
  #dropped: string[] = [];

  /** @param widths the number of variables of each stream */
  constructor(folder: string, widths: readonly number[]) {
    this.#folder = folder;
    this.#widths = widths;
  }

  /**
   * @param kept the length of each file as `lengths` gave them before; all else in the folder is removed, what was written after it cut off.
   * Throws PRLX_ALTERNATIVE_STATE when less is there.
   */
  async open(kept: Readonly<Record<string, number>> = {}): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const name of await readdir(this.#folder)) if (kept[name] === undefined) await rm(join(this.#folder, name), { recursive: true });
    for (const [name, length] of Object.entries(kept)) {
      const path = join(this.#folder, name);
      await cut(path, length);
      this.#files.set(name, { path, length, runs: [], synced: true });
    }
  }

  /** Reads every event that was there at `open`, and learns where each customer's are. `minute` is the event's. */
  async load(take: (stream: number, minute: number, event: EventReader) => void): Promise<void> {
    for (const [name, file] of this.#files) {
      const [stream = 0, minute = 0] = name.split('.').map(Number);
      let last = CELLS;
      let run: Run = { start: 0, ends: new Uint32Array(0) };
      // Where cells begin anew another run does; two that happen to follow on are as good as one.
      await this.#scan(file, [[0, file.length]], stream, (event, from, to) => {
        const cell = cellOf(event.key);
        if (cell < last) {
          finish(run, last);
          run = { start: from, ends: new Uint32Array(CELLS) };
          file.runs.push(run);
          last = 0;
        }
        for (; last < cell; last++) run.ends[last] = from - run.start;
        run.ends[cell] = to - run.start;
        event.body();
        take(stream, minute, event);
      });
      finish(run, last);
    }
  }

  /** Makes durable what was written; gives the lengths of all files by name. */
  async lengths(): Promise<Readonly<Record<string, number>>> {
    const lengths: Record<string, number> = {};
    for (const [name, file] of this.#files) {
      if (!file.synced) await synced(file.path);
      file.synced = true;
      lengths[name] = file.length;
    }
    return lengths;
  }

  /** Adds the events whose minute is `oldest` or later; earlier ones are wanted by nobody any more. */
  async append(stream: number, events: AcceptedEvents, oldest: number): Promise<void> {
    for await (const { minute, bytes, ends } of this.#sort.parts(events, oldest)) {
      const file = this.#fileOf(stream, minute);
      if (ends !== null) file.runs.push({ start: file.length, ends });
      const handle = await open(file.path, file.length === 0 ? 'w' : 'a');
      try {
        await handle.writeFile(bytes);
      } finally {
        await handle.close();
      }
      file.length += bytes.length;
      file.synced = false;
    }
  }

  #fileOf(stream: number, minute: number): StoredFile {
    const name = fileName(stream, minute);
    let file = this.#files.get(name);
    if (file === undefined) {
      file = { path: join(this.#folder, name), length: 0, runs: [], synced: false };
      this.#files.set(name, file);
      this.#dropped = this.#dropped.filter((path) => path !== file?.path);
    }
    return file;
  }

  /** Reads the events of one stream and minute, in the order in which they were accepted. The event is valid during the call only. */
  async eachOfMinute(stream: number, minute: number, take: (event: EventReader) => void): Promise<void> {
    const file = this.#files.get(fileName(stream, minute));
    if (file === undefined) return;
    await this.#scan(file, [[0, file.length]], stream, (event) => {
      event.body();
      take(event);
    });
  }

  /** The same, of some customers only. */
  async eachOf(stream: number, minute: number, { bucket, keys }: Wanted, take: (event: EventReader) => void): Promise<void> {
    const file = this.#files.get(fileName(stream, minute));
    if (file === undefined) return;
    const cells = new Set<number>();
    const hashes = new Set<number>();
    for (const key of keys) {
      cells.add(cellOf(key));
      hashes.add(hashKey(key));
    }
    if (bucket >= 0) for (let cell = 0; cell < BUCKET_CELLS; cell++) cells.add(bucket * BUCKET_CELLS + cell);
    const sorted = [...cells].sort((a, b) => a - b);
    const ranges = file.runs.flatMap((run) => rangesOf(run, sorted));
    await this.#scan(file, ranges, stream, (event) => {
      // A cell has dozens of customers: few of their keys are decoded.
      const { keyHash } = event;
      if (keyHash % EVENT_BUCKETS !== bucket && !(hashes.has(keyHash) && keys.has(event.key))) return;
      event.body();
      take(event);
    });
  }

  /** The same, of one customer only. */
  async eachOfCustomer(stream: number, minute: number, key: string, take: (event: EventReader) => void): Promise<void> {
    await this.eachOf(stream, minute, { bucket: -1, keys: new Set([key]) }, take);
  }

  /** Gives the head of each event of some ranges, with the bytes where it lies. */
  #scan(file: StoredFile, ranges: readonly ByteRange[], stream: number, take: TakeStored): Promise<void> {
    return this.#scanner.scan(file.path, ranges, this.#widths[stream] as number, take);
  }

  /** Forgets a minute. Its files stay until `sweep`: a state that was kept before may still want them. */
  drop(minute: number): void {
    for (let stream = 0; stream < this.#widths.length; stream++) {
      const name = fileName(stream, minute);
      const file = this.#files.get(name);
      if (file === undefined) continue;
      this.#files.delete(name);
      this.#dropped.push(file.path);
    }
  }

  /** Removes the files of the minutes that were dropped. */
  async sweep(): Promise<void> {
    const paths = this.#dropped;
    this.#dropped = [];
    for (const path of paths) await rm(path, { force: true });
  }
}

function fileName(stream: number, minute: number): string {
  return `${stream}.${minute}.events`;
}

/** Where some cells of a run lie, in order; what lies between two that are close to each other is read with them. */
function rangesOf({ start, ends }: Run, cells: readonly number[]): readonly ByteRange[] {
  const ranges: ByteRange[] = [];
  let [from, to] = [-1, -1];
  for (const cell of cells) {
    const begin = cell === 0 ? 0 : (ends[cell - 1] as number);
    const end = ends[cell] as number;
    if (begin === end) continue;
    if (from >= 0 && begin - to > READ_THROUGH_BYTES) {
      ranges.push([start + from, start + to]);
      from = -1;
    }
    if (from < 0) from = begin;
    to = end;
  }
  if (from >= 0) ranges.push([start + from, start + to]);
  return ranges;
}

/** The cells behind the last one of a run end where it does. */
function finish({ ends }: Run, last: number): void {
  for (let cell = last + 1; cell < ends.length; cell++) ends[cell] = ends[last] as number;
}

async function cut(path: string, length: number): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw lost(path, cause);
  }
  try {
    const { size } = await handle.stat();
    if (size < length) throw lost(path, null);
    if (size > length) await truncate(path, length);
  } finally {
    await handle.close();
  }
}

function lost(path: string, cause: unknown): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_STATE', `the raw events of ${path} are not what was kept`, cause === null ? {} : { cause });
}

async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
