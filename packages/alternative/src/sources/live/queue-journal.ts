import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JOURNAL_FILE_BYTES, JOURNAL_KEEP_MESSAGES } from './limits.ts';
import { Meeting, type MeetingRecord } from './meeting.ts';
import { identityOf, type QueueMessage } from './queue-message.ts';

/** One message of the own queue, on disk. */
export interface KeptMessage {
  /** Its id is part of it. */
  readonly identity: string;
  readonly receivedMs: number;
  readonly file: number;
  /** Where its payload lies; −1 bytes: it has none. */
  readonly at: number;
  readonly bytes: number;
  joined: boolean;
  /** Whether it was reported as being on this side only. */
  reported: boolean;
}

/** What was joined when the last minute was done. */
interface Checkpoint {
  /** Null: the queue was never attached. */
  readonly sinceMs: number | null;
  /** Absent in what an earlier version has written. */
  readonly meeting?: MeetingRecord | null;
  readonly file: number;
  readonly length: number;
  /** Messages before that end which are not joined: file and place. */
  readonly open: readonly (readonly [number, number])[];
}

const HEAD_BYTES = 16;
const NO_ID = 0xffffffff;

/**
 * The messages that the own queue has handed over, on disk before they are accepted, until a minute has used them. A record: time of receipt
 * (float64), length of the id (uint32), of the payload (int32, −1: none), id, payload.
 */
export class QueueJournal {
  readonly #folder: string;
  /** In the order in which they came. There are hundreds of thousands: only those of one identity, which are few, are a list. */
  readonly #byIdentity = new Map<string, KeptMessage | KeptMessage[]>();
  /** Those that no minute has used, in that order. */
  readonly #unused = new Set<KeptMessage>();
  #messages = 0;
  /** Messages that each file holds and that are still wanted. */
  readonly #perFile = new Map<number, number>();
  #sinceMs: number | null = null;
  #meeting = new Meeting();
  #file = 0;
  #length = 0;
  /** The end of what is on disk and known, in the file at hand: what is being written is not. */
  #entered = 0;
  #handle: FileHandle | null = null;
  readonly #descriptors = new Map<number, number>();

  readonly #keep: number;

  /** @param keep messages that are kept however old they are */
  constructor(folder: string, keep = JOURNAL_KEEP_MESSAGES) {
    this.#folder = folder;
    this.#keep = keep;
  }

  /** When the queue was first known to be there, epoch ms: what was sent later it holds. Infinity: it was never attached. */
  get sinceMs(): number {
    return this.#sinceMs ?? Number.POSITIVE_INFINITY;
  }

  /** Since when both sides hold the same messages. */
  get meeting(): Meeting {
    return this.#meeting;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const checkpoint = await this.#checkpoint();
    this.#sinceMs = checkpoint.sinceMs;
    this.#meeting = Meeting.of(checkpoint.meeting ?? null);
    const files = (await readdir(this.#folder)).flatMap((name) => (/^\d+\.journal$/.test(name) ? [Number.parseInt(name, 10)] : []));
    for (const file of files.sort((a, b) => a - b)) await this.#scan(file, checkpoint);
    // What a crash has cut off at the end is not overwritten: the next file goes on.
    this.#file = Math.max(-1, ...files) + 1;
    await this.#begin();
    await this.checkpoint();
  }

  /** The queue is there: it keeps what is sent from now on, if it did not before. */
  async attached(nowMs: number): Promise<void> {
    if (this.#sinceMs !== null) return;
    this.#sinceMs = nowMs;
    await this.checkpoint();
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }

  /** Keeps messages: when it returns they are on disk. */
  async add(messages: readonly QueueMessage[], receivedMs: number): Promise<void> {
    const parts: Buffer[] = [];
    const kept: KeptMessage[] = [];
    if (this.#length >= JOURNAL_FILE_BYTES) {
      this.#file++;
      await this.#begin();
    }
    for (const { id, payload } of messages) {
      const idBytes = Buffer.from(id ?? '');
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeDoubleLE(receivedMs);
      head.writeUInt32LE(id === null ? NO_ID : idBytes.length, 8);
      head.writeInt32LE(payload?.length ?? -1, 12);
      const at = this.#length + HEAD_BYTES + idBytes.length;
      parts.push(head, idBytes, payload ?? Buffer.alloc(0));
      this.#length = at + (payload?.length ?? 0);
      kept.push({
        identity: identityOf(id, payload),
        receivedMs,
        file: this.#file,
        at,
        bytes: payload?.length ?? -1,
        joined: false,
        reported: false,
      });
    }
    const handle = this.#handle as FileHandle;
    await handle.appendFile(Buffer.concat(parts));
    await handle.datasync();
    for (const message of kept) this.#enter(message);
    this.#entered = this.#length;
  }

  /** All messages of an identity, in the order in which they came. */
  of(identity: string): readonly KeptMessage[] {
    return listOf(this.#byIdentity.get(identity) ?? []);
  }

  /** The first `n` messages that are kept, in the order in which they came. */
  first(n: number): readonly KeptMessage[] {
    const first: KeptMessage[] = [];
    for (const kept of this.#byIdentity.values()) {
      first.push(...listOf(kept));
      if (first.length >= n) break;
    }
    return first.slice(0, n);
  }

  payload({ file, at, bytes }: KeptMessage): Buffer | null {
    if (bytes < 0) return null;
    let descriptor = this.#descriptors.get(file);
    if (descriptor === undefined) {
      descriptor = openSync(this.#name(file), 'r');
      this.#descriptors.set(file, descriptor);
    }
    const payload = Buffer.allocUnsafe(bytes);
    if (readSync(descriptor, payload, 0, bytes, at) !== bytes) throw new Error(`${this.#name(file)} ends before ${at + bytes}`);
    return payload;
  }

  /** A minute has used the message. */
  join(message: KeptMessage): void {
    message.joined = true;
    this.#unused.delete(message);
  }

  /** When the first of the messages came that no minute has used, epoch ms; −Infinity: there is none. */
  get oldestUnusedMs(): number {
    for (const { receivedMs } of this.#unused) return receivedMs;
    return Number.NEGATIVE_INFINITY;
  }

  /** Messages that no minute has used, which came before `ms`. */
  *unused(ms: number): Iterable<KeptMessage> {
    for (const message of this.#unused) if (message.receivedMs < ms) yield message;
  }

  /**
   * Makes durable what is joined. Drops messages that came before `ms` and are joined or were reported, but for the last ones of all, and files that
   * hold no others: after an outage the bridge may write what it had in hand once more, and that is what came last.
   */
  async checkpoint(ms = 0): Promise<void> {
    this.#forget(ms);
    const checkpoint: Checkpoint = {
      sinceMs: this.#sinceMs,
      meeting: this.#meeting.record(),
      file: this.#file,
      length: this.#entered,
      open: [...this.#unused].map(({ file, at }) => [file, at] as const),
    };
    await writeFile(`${this.#checkpointFile}.part`, JSON.stringify(checkpoint));
    await rename(`${this.#checkpointFile}.part`, this.#checkpointFile);
    for (const name of await readdir(this.#folder)) {
      const file = /^\d+\.journal$/.test(name) ? Number.parseInt(name, 10) : -1;
      if (file >= 0 && file !== this.#file && !this.#perFile.has(file)) await this.#drop(file);
    }
  }

  /** Walks from the oldest on, as far as all is old. */
  #forget(ms: number): void {
    for (const [identity, kept] of this.#byIdentity) {
      const list = listOf(kept);
      if (this.#messages <= this.#keep || (list[0] as KeptMessage).receivedMs >= ms) return;
      const rest = list.filter(({ joined, reported, receivedMs }) => receivedMs >= ms || !(joined || reported));
      if (rest.length === list.length) continue;
      for (const message of list) if (!rest.includes(message)) this.#release(message);
      if (rest.length === 0) this.#byIdentity.delete(identity);
      else this.#byIdentity.set(identity, rest);
    }
  }

  #release(message: KeptMessage): void {
    this.#unused.delete(message);
    this.#messages--;
    const left = (this.#perFile.get(message.file) ?? 0) - 1;
    if (left > 0) this.#perFile.set(message.file, left);
    else this.#perFile.delete(message.file);
  }

  async #drop(file: number): Promise<void> {
    const descriptor = this.#descriptors.get(file);
    if (descriptor !== undefined) closeSync(descriptor);
    this.#descriptors.delete(file);
    await rm(this.#name(file), { force: true });
  }

  #enter(message: KeptMessage): void {
    this.#messages++;
    this.#perFile.set(message.file, (this.#perFile.get(message.file) ?? 0) + 1);
    if (!message.joined) this.#unused.add(message);
    const kept = this.#byIdentity.get(message.identity);
    if (kept === undefined) this.#byIdentity.set(message.identity, message);
    else if ('identity' in kept) this.#byIdentity.set(message.identity, [kept, message]);
    else kept.push(message);
  }

  async #checkpoint(): Promise<Checkpoint> {
    if (!existsSync(this.#checkpointFile)) return { sinceMs: null, meeting: null, file: -1, length: 0, open: [] };
    return JSON.parse(await readFile(this.#checkpointFile, 'utf8')) as Checkpoint;
  }

  async #scan(file: number, checkpoint: Checkpoint): Promise<void> {
    const bytes = await readFile(this.#name(file));
    const open = new Set(checkpoint.open.flatMap(([of, at]) => (of === file ? [at] : [])));
    for (let start = 0; start + HEAD_BYTES <= bytes.length; ) {
      const receivedMs = bytes.readDoubleLE(start);
      const idLength = bytes.readUInt32LE(start + 8);
      const length = bytes.readInt32LE(start + 12);
      const at = start + HEAD_BYTES + (idLength === NO_ID ? 0 : idLength);
      const end = at + Math.max(0, length);
      if (end > bytes.length) return;
      const id = idLength === NO_ID ? null : bytes.toString('utf8', start + HEAD_BYTES, at);
      const before = file < checkpoint.file || (file === checkpoint.file && at < checkpoint.length);
      const identity = identityOf(id, length < 0 ? null : bytes.subarray(at, end));
      this.#enter({ identity, receivedMs, file, at, bytes: length, joined: before && !open.has(at), reported: false });
      start = end;
    }
  }

  async #begin(): Promise<void> {
    await this.#handle?.close();
    this.#handle = await open(this.#name(this.#file), 'a');
    this.#length = 0;
    this.#entered = 0;
  }

  #name(file: number): string {
    return join(this.#folder, `${file}.journal`);
  }

  get #checkpointFile(): string {
    return join(this.#folder, 'checkpoint.json');
  }
}

function listOf(kept: KeptMessage | readonly KeptMessage[]): readonly KeptMessage[] {
  return 'identity' in kept ? [kept] : kept;
}
