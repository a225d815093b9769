import { padEnd, widthOf } from './text.ts';

/** Rows below their heads, each column as wide as its widest cell, every line two columns in. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, i) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[i] ?? ''))));
  return [head, ...rows].map((row) => `  ${row.map((cell, i) => padEnd(cell, widths[i] ?? 0)).join('  ')}`.trimEnd());
}
