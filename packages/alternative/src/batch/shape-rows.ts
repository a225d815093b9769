import { ParallaxError } from '@parallax/core';
import type { BatchTable } from '../names.ts';
import { compareDecimals, type Decimal, formatDecimal, parseCell, powerOfTen } from '../parse/decimal.ts';
import { compareUtf8 } from '../parse/text.ts';

/** The cells of a row; null is null. */
export type Cells = readonly (string | null)[];

/** How the values of a stored column compare, where their texts do not say: exact numbers, doubles, or all else, as UTF-8 bytes. */
export type CellOrder = 'exact' | 'double' | 'other';

/** What a table's rows are made of. */
export interface StoredShape {
  readonly table: BatchTable;
  /** The wanted names; the key is the first. */
  readonly names: readonly string[];
  /** How each stored cell compares; the key's is the first. */
  readonly orders: readonly CellOrder[];
  /** What an error names: `<source>.<table>`. */
  readonly place: string;
}

/**
 * The rows that a table has of one customer, of the declared names, made of all that its store has. There is more than one where
 * no single one can be made, as of a type that stands twice: a key that stands twice is kept aside by the rule for it. (docs/contract.md, section 12)
 */
export type RowsOfCustomer = (rows: readonly Cells[]) => readonly Cells[];

/** How the table's shape is undone. Throws PRLX_BATCH_SHAPE (exit code 2) for numbers that the store does not keep as such. */
export function rowsOfCustomer(shape: StoredShape): RowsOfCustomer {
  const declared = shape.table.shape;
  switch (declared.kind) {
    case 'rows':
      return (rows) => rows;
    case 'latest':
      return latest(shape.names.length, shape.orders.at(-1) ?? 'other');
    case 'long':
      return pivoted(shape);
    case 'reduce':
      return reduced(shape, declared.how);
  }
}

/** Those with the greatest last cell, without it; null is the least. */
function latest(width: number, order: CellOrder): RowsOfCustomer {
  return (rows) => {
    let kept: Cells[] = [];
    let greatest: string | null = null;
    for (const row of rows) {
      const by = row[width] ?? null;
      const difference = kept.length === 0 ? 1 : compareCells(by, greatest, order);
      if (difference < 0) continue;
      if (difference > 0) kept = [];
      greatest = by;
      kept.push(row.slice(0, width));
    }
    return kept;
  };
}

/** A row of cells key, type, value a type. */
function pivoted({ table, names }: StoredShape): RowsOfCustomer {
  const wanted = names.map((name) => (table.columns.find((column) => column.name === name)?.field ?? [name]).join('.'));
  return (rows) => {
    const values = new Map<string | null, string | null>();
    let twice = false;
    for (const [, type = null, value = null] of rows) {
      // A type that nobody asks for, and one that is null, may not stand there twice either.
      twice ||= values.has(type);
      values.set(type, value);
    }
    const row = wanted.map((type, at) => (at === 0 ? (rows[0]?.[0] ?? null) : (values.get(type) ?? null)));
    return twice ? [row, row] : [row];
  };
}

/** Each column by itself: nulls are skipped, of nothing comes null. A text has no sum, but a greatest. */
function reduced({ table, names, orders, place }: StoredShape, how: 'sum' | 'min' | 'max'): RowsOfCustomer {
  const folds = names.map((name, at): ((a: string, b: string) => string) => {
    if (at === 0) return (key) => key;
    const order = orders[at] ?? 'other';
    const text = table.columns.find((column) => column.name === name)?.type.kind === 'text';
    if (!text && (order === 'other' || (order === 'double' && how === 'sum'))) throw shapeError(place, name, how);
    if (!text && how === 'sum') return (a, b) => sumOf(a, b, place, name);
    const sign = how === 'min' ? -1 : 1;
    return (a, b) => (sign * compareCells(b, a, order) > 0 ? b : a);
  });
  return (rows) => [
    folds.map((fold, at) => {
      let found: string | null = null;
      for (const row of rows) {
        const cell = row[at] ?? null;
        if (cell !== null) found = found === null ? cell : fold(found, cell);
      }
      return found;
    }),
  ];
}

function shapeError(place: string, name: string, how: string): ParallaxError {
  return new ParallaxError('PRLX_BATCH_SHAPE', `${place}: ${name} has no exact ${how}: its store does not keep it as an exact number`, {
    exitCode: 2,
    advice: 'Declare it as text, or give it an integer or decimal type where it is stored.',
  });
}

function sumOf(a: string, b: string, place: string, name: string): string {
  const [left, right] = [a, b].map((text) => {
    const number = parseCell(text);
    if (number === null) throw new ParallaxError('PRLX_BATCH_SHAPE', `${place}: ${name} holds "${text}", which is no number`);
    return number;
  }) as [Decimal, Decimal];
  const places = Math.max(left.places, right.places);
  const at = ({ unscaled, places: own }: Decimal): bigint => unscaled * powerOfTen(places - own);
  return formatDecimal(at(left) + at(right), places);
}

/** Less than 0, 0 or more than 0, as `a` is below, equal to or above `b`; null is below all. */
export function compareCells(a: string | null, b: string | null, order: CellOrder): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (order === 'other') return compareUtf8(a, b);
  const [left, right] = order === 'exact' ? [parseCell(a), parseCell(b)] : [null, null];
  return left !== null && right !== null ? compareDecimals(left, right) : compareDoubles(doubleOf(a), doubleOf(b));
}

/** No number is above all, infinity too: as Spark and PostgreSQL have it. */
function compareDoubles(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A double as stores write it: infinity has no name in common. */
function doubleOf(text: string): number {
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  return infinite === null ? Number(text) : infinite[1] === '-' ? -Infinity : Infinity;
}
