import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JOURNAL_FILE_BYTES } from './limits.ts';
import { identityOf, type QueueMessage } from './queue-message.ts';

/** One message of the own queue, on disk. */
export interface KeptMessage {
  readonly identity: string;
  readonly id: string | null;
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
  readonly sinceMs: number;
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
  readonly #byIdentity = new Map<string, KeptMessage[]>();
  #sinceMs = 0;
  #file = 0;
  #length = 0;
  #handle: FileHandle | null = null;
  readonly #descriptors = new Map<number, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Since when the queue keeps messages for this side, epoch ms. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** @param nowMs taken as the beginning when there is no journal yet */
  async open(nowMs: number): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const checkpoint = await this.#checkpoint(nowMs);
    this.#sinceMs = checkpoint.sinceMs;
    const files = (await readdir(this.#folder)).flatMap((name) => (/^\d+\.journal$/.test(name) ? [Number.parseInt(name, 10)] : []));
    for (const file of files.sort((a, b) => a - b)) await this.#scan(file, checkpoint);
    // What a crash has cut off at the end is not overwritten: the next file goes on.
    this.#file = Math.max(-1, ...files) + 1;
    await this.#begin();
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
        id,
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
  }

  /** All messages of an identity, in the order in which they came. */
  of(identity: string): readonly KeptMessage[] {
    return this.#byIdentity.get(identity) ?? [];
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
  }

  /** Messages that no minute has used, which came before `ms`. */
  *unused(ms: number): Iterable<KeptMessage> {
    for (const list of this.#byIdentity.values()) for (const message of list) if (!message.joined && message.receivedMs < ms) yield message;
  }

  /** Makes durable what is joined; drops messages that are joined or were reported and came before `ms`, and files that hold no others. */
  async checkpoint(ms = 0): Promise<void> {
    const open: [number, number][] = [];
    const kept = new Set<number>([this.#file]);
    for (const [identity, list] of this.#byIdentity) {
      // A redelivery through the bridge may come a little later: what is joined stays as long as that.
      const rest = list.filter(({ joined, reported, receivedMs }) => receivedMs >= ms || !(joined || reported));
      if (rest.length === 0) this.#byIdentity.delete(identity);
      else if (rest.length < list.length) this.#byIdentity.set(identity, rest);
      for (const { file, at, joined } of rest) {
        kept.add(file);
        if (!joined) open.push([file, at]);
      }
    }
    const checkpoint: Checkpoint = { sinceMs: this.#sinceMs, file: this.#file, length: this.#length, open };
    await writeFile(`${this.#checkpointFile}.part`, JSON.stringify(checkpoint));
    await rename(`${this.#checkpointFile}.part`, this.#checkpointFile);
    for (const name of await readdir(this.#folder)) {
      const file = /^\d+\.journal$/.test(name) ? Number.parseInt(name, 10) : -1;
      if (file >= 0 && !kept.has(file)) await this.#drop(file);
    }
  }

  async #drop(file: number): Promise<void> {
    const descriptor = this.#descriptors.get(file);
    if (descriptor !== undefined) closeSync(descriptor);
    this.#descriptors.delete(file);
    await rm(this.#name(file), { force: true });
  }

  #enter(message: KeptMessage): void {
    const list = this.#byIdentity.get(message.identity);
    if (list === undefined) this.#byIdentity.set(message.identity, [message]);
    else list.push(message);
  }

  async #checkpoint(nowMs: number): Promise<Checkpoint> {
    if (!existsSync(this.#checkpointFile)) return { sinceMs: nowMs, file: -1, length: 0, open: [] };
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
      this.#enter({ identity, id, receivedMs, file, at, bytes: length, joined: before && !open.has(at), reported: false });
      start = end;
    }
  }

  async #begin(): Promise<void> {
    await this.#handle?.close();
    this.#handle = await open(this.#name(this.#file), 'a');
    this.#length = 0;
  }

  #name(file: number): string {
    return join(this.#folder, `${file}.journal`);
  }

  get #checkpointFile(): string {
    return join(this.#folder, 'checkpoint.json');
  }
}
