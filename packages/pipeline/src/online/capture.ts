import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { formatMicros, type KeyType, type Micros, type OnlineClose, type OnlineSource } from '@parallax/core';
import type { KeyBatches } from '../engine/key-batches.ts';
import {
  ONLINE_ATTEMPTS_MAX,
  ONLINE_BACKOFF_MS,
  ONLINE_BODY_BYTES_MAX,
  ONLINE_CALL_TIMEOUT_MS,
  ONLINE_CONCURRENCY_MAX,
} from '../limits.ts';
import type { Clock } from '../run/clock.ts';
import type { CountedCapture } from './answers.ts';

/** One bulk call, as a line of the capture. Status 0 is a time-out or a broken connection. */
interface Call {
  readonly at: Micros;
  readonly ids: readonly string[];
  readonly attempt: number;
  readonly status: number;
  readonly body: string;
}

/**
 * The bulk calls of one source for one minute: chunks, bounded concurrency, retries with back-off and `Retry-After`. Every
 * answer is captured raw, a line a call in order of completion; what is valid is decided by who reads the capture.
 */
export class SourceCapture {
  readonly #source: OnlineSource;
  readonly #keyType: KeyType;
  readonly #url: string;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #deadline: AbortController;
  readonly #asked = new Set<string>();
  /** What is being asked. */
  readonly #asking = new Set<Promise<void>>();
  #finished: Promise<string> | null = null;
  #out: WriteStream | null = null;
  #calls = 0;
  /** Of the calls after `soFar`: a second copy, which can be read without the others. */
  #after: WriteStream | null = null;
  #callsSoFar: number | null = null;

  constructor(input: { source: OnlineSource; keyType: KeyType; url: string; path: string; clock: Clock; deadline: AbortController }) {
    this.#source = input.source;
    this.#keyType = input.keyType;
    this.#url = input.url;
    this.#path = input.path;
    this.#clock = input.clock;
    this.#deadline = input.deadline;
  }

  /** Customers whose asking is remembered: none any more once the capture is finished. */
  get remembered(): number {
    return this.#asked.size;
  }

  /** Asks for those of `ids` that were not asked for before; ends when all have an answer, gave up, or at the deadline. */
  async ask(ids: Iterable<string> | KeyBatches): Promise<void> {
    const asking = this.#ask(ids).finally(() => this.#asking.delete(asking));
    this.#asking.add(asking);
    await asking;
  }

  async #ask(ids: Iterable<string> | KeyBatches): Promise<void> {
    const running = new Set<Promise<void>>();
    const start = async (chunk: readonly string[]): Promise<void> => {
      if (running.size >= ONLINE_CONCURRENCY_MAX) await Promise.race(running);
      const call = this.#askChunk(chunk).finally(() => running.delete(call));
      running.add(call);
    };
    let chunk: string[] = [];
    for await (const batch of Symbol.asyncIterator in ids ? ids : [ids]) {
      for (const id of batch) {
        if (this.#deadline.signal.aborted) break;
        if (this.#asked.has(id)) continue;
        this.#asked.add(id);
        chunk.push(id);
        if (chunk.length === this.#source.chunk) {
          await start(chunk);
          chunk = [];
        }
      }
      if (this.#deadline.signal.aborted) break;
    }
    if (chunk.length > 0 && !this.#deadline.signal.aborted) await start(chunk);
    await Promise.all(running);
  }

  /** The calls until now, in a file that goes on growing; those that come after can be had from `after`. Null when there was none. */
  async soFar(): Promise<CountedCapture | null> {
    const out = this.#out;
    this.#callsSoFar = this.#calls;
    if (out === null) return null;
    await new Promise<void>((resolve, reject) => out.write('', (error) => (error ? reject(error) : resolve())));
    return { source: this.#source, path: `${this.#path}.part`, calls: this.#calls };
  }

  /** The calls after `soFar`, once the capture is closed; null when there was none. */
  after(): CountedCapture | null {
    if (this.#after === null) return null;
    return { source: this.#source, path: `${this.#path}.after`, calls: this.#calls - (this.#callsSoFar ?? 0) };
  }

  /**
   * Ends what is written and lets go of whom it has asked, once the deadline has passed or nobody more is asked: a minute whose turn comes much later holds a digest and
   * counts until then, and neither keys nor files. The file still has the name under which a draft reads it. Can be called again.
   *
   * @returns the file's SHA-256, hex
   */
  finish(): Promise<string> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  async #finish(): Promise<string> {
    // Calls that the deadline has cut short still write that they were; who asked meets their failures.
    await Promise.allSettled(this.#asking);
    this.#asked.clear();
    for (const out of [this.#out, this.#after]) {
      out?.end();
      if (out !== null) await finished(out);
    }
    return this.#hash.digest('hex');
  }

  /** Ends the capture: the file is whole and named from here on. Null when nobody was asked. */
  async close(): Promise<OnlineClose | null> {
    const sha256 = await this.finish();
    if (this.#calls === 0) return null;
    await rename(`${this.#path}.part`, this.#path);
    return { source: this.#source.name, sha256, calls: this.#calls };
  }

  readonly #hash = createHash('sha256');

  async #askChunk(ids: readonly string[]): Promise<void> {
    let backOffMs = ONLINE_BACKOFF_MS;
    for (let attempt = 1; attempt <= ONLINE_ATTEMPTS_MAX && !this.#deadline.signal.aborted; attempt++) {
      const at = this.#clock.now();
      const { status, body, retryAfterMs } = await this.#post(ids);
      await this.#write({ at, ids, attempt, status, body });
      if (status === 200 && this.#hasRows(body)) return;
      await this.#clock.sleep(retryAfterMs ?? backOffMs, this.#deadline.signal);
      backOffMs *= 2;
    }
  }

  async #post(ids: readonly string[]): Promise<{ status: number; body: string; retryAfterMs: number | null }> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"ids":[${ids.map((id) => (this.#keyType === 'bigint' ? id : JSON.stringify(id))).join(',')}]}`,
        signal: AbortSignal.any([this.#deadline.signal, AbortSignal.timeout(ONLINE_CALL_TIMEOUT_MS)]),
      });
      const seconds = Number(response.headers.get('retry-after'));
      return {
        status: response.status,
        body: await boundedText(response),
        retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null,
      };
    } catch {
      // A time-out, a refused or broken connection: the capture says so by its status, and the caller tries again.
      return { status: 0, body: '', retryAfterMs: null };
    }
  }

  /** Whether the answer looks whole, so that the chunk need not be asked again. The strict reading is Spark's. */
  #hasRows(body: string): boolean {
    try {
      let value: unknown = JSON.parse(body);
      for (const name of this.#source.rowsPath)
        value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
      return Array.isArray(value);
    } catch {
      return false;
    }
  }

  async #write(call: Call): Promise<void> {
    if (this.#out === null) {
      await mkdir(dirname(this.#path), { recursive: true });
      this.#out ??= createWriteStream(`${this.#path}.part`);
    }
    const { ids, attempt, status, body } = call;
    // As bytes, once: hash and files would each make their own of the text.
    const line = Buffer.from(`${JSON.stringify({ at: formatMicros(call.at), ids, attempt, status, body })}\n`);
    this.#hash.update(line);
    this.#calls += 1;
    if (this.#callsSoFar !== null) this.#after ??= createWriteStream(`${this.#path}.after`);
    // Both take the line before anyone waits: a file's lines stand in the order in which they were hashed.
    await Promise.all([writeTo(this.#out, line), ...(this.#after === null ? [] : [writeTo(this.#after, line)])]);
  }
}

/** Who waits for a file's disk: all for the same moment. */
const draining = new WeakMap<WriteStream, Promise<unknown>>();

/** Writes at once, and waits for the disk when it is behind. */
async function writeTo(out: WriteStream, line: Buffer): Promise<void> {
  if (out.write(line)) return;
  const waiting = draining.get(out) ?? once(out, 'drain').finally(() => draining.delete(out));
  draining.set(out, waiting);
  await waiting;
}

/** The text of an answer; one past the limit counts as cut off, which no strict parser takes. */
async function boundedText(response: Response): Promise<string> {
  if (response.body === null) return '';
  // A byte order mark is kept: strict JSON has none, so who reads the capture must see it.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > ONLINE_BODY_BYTES_MAX) return text;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
