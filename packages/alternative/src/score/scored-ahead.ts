import type { WantedAction } from './logic.ts';

/** Bytes of lines that are allocated at a time. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** No satisfaction. */
const NONE = -1;

/** A customer's score that was computed before its minute was sealed. */
export interface AheadScore {
  /** The result line. */
  readonly line: string;
  /** Satisfaction × 100; null: none. */
  readonly hundredths: number | null;
  readonly actions: readonly WantedAction[];
}

/**
 * Scores of a minute's customers that were computed before its seal, in the order of their keys. The lines are kept as bytes: as texts, two hundred thousand of
 * them would be copied by the collector until the minute is over.
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

  /** Adds a customer whose key comes after all others. */
  add(key: string, slot: number, { line, hundredths, actions }: AheadScore): void {
    // A UTF-16 unit has at most three bytes.
    const most = line.length * 3;
    if (this.#used + most > (this.#blocks.at(-1)?.length ?? 0)) {
      this.#blocks.push(Buffer.allocUnsafe(Math.max(BLOCK_BYTES, most)));
      this.#used = 0;
    }
    const block = this.#blocks.length - 1;
    const end = this.#used + (this.#blocks[block] as Buffer).write(line, this.#used);
    if (actions.length > 0) this.#actions.set(this.#keys.length, actions);
    this.#keys.push(key);
    this.#slots.push(slot);
    this.#hundredths.push(hundredths ?? NONE);
    this.#places.push(block, this.#used, end);
    this.#used = end;
  }

  /**
   * The score of a customer, if it still holds; null: it is to be scored. Asked by ascending keys.
   *
   * @param precedes whether a key comes before another
   * @param holds whether nothing has changed for the customer in a slot
   */
  take(key: string, precedes: (a: string, b: string) => boolean, holds: (slot: number, key: string) => boolean): AheadScore | null {
    while (this.#at < this.#keys.length && this.#keys[this.#at] !== key && precedes(this.#keys[this.#at] as string, key)) this.#at++;
    const at = this.#at;
    if (this.#keys[at] !== key || !holds(this.#slots[at] as number, key)) return null;
    const [block = 0, from = 0, to = 0] = [this.#places[3 * at], this.#places[3 * at + 1], this.#places[3 * at + 2]];
    const hundredths = this.#hundredths[at] as number;
    return {
      line: (this.#blocks[block] as Buffer).toString('utf8', from, to),
      hundredths: hundredths === NONE ? null : hundredths,
      actions: this.#actions.get(at) ?? NOTHING_WANTED,
    };
  }
}

const NOTHING_WANTED: readonly WantedAction[] = [];
