/**
 * Small seeded generators. The simulator never asks `Math.random` or the clock: everything it makes is a function of
 * the seed and of what is made (a customer, a minute, a message's index), so any part can be made again on its own.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Mixes up to four integers into 32 well-spread bits (murmur3's finaliser over a multiplicative chain). */
export function hash32(a: number, b = 0, c = 0, d = 0): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 13)) + b, 0xc2b2ae35);
  h = Math.imul((h ^ (h >>> 16)) + c, 0x27d4eb2f);
  h = Math.imul((h ^ (h >>> 15)) + d, 0x165667b1);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a of a text's UTF-16 units: turns names into seeds. */
export function hashText(text: string): number {
  let h = FNV_OFFSET;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), FNV_PRIME);
  return h >>> 0;
}

/** mulberry32: 32 bits of state, passes gjrand; plenty for test data. */
export class Rng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An unsigned integer of 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A fraction in `[0, 1)`. */
  fraction(): number {
    return this.next() / 4_294_967_296;
  }

  /** An integer in `[0, bound)`. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  /** Whether an event of probability `p` happens. */
  chance(p: number): boolean {
    return this.fraction() < p;
  }
}
