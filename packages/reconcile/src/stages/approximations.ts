import type { Project } from '@parallax/core';

/** A number as it is written: unscaled ÷ 10^places. */
interface Decimal {
  readonly unscaled: bigint;
  readonly places: number;
}

/** The columns that a project declares approximate (contract, section 5): they are equal within their tolerance, all others exactly. */
export class Approximations {
  readonly #columns: ReadonlyMap<string, { readonly tolerance: Decimal; readonly band: readonly [Decimal, Decimal] | null }>;

  constructor({ approximate }: Pick<Project, 'approximate'>) {
    this.#columns = new Map(
      approximate.map(({ column, tolerance, band }) => [
        column,
        { tolerance: declared(tolerance), band: band === null ? null : ([declared(band[0]), declared(band[1])] as const) },
      ]),
    );
  }

  get hasBands(): boolean {
    return [...this.#columns.values()].some(({ band }) => band !== null);
  }

  /** Whether two values, as JSON texts, count as the same. */
  isEqual(column: string, a: string | undefined, b: string | undefined): boolean {
    if (a === b) return true;
    const known = this.#columns.get(column);
    if (known === undefined || a === undefined || b === undefined) return false;
    const [x, y] = [numberOf(a), numberOf(b)];
    if (x === null || y === null) return false;
    const distance = minus(x, y);
    return compare({ ...distance, unscaled: distance.unscaled < 0n ? -distance.unscaled : distance.unscaled }, known.tolerance) <= 0;
  }

  /** Whether a row has a column whose value lies in its band: what depends on it may fall either way. */
  isInBand(row: ReadonlyMap<string, string>): boolean {
    for (const [column, { band }] of this.#columns) {
      const value = numberOf(row.get(column) ?? 'null');
      if (band !== null && value !== null && compare(value, band[0]) >= 0 && compare(value, band[1]) <= 0) return true;
    }
    return false;
  }
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/** The number in a JSON text, exactly as written; null when it is none, as of NaN. */
function numberOf(json: string): Decimal | null {
  const match = NUMBER.exec(json.startsWith('"') ? json.slice(1, -1) : json);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const places = fraction.length - Number(exponent);
  return places >= 0 ? { unscaled: digits, places } : { unscaled: digits * 10n ** BigInt(-places), places: 0 };
}

function declared(text: string): Decimal {
  const value = numberOf(text);
  if (value === null) throw new RangeError(`no number: ${text}`);
  return value;
}

function minus(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places);
  return { unscaled: a.unscaled * 10n ** BigInt(places - a.places) - b.unscaled * 10n ** BigInt(places - b.places), places };
}

function compare(a: Decimal, b: Decimal): number {
  const { unscaled } = minus(a, b);
  return unscaled < 0n ? -1 : unscaled > 0n ? 1 : 0;
}
