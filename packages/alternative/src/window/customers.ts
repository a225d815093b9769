import { type SharedKeys, sharedKeys } from './shared-keys.ts';

/** The customers that have an accepted event in the last hour, each with a slot for its state; a slot is used again when its customer is gone. */
export class Customers {
  readonly #slots = new Map<string, number>();
  #keys: (string | null)[] = [];
  #events = new Uint32Array(1024);
  /** By slot: the epoch in which an event of its customer came or went last. Threads read it. */
  #changed = sharedList(1024);
  #epoch = 1;
  readonly #free: number[] = [];
  /** Who has come and gone since `turnover`. */
  #come = new Set<string>();
  #gone = new Set<string>();
  /** Null: somebody has come or gone since it was made. */
  #shared: SharedKeys | null = null;

  /** −1 when the customer has none. */
  slotOf(key: string): number {
    return this.#slots.get(key) ?? -1;
  }

  get size(): number {
    return this.#slots.size;
  }

  keys(): IterableIterator<string> {
    return this.#slots.keys();
  }

  /** Who has come and who has gone since it was called last. */
  turnover(): { readonly come: ReadonlySet<string>; readonly gone: ReadonlySet<string> } {
    const turnover = { come: this.#come, gone: this.#gone };
    this.#come = new Set();
    this.#gone = new Set();
    return turnover;
  }

  /** Their keys and slots, for other threads. */
  shared(): SharedKeys {
    this.#shared ??= sharedKeys(this.#keys);
    return this.#shared;
  }

  /** By slot, for other threads: the epoch of the last change, until a customer comes for whom there is no slot. */
  get changed(): Uint32Array<SharedArrayBuffer> {
    return this.#changed;
  }

  /** Begins another epoch; returns it. */
  mark(): number {
    return ++this.#epoch;
  }

  /** Whether an event of the customer in a slot came or went since an epoch began, or the slot has another customer. */
  changedSince(slot: number, epoch: number): boolean {
    return (this.#changed[slot] as number) >= epoch;
  }

  /** Counts an event that enters, and returns its customer's slot. */
  enter(key: string): number {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#keys.push(null) - 1;
      this.#keys[slot] = key;
      this.#slots.set(key, slot);
      if (!this.#gone.delete(key)) this.#come.add(key);
      this.#shared = null;
      if (slot >= this.#events.length) {
        const slots = 2 * this.#events.length;
        this.#events = copied(this.#events, new Uint32Array(slots));
        this.#changed = copied(this.#changed, sharedList(slots));
      }
    }
    this.#events[slot] = (this.#events[slot] as number) + 1;
    this.#changed[slot] = this.#epoch;
    return slot;
  }

  /** Counts an event that leaves, and returns its customer's slot. */
  leave(key: string): number {
    const slot = this.#slots.get(key);
    if (slot === undefined || this.#events[slot] === 0) throw new Error(`an event of a customer leaves that never entered`);
    this.#events[slot] = (this.#events[slot] as number) - 1;
    this.#changed[slot] = this.#epoch;
    return slot;
  }

  isEmpty(slot: number): boolean {
    return this.#events[slot] === 0;
  }

  /** Gives the slot of a customer without events back; returns its key. */
  close(slot: number): string {
    const key = this.#keys[slot];
    if (key == null || !this.isEmpty(slot)) throw new Error(`slot ${slot} is in use or closed`);
    this.#slots.delete(key);
    this.#keys[slot] = null;
    this.#changed[slot] = this.#epoch;
    this.#free.push(slot);
    if (!this.#come.delete(key)) this.#gone.add(key);
    this.#shared = null;
    return key;
  }
}

function sharedList(length: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer(4 * length));
}

function copied<List extends Uint32Array>(list: Uint32Array, larger: List): List {
  larger.set(list);
  return larger;
}
