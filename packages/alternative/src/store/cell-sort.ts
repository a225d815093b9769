import type { AcceptedEvents } from '../accept/accepted-events.ts';
import { SORTED_BYTES } from '../limits.ts';
import { CELLS, cellOfHash } from './bucket.ts';
import type { EventReader } from './event-codec.ts';

const MINUTE_US = 60_000_000;

/** Some events of one event minute as they are stored, sorted by the customers' cells, in each in the order in which they came. */
export interface SortedPart {
  readonly minute: number;
  /** Valid until the next part. */
  readonly bytes: Buffer;
  /** With the minute's first part: where each cell of all of them ends, bytes from the first one's beginning; null with the others. */
  readonly ends: Uint32Array | null;
}

/** The cells `[from, to)` of an event minute; their bytes begin at `start` in what is sorted together. */
interface Piece {
  readonly minute: number;
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Sorts the events of an iteration by their minute and cell: counted, then placed, about SORTED_BYTES of them at a time, each time by a pass over all. No place of any event
 * is kept.
 */
export class CellSort {
  #sorted = Buffer.alloc(0);

  /** @param oldest earlier minutes are left out */
  async *parts(events: AcceptedEvents, oldest: number): AsyncIterable<SortedPart> {
    const ends = await endsOf(events, oldest);
    for (const pieces of together(ends)) {
      const bytes = await this.#placed(events, pieces, ends);
      for (const { minute, from, start, end } of pieces) {
        yield { minute, bytes: bytes.subarray(start, end), ends: from === 0 ? (ends.get(minute) as Uint32Array) : null };
      }
    }
  }

  async #placed(events: AcceptedEvents, pieces: readonly Piece[], ends: ReadonlyMap<number, Uint32Array>): Promise<Buffer> {
    const size = pieces.at(-1)?.end ?? 0;
    if (this.#sorted.length < size) this.#sorted = Buffer.allocUnsafeSlow(size);
    const sorted = this.#sorted;
    const ofMinute = new Map(
      pieces.map((piece) => [piece.minute, { ...piece, next: nexts(piece, ends.get(piece.minute) as Uint32Array) }]),
    );
    await events.each((event, from, to) => {
      const piece = ofMinute.get(minuteOf(event));
      if (piece === undefined) return;
      const cell = cellOfHash(event.keyHash);
      if (cell < piece.from || cell >= piece.to) return;
      const at = piece.next[cell - piece.from] as number;
      event.copy(sorted, at);
      piece.next[cell - piece.from] = at + to - from;
    });
    return sorted;
  }
}

function minuteOf({ time }: EventReader): number {
  return Math.floor(time / MINUTE_US);
}

/** By minute: where each cell ends when all of the minute's events lie one after the other, bytes. In the order of the minutes. */
async function endsOf(events: AcceptedEvents, oldest: number): Promise<ReadonlyMap<number, Uint32Array>> {
  const found = new Map<number, Uint32Array>();
  await events.each((event, from, to) => {
    const minute = minuteOf(event);
    if (minute < oldest) return;
    let cells = found.get(minute);
    if (cells === undefined) {
      cells = new Uint32Array(CELLS);
      found.set(minute, cells);
    }
    const cell = cellOfHash(event.keyHash);
    cells[cell] = (cells[cell] as number) + to - from;
  });
  for (const cells of found.values())
    for (let cell = 1; cell < CELLS; cell++) cells[cell] = (cells[cell] as number) + (cells[cell - 1] as number);
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** Which cells of which minutes are sorted together: as many as SORTED_BYTES hold, but one at least. */
function* together(ends: ReadonlyMap<number, Uint32Array>): Iterable<readonly Piece[]> {
  let pieces: Piece[] = [];
  let size = 0;
  for (const [minute, cells] of ends) {
    for (let from = 0; from < CELLS; ) {
      const before = from === 0 ? 0 : (cells[from - 1] as number);
      let to = from;
      while (to < CELLS && size + (cells[to] as number) - before <= SORTED_BYTES) to++;
      if (to === from && size === 0) to++;
      if (to > from) {
        const end = size + (cells[to - 1] as number) - before;
        pieces.push({ minute, from, to, start: size, end });
        size = end;
        from = to;
      }
      if (to < CELLS) {
        yield pieces;
        [pieces, size] = [[], 0];
      }
    }
  }
  if (pieces.length > 0) yield pieces;
}

/** Where the next event of each cell of a piece goes. */
function nexts({ from, to, start }: Piece, ends: Uint32Array): Float64Array {
  const before = from === 0 ? 0 : (ends[from - 1] as number);
  return Float64Array.from({ length: to - from }, (_, i) => start + (i === 0 ? 0 : (ends[from + i - 1] as number) - before));
}
