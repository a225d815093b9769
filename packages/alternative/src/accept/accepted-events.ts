import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { ParallaxError } from '@parallax/core';
import { SPILL_BLOCK_BYTES, SPILL_BYTES_MAX } from '../limits.ts';
import { EventReader, EventWriter, LENGTH_BYTES, TIME_AT, type WrittenEvent } from '../store/event-codec.ts';
import { EventScanner, eachIn, type TakeStored } from '../store/event-scanner.ts';

/** Of an event that was taken back. */
const TAKEN_BACK = Number.NaN;
const TIME_BYTES = 8;

/**
 * The events that one stream has accepted in one iteration, in a file of their own: a block of the newest is in memory, and nothing of the others. A place is where an
 * event begins, bytes from the first one's beginning. Throws PRLX_ALTERNATIVE_SPILL where the file is not as it was left.
 */
export class AcceptedEvents {
  readonly #path: string;
  readonly #width: number;
  readonly #block = new EventWriter();
  readonly #scanner = new EventScanner();
  readonly #reader: EventReader;
  #one = Buffer.allocUnsafe(1024);
  /** Bytes in the file: where the block begins. */
  #written = 0;
  #count = 0;
  #isOpen = true;

  /** @param width variables of an event */
  constructor(path: string, width: number) {
    this.#path = path;
    this.#width = width;
    this.#reader = new EventReader(width);
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of all events, with those that were taken back. */
  get bytes(): number {
    return this.#written + this.#block.length;
  }

  /** Adds an event; returns its place. */
  add(event: WrittenEvent): number {
    this.#mustBeOpen();
    const place = this.bytes;
    if (place > SPILL_BYTES_MAX) throw tooLarge();
    this.#block.event(event);
    this.#count++;
    if (this.#block.length >= SPILL_BLOCK_BYTES) this.#spill();
    return place;
  }

  /** The event at a place; valid until the next call. */
  at(place: number): EventReader {
    this.#mustBeOpen();
    const inBlock = place - this.#written;
    const end = inBlock >= 0 ? this.#reader.read(this.#block.bytes(), inBlock) : this.#reader.read(this.#read(place), 0);
    if (end < 0) throw lost(this.#path, `no event at ${place}`);
    return this.#reader;
  }

  /** Takes the event at a place back: it is given no more. */
  takeBack(place: number): void {
    this.#mustBeOpen();
    this.#count--;
    const time = Buffer.allocUnsafe(TIME_BYTES);
    time.writeDoubleLE(TAKEN_BACK);
    const inBlock = place - this.#written;
    if (inBlock >= 0) time.copy(this.#block.bytes(), inBlock + TIME_AT);
    else this.#withFile('r+', (file) => writeSync(file, time, 0, TIME_BYTES, place + TIME_AT));
  }

  /** Gives each event whose head was read, in the order in which they came. */
  async each(take: TakeStored): Promise<void> {
    this.#mustBeOpen();
    const given: TakeStored = (event, from, to) => {
      if (!Number.isNaN(event.time)) take(event, from, to);
    };
    if (this.#written > 0) {
      const size = this.#withFile('r', (file) => fstatSync(file).size);
      if (size < this.#written) throw lost(this.#path, `it ends at ${size}, not at ${this.#written}`);
      await this.#scanner.scan(this.#path, [[0, this.#written]], this.#width, given);
    }
    eachIn(this.#block.bytes(), this.#written, new EventReader(this.#width), given);
  }

  /** Forgets them, and removes their file. */
  async close(): Promise<void> {
    this.#isOpen = false;
    if (this.#written > 0) await rm(this.#path, { force: true });
  }

  #mustBeOpen(): void {
    if (!this.#isOpen) throw new Error('the events of an iteration are asked for after it');
  }

  #spill(): void {
    const bytes = this.#block.bytes();
    this.#withFile(this.#written === 0 ? 'w' : 'a', (file) => {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    });
    this.#written += bytes.length;
    this.#block.clear();
  }

  /** The bytes of the event at a place in the file. */
  #read(place: number): Buffer {
    return this.#withFile('r', (file) => {
      let have = readSync(file, this.#one, 0, this.#one.length, place);
      const length = have < LENGTH_BYTES ? 0 : LENGTH_BYTES + this.#one.readUInt32LE(0);
      if (length > this.#one.length) {
        this.#one = Buffer.allocUnsafe(length);
        have = readSync(file, this.#one, 0, length, place);
      }
      return this.#one.subarray(0, have);
    });
  }

  #withFile<T>(flags: string, work: (file: number) => T): T {
    let file: number;
    try {
      file = openSync(this.#path, flags);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw lost(this.#path, 'it is gone', error);
      throw error;
    }
    try {
      return work(file);
    } finally {
      closeSync(file);
    }
  }
}

function lost(path: string, detail: string, cause?: unknown): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_SPILL', `the accepted events of a minute in ${path} are not what was written: ${detail}`, {
    retryable: true,
    advice: 'The file is the running verifier’s own: let nobody touch it, and see that its disk has room.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function tooLarge(): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_LIMIT', `more than ${SPILL_BYTES_MAX} bytes of accepted events of one stream in one minute`, {
    advice: 'Split the stream, or raise SPILL_BYTES_MAX: places are 32 bits.',
  });
}
