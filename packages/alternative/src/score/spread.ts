/** How satisfied a minute's customers are. Each is null when nobody has a satisfaction. */
export interface Spread {
  readonly mean: number | null;
  readonly p10: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
}

const HUNDREDTHS = 10_001;

/** Counts satisfactions, 0.00 to 100.00, each by itself: mean and percentiles are exact, whatever their number. For people, not for verdicts. */
export class SpreadCounter {
  readonly #counts = new Float64Array(HUNDREDTHS);
  #customers = 0;
  #sum = 0;

  /** @param hundredths the satisfaction × 100 */
  add(hundredths: number): void {
    this.#counts[hundredths] = (this.#counts[hundredths] as number) + 1;
    this.#customers++;
    this.#sum += hundredths;
  }

  /** The mean to four decimals, percentiles to two, between two customers by their distance. */
  spread(): Spread {
    if (this.#customers === 0) return { mean: null, p10: null, p50: null, p90: null };
    const mean = Math.round((this.#sum * 100) / this.#customers) / 10_000;
    return { mean, p10: this.#percentile(0.1), p50: this.#percentile(0.5), p90: this.#percentile(0.9) };
  }

  #percentile(share: number): number {
    const position = share * (this.#customers - 1);
    const low = Math.floor(position);
    const [below, above] = [this.#at(low), this.#at(Math.min(low + 1, this.#customers - 1))];
    return Math.round(below + (above - below) * (position - low)) / 100;
  }

  /** The hundredths of the customer at a rank, counted from 0. */
  #at(rank: number): number {
    let left = rank;
    for (let hundredths = 0; hundredths < HUNDREDTHS; hundredths++) {
      left -= this.#counts[hundredths] as number;
      if (left < 0) return hundredths;
    }
    throw new RangeError(`no customer ${rank} of ${this.#customers}`);
  }
}
