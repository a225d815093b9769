import type { Project } from '@parallax/core';
import type { AlternativeLookups } from '../sides.ts';
import { eachStandingAnswer } from '../spark-side/answers.ts';
import { grown, PackedKeys } from '../spark-side/packed-keys.ts';
import { type ParquetReader, tableOf } from '../spark-side/parquet.ts';
import type { OwnSide } from '../stages/own-side.ts';

/** What is asked of the alternative. */
export type AnswerLookups = Pick<AlternativeLookups, 'onlineAnswer'>;

/** The answers of one source in a file, which may be looked at before a minute has it. */
export class AnswersAhead {
  readonly keys = new PackedKeys();
  readonly #source: number;
  readonly #fields: number;
  /** By key: the age in minutes, then a value for each field; NaN is null. */
  #cells = new Float64Array(0);
  #held: { readonly of: OwnSide; readonly holds: Uint8Array } | null = null;

  constructor(source: number, fields: number) {
    this.#source = source;
    this.#fields = fields;
  }

  add(bytes: Uint8Array, keyStart: number, keyEnd: number, age: number, values: readonly (number | null)[]): void {
    const width = this.#fields + 1;
    const at = this.keys.size * width;
    if (at + width > this.#cells.length) this.#cells = grown(this.#cells, new Float64Array(2 * (at + width)));
    this.keys.add(bytes, keyStart, keyEnd);
    this.#cells[at] = age;
    for (let field = 0; field < this.#fields; field++) this.#cells[at + 1 + field] = values[field] ?? Number.NaN;
  }

  age(index: number): number {
    return this.#cells[index * (this.#fields + 1)] as number;
  }

  /** The values of a key's answer, written over what is given. */
  values(index: number, into: (number | null)[]): void {
    const at = index * (this.#fields + 1) + 1;
    for (let field = 0; field < this.#fields; field++) {
      const value = this.#cells[at + field] as number;
      into[field] = Number.isNaN(value) ? null : value;
    }
  }

  /** By key: 1 where the alternative has the same answer. It is looked up once, however often it is asked for the same minute. */
  holds(own: OwnSide, lookups: AnswerLookups): Uint8Array {
    if (this.#held?.of === own) return this.#held.holds;
    const holds = new Uint8Array(this.keys.size);
    const numbers = this.keys.numbersIn(own.scored);
    const theirs = new Array<number | null>(this.#fields).fill(null);
    const ours = new Array<number | null>(this.#fields).fill(null);
    for (let i = 0; i < holds.length; i++) {
      const number = numbers[i] as number;
      if (number < 0 || lookups.onlineAnswer(this.#source, own.scored.keys[number] as string, theirs) !== this.age(i)) continue;
      this.values(i, ours);
      if (ours.every((value, field) => value === theirs[field])) holds[i] = 1;
    }
    this.#held = { of: own, holds };
    return holds;
  }
}

/** The answers of a file, by source. */
export async function answersAhead(parquet: ParquetReader, file: string, project: Project): Promise<readonly AnswersAhead[]> {
  const sources: AnswersAhead[] = [];
  for (const [index, source] of project.online.entries()) {
    const answers = new AnswersAhead(index, source.fields.length);
    await eachStandingAnswer(parquet, tableOf([file]), source, ({ bytes, keyStart, keyEnd, age, values }) =>
      answers.add(bytes, keyStart, keyEnd, age, values),
    );
    sources.push(answers);
  }
  return sources;
}
