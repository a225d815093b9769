/** The canonical text of an output line (contract, section 9). */
import { formatDecimal } from './numbers.ts';
import { compareParts } from './order.ts';
import { formatMicros } from './time.ts';

/** Besides text, integers and booleans: a decimal, and a timestamp in microseconds. */
export type Value = null | string | bigint | boolean | { readonly unscaled: bigint; readonly places: number } | { readonly micros: bigint };

export interface Line {
  /** What the lines are sorted by, as UTF-8 bytes. */
  readonly order: readonly string[];
  readonly text: string;
}

function valueText(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return JSON.stringify(value);
  return JSON.stringify('micros' in value ? formatMicros(value.micros) : formatDecimal(value));
}

export function line(order: readonly string[], members: Iterable<readonly [string, Value]>): Line {
  const parts = [...members].map(([name, value]) => `${JSON.stringify(name)}:${valueText(value)}`);
  return { order, text: `{${parts.join(',')}}` };
}

/** Sorted lines, each with its line end. */
export function fileText(lines: readonly Line[]): string {
  return [...lines]
    .sort((a, b) => compareParts(a.order, b.order))
    .map(({ text }) => `${text}\n`)
    .join('');
}
