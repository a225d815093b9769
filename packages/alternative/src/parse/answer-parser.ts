import { isUtf8 } from 'node:buffer';
import type { KeyType, OnlineSource } from '@parallax/core';
import { Interner } from './interner.ts';
import { JsonScanner } from './json-scanner.ts';
import { keyAt } from './key.ts';
import { OUT_OF_RANGE, scaledNumber } from './number.ts';
import { Captures, type Shape, shapeOf, TOKEN } from './shape.ts';

/** The rows of one body; valid until the next one is parsed. */
export interface AnswerRows {
  /** The number of each key's row. */
  readonly rows: ReadonlyMap<string, number>;
  /** Scaled integers as the source declares its fields, NaN for null: those of row `r` begin at `r × fields`. */
  readonly values: Float64Array;
}

/** Reads the bodies of one online source's bulk calls (contract, sections 7 and 10). */
export class AnswerParser {
  readonly #source: OnlineSource;
  readonly #keyType: KeyType;
  readonly #body: Shape;
  readonly #bodyCaptures: Captures;
  readonly #row: Shape;
  readonly #rowCaptures: Captures;
  readonly #bodies = new JsonScanner();
  readonly #rows = new JsonScanner();
  readonly #interner: Interner;
  #values = new Float64Array(0);

  /** @param interner shared with who else meets the same keys */
  constructor(source: OnlineSource, keyType: KeyType, interner: Interner = new Interner()) {
    this.#source = source;
    this.#keyType = keyType;
    this.#interner = interner;
    this.#body = shapeOf([source.rowsPath]);
    this.#bodyCaptures = new Captures(this.#body.fields);
    this.#row = shapeOf([source.keyPath, ...source.fields.map(({ path }) => path)]);
    this.#rowCaptures = new Captures(this.#row.fields);
  }

  /** Null when the body is no answer. */
  parse(body: Buffer): AnswerRows | null {
    if (!isUtf8(body) || !this.#bodies.object(body, 0, body.length, this.#body, this.#bodyCaptures)) return null;
    const field = this.#body.fieldOf[0] as number;
    if (this.#bodyCaptures.kinds[field] !== TOKEN.array) return null;
    const start = this.#bodyCaptures.starts[field] as number;
    const end = this.#bodyCaptures.ends[field] as number;
    const rows = new Map<string, number>();
    const sound = this.#bodies.eachObject(body, start, end, (from, to) => {
      this.#rows.object(body, from, to, this.#row, this.#rowCaptures);
      const key = keyAt(body, this.#rowCaptures, this.#row.fieldOf[0] as number, this.#keyType, this.#interner);
      if (key === null || rows.has(key) || !this.#readValues(body, rows.size)) return false;
      rows.set(key, rows.size);
      return true;
    });
    return sound ? { rows, values: this.#values } : null;
  }

  /** Whether all fields of a row are sound. */
  #readValues(body: Buffer, row: number): boolean {
    const { kinds, starts, ends } = this.#rowCaptures;
    const { fields } = this.#source;
    const at = row * fields.length;
    if (at + fields.length > this.#values.length) this.#grow(at + fields.length);
    for (let index = 0; index < fields.length; index++) {
      const field = this.#row.fieldOf[index + 1] as number;
      const kind = kinds[field];
      if (kind === TOKEN.absent || kind === TOKEN.null) this.#values[at + index] = Number.NaN;
      else if (kind !== TOKEN.number) return false;
      else {
        const { places } = fields[index] as (typeof fields)[number];
        const value = scaledNumber(body, starts[field] as number, ends[field] as number, places);
        if (value === OUT_OF_RANGE) return false;
        this.#values[at + index] = value;
      }
    }
    return true;
  }

  #grow(least: number): void {
    const grown = new Float64Array(Math.max(1024, least, this.#values.length * 2));
    grown.set(this.#values);
    this.#values = grown;
  }
}
