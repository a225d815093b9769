import type { Project } from '@parallax/core';
import type { WindowName } from '@parallax/core/view-columns.ts';
import type { WindowCells } from '../sides.ts';
import { layoutOf, type StreamLayout } from '../spark-side/layout.ts';
import type { RunCursor } from '../spark-side/run-cursor.ts';
import { StateMatch } from '../spark-side/state-match.ts';

/** What a run that has no state of a stream is read from. */
const NOTHING = new Uint8Array(0);

/** Reads all that the alternative keeps of a customer's windows of a stream. */
export type ReadCells = (slot: number, stream: number, hour: WindowCells, last: WindowCells) => void;

/** Holds packed windows of a customer against what the alternative keeps of it, number by number as their bytes are read. */
export class WindowMatch {
  readonly #layouts: readonly StreamLayout[];
  readonly #read: ReadCells;
  /** By stream: what the alternative keeps of the windows of the customer at hand. */
  readonly #cells: readonly Readonly<Record<WindowName, WindowCells>>[];
  readonly #match = new StateMatch();

  constructor(project: Pick<Project, 'streams'>, read: ReadCells) {
    this.#layouts = layoutOf(project).streams;
    this.#read = read;
    this.#cells = this.#layouts.map(({ keeps }) => ({ hour_to_date: cellsOf(keeps.length), last_hour: cellsOf(keeps.length) }));
  }

  /** Whether both windows of a stream say the very same on both sides. False says nothing yet: see `StateMatch`. */
  isEqual(slot: number, stream: number, hour: RunCursor | null, last: RunCursor | null): boolean {
    const { hour_to_date, last_hour } = this.#cells[stream] as Readonly<Record<WindowName, WindowCells>>;
    this.#read(slot, stream, hour_to_date, last_hour);
    return this.#isEqual(stream, hour, hour_to_date) && this.#isEqual(stream, last, last_hour);
  }

  #isEqual(stream: number, run: RunCursor | null, cells: WindowCells): boolean {
    const { bytes, from, to } = stateOf(run, stream);
    return this.#match.isEqual(bytes, from, to, this.#layouts[stream] as StreamLayout, cells);
  }
}

/** Where the state of a stream lies of the customer that a run is at; null is a run without the customer. */
export function stateOf(run: RunCursor | null, stream: number): { readonly bytes: Uint8Array; readonly from: number; readonly to: number } {
  if (run === null) return { bytes: NOTHING, from: 0, to: 0 };
  return { bytes: run.bytes, from: run.stateStart[stream] as number, to: run.stateEnd[stream] as number };
}

function cellsOf(variables: number): WindowCells {
  const cells = () => new Float64Array(variables).fill(Number.NaN);
  return { count: cells(), sum: cells(), min: cells(), max: cells(), last: cells() };
}
