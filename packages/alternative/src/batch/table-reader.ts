import { ParallaxError } from '@parallax/core';
import { CELL_DIGITS_MAX } from '../limits.ts';
import type { BatchTable, ExactDecimal, Expectation, Project, ScorecardEntry } from '../names.ts';
import { compareDecimals, type Decimal, parseCell, powerOfTen, unscaledAt } from '../parse/decimal.ts';
import { keyOfText } from '../parse/key.ts';
import { compareUtf8 } from '../parse/text.ts';
import type { TableRows } from '../sources/source.ts';
import { contribution } from './scorecard.ts';

/** A declared cell: a scaled integer, text, or null. */
export type Cell = bigint | string | null;

/** What minutes need of one row. */
export interface ReducedRow {
  readonly key: string;
  /** Why the row is kept aside: `type`, when a declared or scorecard number is none, or `expected.<column>`; null: it is not. */
  readonly aside: string | null;
  /** As the table declares its columns. */
  readonly cells: readonly Cell[];
  /** Contributions by module, at scale 12. */
  readonly sums: readonly bigint[];
}

interface Scored {
  readonly entry: ScorecardEntry;
  readonly module: number;
}

/** Where a row's cells stand. */
interface Places {
  readonly cellsAt: readonly number[];
  readonly scored: readonly { readonly name: string; readonly at: number; readonly list: readonly Scored[] }[];
  readonly checks: readonly { readonly expected: Expectation; readonly at: number }[];
}

const CELL_LIMIT = powerOfTen(CELL_DIGITS_MAX);

/** Reduces the rows of one table to what minutes need of them. */
export class TableReader {
  readonly table: BatchTable;
  /** The row of a customer that has none: all is missing. */
  readonly missing: Pick<ReducedRow, 'cells' | 'sums'>;
  readonly #keyType: Project['key']['type'];
  readonly #scored = new Map<string, Scored[]>();
  readonly #modules: number;
  #keyless = 0;

  constructor(project: Project, source: string, table: BatchTable, modules: readonly string[]) {
    this.table = table;
    this.#keyType = project.key.type;
    this.#modules = modules.length;
    for (const entry of project.scorecard) {
      if (entry.source !== source || entry.table !== table.name) continue;
      const scored = { entry, module: modules.indexOf(entry.module) };
      this.#scored.set(entry.column, [...(this.#scored.get(entry.column) ?? []), scored]);
    }
    const sums = this.#noSums();
    for (const list of this.#scored.values()) for (const each of list) this.#add(sums, each, null);
    this.missing = { cells: table.columns.map(() => null), sums };
  }

  /** Rows that had no key so far, or one that is none. */
  get keyless(): number {
    return this.#keyless;
  }

  /** Rows without a key are counted and left out. Throws PRLX_BATCH_COLUMN when a declared column is not there. */
  async *rows(source: TableRows): AsyncIterable<ReducedRow> {
    const declared = this.table.columns.map(({ name }) => name);
    const index = new Map(source.columns.map((name, at) => [name, at] as const));
    const wanted = [this.table.key, ...declared, ...this.#scored.keys(), ...this.table.expect.map(({ column }) => column)];
    const absent = wanted.filter((name) => !index.has(name));
    if (absent.length > 0)
      throw new ParallaxError('PRLX_BATCH_COLUMN', `has no column ${[...new Set(absent)].slice(0, 5).join(', ')}`, {
        exitCode: 2,
        place: { file: source.place },
        advice: 'The project names it: docs/contract.md, section 10.',
      });
    const keyAt = index.get(this.table.key) as number;
    const cellsAt = declared.map((name) => index.get(name) as number);
    const scored = [...this.#scored].map(([name, list]) => ({ name, at: index.get(name) as number, list }));
    // Of several that a row breaks, the first by name stands.
    const checks = this.table.expect
      .map((expected) => ({ expected, at: index.get(expected.column) as number }))
      .sort((a, b) => compareUtf8(a.expected.column, b.expected.column));
    for await (const row of source.rows) {
      const text = row[keyAt] ?? null;
      const key = text === null ? null : keyOfText(text, this.#keyType);
      if (key === null) this.#keyless++;
      else yield this.#reduce(key, row, { cellsAt, scored, checks });
    }
  }

  #reduce(key: string, row: readonly (string | null)[], { cellsAt, scored, checks }: Places): ReducedRow {
    const cells: Cell[] = [];
    /** The rounded values of declared numbers, for the scorecard. */
    const rounded = new Map<string, Decimal | null>();
    for (const [i, { name, type }] of this.table.columns.entries()) {
      const text = row[cellsAt[i] as number] ?? null;
      if (text === null || type.kind === 'text') cells.push(text);
      else {
        const exact = parseCell(text);
        const unscaled = exact === null ? null : unscaledAt(exact, type.places);
        if (unscaled === null || unscaled >= CELL_LIMIT || unscaled <= -CELL_LIMIT) return asideRow(key, 'type');
        cells.push(unscaled);
        rounded.set(name, { unscaled, places: type.places });
      }
    }
    const sums = this.#noSums();
    for (const { name, at, list } of scored) {
      const text = row[at] ?? null;
      const value = text === null ? null : (rounded.get(name) ?? parseCell(text));
      if (text !== null && value === null) return asideRow(key, 'type');
      for (const each of list) this.#add(sums, each, value);
    }
    const broken = checks.find(({ expected, at }) => this.#breaks(expected, row[at] ?? null, rounded.get(expected.column) ?? null));
    return broken === undefined ? { key, aside: null, cells, sums } : asideRow(key, `expected.${broken.expected.column}`);
  }

  /** Whether a cell is not what its table expects, or no number where one is expected. @param rounded a declared number's */
  #breaks({ column, notNull, min, max }: Expectation, text: string | null, rounded: Decimal | null): boolean {
    if (text === null) return notNull;
    if (this.table.columns.find(({ name }) => name === column)?.type.kind === 'text') return false;
    const value = rounded ?? parseCell(text);
    if (value === null) return true;
    const bound = (decimal: ExactDecimal): Decimal => ({ unscaled: decimal.unscaled, places: decimal.scale });
    return (min !== null && compareDecimals(value, bound(min)) < 0) || (max !== null && compareDecimals(value, bound(max)) > 0);
  }

  #add(sums: bigint[], { entry, module }: Scored, value: Decimal | null): void {
    sums[module] = (sums[module] as bigint) + contribution(entry, value);
  }

  #noSums(): bigint[] {
    return Array.from({ length: this.#modules }, () => 0n);
  }
}

function asideRow(key: string, why: string): ReducedRow {
  return { key, aside: why, cells: [], sums: [] };
}
