const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A bar whose full length is `width` columns at `most`, to an eighth of a column; anything above zero is visible. */
export function bar(value: number, most: number, width: number): string {
  if (value <= 0 || most <= 0 || width <= 0) return '';
  const eighths = Math.max(1, Math.round(Math.min(1, value / most) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** A column a value, from `low` to `high`; a blank for null. */
export function sparkline(values: readonly (number | null)[], low: number, high: number): string {
  const range = Math.max(high - low, Number.EPSILON);
  return values
    .map((value) => {
      if (value === null) return ' ';
      const level = Math.floor((Math.min(Math.max(value, low), high) - low) * (LEVELS.length / range));
      return LEVELS[Math.min(LEVELS.length - 1, level)] ?? ' ';
    })
    .join('');
}

/**
 * How many of `width` columns each of `parts` gets in proportion: together exactly `width` (largest remainder), unless all are zero.
 */
export function shares(parts: readonly number[], width: number): readonly number[] {
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (total <= 0) return parts.map(() => 0);
  const exact = parts.map((part) => (part / total) * width);
  const columns = exact.map(Math.floor);
  const left = width - columns.reduce((sum, n) => sum + n, 0);
  const byRemainder = exact.map((value, i) => ({ i, rest: value - Math.floor(value) })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of byRemainder.slice(0, left)) columns[i] = (columns[i] ?? 0) + 1;
  return columns;
}
