import type { Project } from '@parallax/core';

/** The columns that a project declares approximate (contract, section 5): they are equal within their tolerance, all others exactly. */
export class Approximations {
  readonly #columns: ReadonlyMap<string, { readonly tolerance: number; readonly band: readonly [number, number] | null }>;

  constructor({ approximate }: Pick<Project, 'approximate'>) {
    this.#columns = new Map(
      approximate.map(({ column, tolerance, band }) => [
        column,
        { tolerance: Number(tolerance), band: band === null ? null : ([Number(band[0]), Number(band[1])] as const) },
      ]),
    );
  }

  get hasBands(): boolean {
    return [...this.#columns.values()].some(({ band }) => band !== null);
  }

  /** Whether two values, as JSON texts, count as the same. */
  isEqual(column: string, a: string | undefined, b: string | undefined): boolean {
    if (a === b) return true;
    const declared = this.#columns.get(column);
    if (declared === undefined || a === undefined || b === undefined) return false;
    const [x, y] = [numberOf(a), numberOf(b)];
    return x !== null && y !== null && Math.abs(x - y) <= declared.tolerance;
  }

  /** Whether a row has a column whose value lies in its band: what depends on it may fall either way. */
  isInBand(row: ReadonlyMap<string, string>): boolean {
    for (const [column, { band }] of this.#columns) {
      const value = numberOf(row.get(column) ?? 'null');
      if (band !== null && value !== null && value >= band[0] && value <= band[1]) return true;
    }
    return false;
  }
}

/** The number in a JSON text; null when it is none, or not finite. */
function numberOf(json: string): number | null {
  if (json === 'null') return null;
  const value = Number(json.startsWith('"') ? json.slice(1, -1) : json);
  return Number.isFinite(value) ? value : null;
}
