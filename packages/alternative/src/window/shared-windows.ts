import type { Project } from '../names.ts';
import { Records } from './records.ts';
import { type SharedKeys, slotOfBytes } from './shared-keys.ts';
import { StreamWindow, type WindowCells, type WindowStarts } from './stream-window.ts';

/** The windows of one iteration in memory that threads share; they stay as they are until the next one begins. */
export interface SharedWindows {
  readonly pages: readonly SharedArrayBuffer[];
  /** By stream. */
  readonly nodes: readonly (readonly SharedArrayBuffer[])[];
  readonly starts: WindowStarts;
  readonly keys: SharedKeys;
  /** By slot: the epoch in which an event of its customer came or went last. */
  readonly changed: Uint32Array<SharedArrayBuffer>;
}

/** Reads the windows that another thread keeps: what `Lookups.shared` names is this module. */
export class WindowReader {
  readonly #records = new Records();
  readonly #streams: readonly StreamWindow[];
  #shared: SharedWindows | null = null;

  constructor(project: Pick<Project, 'streams'>) {
    this.#streams = project.streams.map((stream) => new StreamWindow(stream, this.#records));
  }

  /** Reads those of another iteration from now on. */
  attach(shared: SharedWindows): void {
    this.#records.attach(shared.pages);
    for (const [index, stream] of this.#streams.entries()) stream.attach(shared.nodes[index] ?? []);
    this.#shared = shared;
  }

  /** Customers with an accepted event in the last hour. */
  get customers(): number {
    let customers = 0;
    for (const entry of this.#at().keys.table) if (entry !== 0) customers++;
    return customers;
  }

  /** Where the windows are kept of the customer whose key is UTF-8 in bytes[from, to); −1: it has none. */
  slotOf(bytes: Uint8Array, from: number, to: number): number {
    return slotOfBytes(this.#at().keys, bytes, from, to);
  }

  /** Whether an event of the customer in a slot came or went since an epoch began (`Lookups.mark`), or the slot has another customer. */
  changedSince(slot: number, epoch: number): boolean {
    return (this.#at().changed[slot] as number) >= epoch;
  }

  /** All that is kept of both windows of a customer, written over what is given; of slot −1 what a customer without events has. */
  windowCells(slot: number, stream: number, hour: WindowCells, last: WindowCells): void {
    (this.#streams[stream] as StreamWindow).readAll(slot, this.#at().starts, hour, last);
  }

  #at(): SharedWindows {
    if (this.#shared === null) throw new Error('no iteration is at hand');
    return this.#shared;
  }
}
