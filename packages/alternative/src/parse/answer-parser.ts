import { isUtf8 } from 'node:buffer';
import type { KeyType, OnlineSource } from '@parallax/core';
import { JsonScanner } from './json-scanner.ts';
import { keyAt } from './key.ts';
import { OUT_OF_RANGE, scaledNumber } from './number.ts';
import { Captures, type Shape, shapeOf, TOKEN } from './shape.ts';

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

  constructor(source: OnlineSource, keyType: KeyType) {
    this.#source = source;
    this.#keyType = keyType;
    this.#body = shapeOf([source.rowsPath]);
    this.#bodyCaptures = new Captures(this.#body.fields);
    this.#row = shapeOf([source.keyPath, ...source.fields.map(({ path }) => path)]);
    this.#rowCaptures = new Captures(this.#row.fields);
  }

  /** Scaled integers by key, as the source declares its fields, NaN for null; null when the body is no answer. */
  parse(body: Buffer): Map<string, Float64Array> | null {
    if (!isUtf8(body) || !this.#bodies.object(body, 0, body.length, this.#body, this.#bodyCaptures)) return null;
    const field = this.#body.fieldOf[0] as number;
    if (this.#bodyCaptures.kinds[field] !== TOKEN.array) return null;
    const start = this.#bodyCaptures.starts[field] as number;
    const end = this.#bodyCaptures.ends[field] as number;
    const rows = new Map<string, Float64Array>();
    const sound = this.#bodies.eachObject(body, start, end, (from, to) => {
      this.#rows.object(body, from, to, this.#row, this.#rowCaptures);
      const key = keyAt(body, this.#rowCaptures, this.#row.fieldOf[0] as number, this.#keyType);
      if (key === null || rows.has(key)) return false;
      const values = this.#values(body);
      if (values === null) return false;
      rows.set(key, values);
      return true;
    });
    return sound ? rows : null;
  }

  #values(body: Buffer): Float64Array | null {
    const { kinds, starts, ends } = this.#rowCaptures;
    const values = new Float64Array(this.#source.fields.length);
    for (const [index, { places }] of this.#source.fields.entries()) {
      const field = this.#row.fieldOf[index + 1] as number;
      const kind = kinds[field];
      if (kind === TOKEN.absent || kind === TOKEN.null) values[index] = Number.NaN;
      else if (kind !== TOKEN.number) return null;
      else {
        const value = scaledNumber(body, starts[field] as number, ends[field] as number, places);
        if (value === OUT_OF_RANGE) return null;
        values[index] = value;
      }
    }
    return values;
  }
}
