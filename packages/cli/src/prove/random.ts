import { createHash } from 'node:crypto';

/**
 * Numbers drawn from a seed: SHA-256 over seed and a counter, so that the same seed gives the same draws on every machine. `fork` gives a
 * stream of draws of its own, so that one more draw here does not change what is drawn there.
 */
export class Random {
  readonly #seed: string;
  #block: Buffer = Buffer.alloc(0);
  #used = 0;
  #counter = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** A whole number in `[0, below)`, at most 2^32. */
  below(below: number): number {
    if (!(below >= 1)) throw new RangeError(`nothing can be drawn below ${below}`);
    return Math.floor(this.fraction() * below);
  }

  /** In `[0, 1)`, 32 bits. */
  fraction(): number {
    if (this.#used + 4 > this.#block.length) {
      this.#block = createHash('sha512')
        .update(`${this.#seed}\n${this.#counter++}`)
        .digest();
      this.#used = 0;
    }
    const value = this.#block.readUInt32BE(this.#used);
    this.#used += 4;
    return value / 2 ** 32;
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const mixed = [...items];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  }
}
