import type { WantedAction } from './logic.ts';

/** Bytes of lines that are allocated at a time. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** No satisfaction. */
const NONE = -1;
const LINE_FEED = 0x0a;

/** A customer's score as its minute takes it. */
export interface Score {
  /** Satisfaction × 100; null: none. */
  readonly hundredths: number | null;
  readonly actions: readonly WantedAction[];
}

/**
 * Scores of a minute's customers that were computed before its seal, in the order of their keys. The lines are kept as bytes, which go to the minute's file as they
 * are: as texts, two hundred thousand of them would be copied by the collector until the minute is over.
 */
export class ScoredAhead {
  /** What changes from then on is scored again. */
  #epoch: number;
  readonly #keys: string[] = [];
  readonly #slots: number[] = [];
  readonly #hundredths: number[] = [];
  readonly #actions = new Map<number, readonly WantedAction[]>();
  /** By customer: its line's block, and where in it the line begins and ends. */
  readonly #places: number[] = [];
  readonly #blocks: Buffer[] = [];
  #used = BLOCK_BYTES;
  #at = 0;

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Adds a customer whose key comes after all others. @param line without its line end */
  add(key: string, slot: number, line: string, score: Score): void {
    this.#keys.push(key);
    this.#put(this.#keys.length - 1, slot, line, score);
  }

  /** Puts a customer's score in the place of the one that it has. */
  replace(index: number, slot: number, line: string, score: Score): void {
    this.#actions.delete(index);
    this.#put(index, slot, line, score);
  }

  /** All that has changed before `epoch` was replaced: it is asked from the first key on again. */
  renewed(epoch: number): void {
    this.#epoch = epoch;
    this.#at = 0;
  }

  #put(index: number, slot: number, line: string, { hundredths, actions }: Score): void {
    // A UTF-16 unit has at most three bytes.
    const most = line.length * 3 + 1;
    if (this.#used + most > (this.#blocks.at(-1)?.length ?? 0)) {
      this.#blocks.push(Buffer.allocUnsafe(Math.max(BLOCK_BYTES, most)));
      this.#used = 0;
    }
    const bytes = this.#blocks.at(-1) as Buffer;
    const end = this.#used + bytes.write(line, this.#used) + 1;
    bytes[end - 1] = LINE_FEED;
    if (actions.length > 0) this.#actions.set(index, actions);
    this.#slots[index] = slot;
    this.#hundredths[index] = hundredths ?? NONE;
    this.#places[3 * index] = this.#blocks.length - 1;
    this.#places[3 * index + 1] = this.#used;
    this.#places[3 * index + 2] = end;
    this.#used = end;
  }

  /**
   * The number of a customer's score; −1: it has none. Asked by ascending keys.
   *
   * @param precedes whether a key comes before another
   */
  find(key: string, precedes: (a: string, b: string) => boolean): number {
    while (this.#at < this.#keys.length && this.#keys[this.#at] !== key && precedes(this.#keys[this.#at] as string, key)) this.#at++;
    return this.#keys[this.#at] === key ? this.#at : -1;
  }

  /** The slot in which the customer of a score was when it was scored. */
  slot(index: number): number {
    return this.#slots[index] as number;
  }

  score(index: number): Score {
    const hundredths = this.#hundredths[index] as number;
    return { hundredths: hundredths === NONE ? null : hundredths, actions: this.#actions.get(index) ?? NOTHING_WANTED };
  }

  /** Where a line lies, with its line end: gives it to `take` with its block. */
  line(index: number, take: (block: Buffer, from: number, to: number) => void): void {
    const places = this.#places;
    const at = 3 * index;
    take(this.#blocks[places[at] as number] as Buffer, places[at + 1] as number, places[at + 2] as number);
  }
}

const NOTHING_WANTED: readonly WantedAction[] = [];
