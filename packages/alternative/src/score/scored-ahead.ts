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
  /** Begins with the first of them: what changes from then on is scored again. */
  readonly epoch: number;
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
    this.epoch = epoch;
  }

  /** Adds a customer whose key comes after all others. @param line without its line end */
  add(key: string, slot: number, line: string, { hundredths, actions }: Score): void {
    // A UTF-16 unit has at most three bytes.
    const most = line.length * 3 + 1;
    if (this.#used + most > (this.#blocks.at(-1)?.length ?? 0)) {
      this.#blocks.push(Buffer.allocUnsafe(Math.max(BLOCK_BYTES, most)));
      this.#used = 0;
    }
    const bytes = this.#blocks.at(-1) as Buffer;
    const end = this.#used + bytes.write(line, this.#used) + 1;
    bytes[end - 1] = LINE_FEED;
    if (actions.length > 0) this.#actions.set(this.#keys.length, actions);
    this.#keys.push(key);
    this.#slots.push(slot);
    this.#hundredths.push(hundredths ?? NONE);
    this.#places.push(this.#blocks.length - 1, this.#used, end);
    this.#used = end;
  }

  /**
   * The number of a customer's score, if it still holds; −1: it is to be scored. Asked by ascending keys.
   *
   * @param precedes whether a key comes before another
   * @param holds whether nothing has changed for the customer in a slot
   */
  find(key: string, precedes: (a: string, b: string) => boolean, holds: (slot: number, key: string) => boolean): number {
    while (this.#at < this.#keys.length && this.#keys[this.#at] !== key && precedes(this.#keys[this.#at] as string, key)) this.#at++;
    return this.#keys[this.#at] === key && holds(this.#slots[this.#at] as number, key) ? this.#at : -1;
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
