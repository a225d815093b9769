/** One measured number (design, section 8). `value` is null when the size that ran does not measure it; then `holds` is null too. */
export interface Figure {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  /** `<= 40`, `>= 20000`, `= 0`; null for a figure that is only shown. */
  readonly goal: string | null;
  readonly holds: boolean | null;
}

const GOAL = /^(<=|>=|=) (-?\d+(?:\.\d+)?)$/;

/** Makes a figure and judges it. Throws RangeError when `goal` is not a comparison with a number. */
export function figure(name: string, value: number | null, unit: string, goal: string | null = null): Figure {
  return { name, value, unit, goal, holds: goal === null || value === null ? null : holds(value, goal) };
}

/** Whether a value reaches a goal such as `<= 40`. NaN reaches none. */
export function holds(value: number, goal: string): boolean {
  const [, comparison, text] = GOAL.exec(goal) ?? [];
  if (comparison === undefined || text === undefined) throw new RangeError(`a goal compares with a number, as in "<= 40": ${goal}`);
  const bound = Number(text);
  if (comparison === '<=') return value <= bound;
  return comparison === '>=' ? value >= bound : value === bound;
}

/** The value below which `share` of the values lie, by nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Rounded to so many decimals, for people and files. */
export function rounded(value: number, places: number): number {
  return Number(value.toFixed(places));
}
