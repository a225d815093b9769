import { ParallaxError } from '@parallax/core';
import type { SatisfactionSummary } from '../outcome.ts';

const HUNDREDTHS_MAX = 10_000;
const BINS = 10;

/**
 * Looks at every result row of a minute as it is written, in the order of the keys: one row a customer, satisfactions within 0–100, and how
 * they are spread. Satisfactions are hundredths; each value is counted by itself, so mean and percentiles are exact.
 */
export class ResultCheck {
  readonly #counts = new Float64Array(HUNDREDTHS_MAX + 1);
  #rows = 0;
  #withoutKey = 0;
  #repeated = 0;
  #outside = 0;
  #example: string | null = null;
  #scored = 0;
  #sum = 0;
  #previous: string | null = null;
  #removed = 0;

  /** Rows that it was shown, without those that were taken back. */
  get rows(): number {
    return this.#rows;
  }

  /** Rows that were taken back. */
  get removed(): number {
    return this.#removed;
  }

  add(key: string | null, hundredths: number | null): void {
    this.#rows += 1;
    if (key === null) this.#withoutKey += 1;
    else if (key === this.#previous) this.#repeated += 1;
    this.#previous = key;
    if (hundredths === null) return;
    if (hundredths < 0 || hundredths > HUNDREDTHS_MAX) {
      this.#outside += 1;
      this.#example ??= key;
      return;
    }
    this.#counts[hundredths] = (this.#counts[hundredths] as number) + 1;
    this.#scored += 1;
    this.#sum += hundredths;
  }

  /** Takes back a row that was added, which was sound. */
  remove(hundredths: number | null): void {
    this.#rows -= 1;
    this.#removed += 1;
    if (hundredths === null) return;
    this.#counts[hundredths] = (this.#counts[hundredths] as number) - 1;
    this.#scored -= 1;
    this.#sum -= hundredths;
  }

  /** Another one that has seen the same rows; of it none was taken back yet. */
  copy(): ResultCheck {
    const copy = new ResultCheck();
    copy.#counts.set(this.#counts);
    copy.#rows = this.#rows;
    copy.#withoutKey = this.#withoutKey;
    copy.#repeated = this.#repeated;
    copy.#outside = this.#outside;
    copy.#example = this.#example;
    copy.#scored = this.#scored;
    copy.#sum = this.#sum;
    return copy;
  }

  /** Throws PRLX_RESULTS when `satisfaction.sql` multiplies customers, loses a key, or gives a satisfaction outside 0–100. */
  summary(): SatisfactionSummary {
    this.#refuse();
    return {
      scored: this.#scored,
      mean: this.#scored === 0 ? null : fixed(this.#sum * 100, this.#scored, 4),
      p10: this.#percentile(1),
      p50: this.#percentile(5),
      p90: this.#percentile(9),
      histogram: Array.from({ length: BINS }, (_, bin) =>
        this.#between(bin * 1_000, bin === BINS - 1 ? HUNDREDTHS_MAX : bin * 1_000 + 999),
      ),
    };
  }

  #refuse(): void {
    if (this.#withoutKey > 0 || this.#repeated > 0) {
      const customers = this.#rows - this.#repeated - this.#withoutKey;
      const keyless = this.#withoutKey > 0 ? `, ${this.#withoutKey} of them without a key` : '';
      throw new ParallaxError('PRLX_RESULTS', `satisfaction.sql returned ${this.#rows} rows for ${customers} customers${keyless}`, {
        exitCode: 2,
        advice: 'It must return one row a customer; look for a join that multiplies rows.',
      });
    }
    if (this.#outside > 0) {
      throw new ParallaxError(
        'PRLX_RESULTS',
        `satisfaction.sql gave ${this.#outside} customers a satisfaction outside 0–100, ${this.#example} among them`,
        { exitCode: 2, advice: 'Bound it: GREATEST(0, LEAST(100, …)).' },
      );
    }
  }

  #between(low: number, high: number): number {
    let n = 0;
    for (let value = low; value <= high; value++) n += this.#counts[value] as number;
    return n;
  }

  /** With two decimals, between two customers by their distance. */
  #percentile(tenths: number): string | null {
    if (this.#scored === 0) return null;
    const position = tenths * (this.#scored - 1);
    const rank = Math.floor(position / 10);
    const below = this.#at(rank);
    const above = this.#at(Math.min(rank + 1, this.#scored - 1));
    return fixed(below * 10 + (above - below) * (position - rank * 10), 10, 2);
  }

  /** The hundredths of the customer at a rank, counted from 0. */
  #at(rank: number): number {
    let left = rank;
    for (let value = 0; value <= HUNDREDTHS_MAX; value++) {
      left -= this.#counts[value] as number;
      if (left < 0) return value;
    }
    throw new RangeError(`no customer ${rank} of ${this.#scored}`);
  }
}

/** num ÷ den, neither negative, rounded half up, as text with `places` decimals: the quotient counts units of the last place. */
function fixed(num: number, den: number, places: number): string {
  const units = Math.floor((2 * num + den) / (2 * den));
  const digits = String(units).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
