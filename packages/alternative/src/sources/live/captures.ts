import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Close, formatFolder, type InputFinding, type Micros, ParallaxError } from '@parallax/core';
import { readCall } from '../recording/call-line.ts';
import type { OnlineCall } from '../source.ts';
import { aheadOfSeal } from './ahead-of-seal.ts';

const LINE_FEED = 0x0a;

/** The captured calls of one online source and minute. */
export interface Captured {
  readonly calls: readonly OnlineCall[];
  readonly findings: readonly InputFinding[];
}

/**
 * Reads the captured calls of one online source and minute, by the run's state folder: while they are being made, as far as they are written, then the rest of
 * what the close names. The file has another name while it grows.
 */
export class CaptureReader {
  readonly #file: string;
  readonly #source: string;
  readonly #hash = createHash('sha256');
  /** Bytes that were read: whole lines. */
  #read = 0;
  #lines = 0;
  readonly #ahead: OnlineCall[] = [];

  constructor(state: string, minute: Micros, source: string) {
    this.#file = join(state, 'captures', formatFolder(minute), `${source}.ndjson`);
    this.#source = source;
  }

  /** The calls that `ahead` gave. */
  get given(): readonly OnlineCall[] {
    return this.#ahead;
  }

  /** The calls that were captured since it was asked last; none from a line on that is no call, which `rest` will say. */
  async ahead(): Promise<readonly OnlineCall[]> {
    const bytes = await this.#bytes(`${this.#file}.part`);
    const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1);
    let calls: readonly OnlineCall[];
    try {
      calls = this.#calls(whole);
    } catch (error) {
      if (error instanceof ParallaxError) return [];
      throw error;
    }
    this.#take(whole, calls);
    for (const call of calls) this.#ahead.push(call);
    return calls;
  }

  /**
   * The rest of the calls, when the close has named them. What is not what the close says is a finding, and no answer. Throws PRLX_ALTERNATIVE_AHEAD when it is not, and
   * some were given ahead.
   */
  async rest(close: Close): Promise<Captured> {
    const named = close.online.find((each) => each.source === this.#source);
    if (named === undefined) return this.#ahead.length === 0 ? { calls: [], findings: [] } : this.#wrong('the close names no calls');
    if (!existsSync(this.#file)) return this.#wrong('the captured answers are gone');
    const bytes = await this.#bytes(this.#file);
    if (this.#hash.copy().update(bytes).digest('hex') !== named.sha256)
      return this.#wrong('the captured answers are not those that the close names');
    const calls = this.#calls(bytes);
    this.#take(bytes, calls);
    return this.#lines === named.calls
      ? { calls, findings: [] }
      : this.#wrong(`${this.#lines} calls are captured, the close names ${named.calls}`);
  }

  #wrong(detail: string): Captured {
    if (this.#ahead.length > 0) throw aheadOfSeal(`${this.#source}: ${detail}`);
    const finding = {
      stage: 'inputs',
      kind: 'capture',
      source: this.#source,
      detail: `${this.#source}: ${detail}`,
      customers: null,
    } as const;
    return { calls: [], findings: [finding] };
  }

  #take(bytes: Buffer, calls: readonly OnlineCall[]): void {
    this.#hash.update(bytes);
    this.#read += bytes.length;
    this.#lines += calls.length;
  }

  /** What a file has behind what was read; of one that is not there nothing: it may have just got its name. */
  async #bytes(path: string): Promise<Buffer> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
    try {
      const { size } = await handle.stat();
      const bytes = Buffer.allocUnsafe(Math.max(0, size - this.#read));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, this.#read);
      return bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  #calls(bytes: Buffer): readonly OnlineCall[] {
    const calls: OnlineCall[] = [];
    for (let start = 0; start < bytes.length; ) {
      const found = bytes.indexOf(LINE_FEED, start);
      const end = found < 0 ? bytes.length : found;
      if (end > start) calls.push(readCall(bytes, start, end, this.#file, this.#lines + calls.length + 1));
      start = end + 1;
    }
    return calls;
  }
}
