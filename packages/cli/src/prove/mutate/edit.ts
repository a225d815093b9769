import { type SqlToken, tokenize } from '@parallax/core';

/** What kind of mistake a mutant of SQL is. */
export const SQL_OPERATORS = [
  'join',
  'predicate',
  'boundary',
  'null',
  'aggregate',
  'window',
  'constant',
  'column',
  'rounding',
  'arithmetic',
  'function',
  'union',
  'text',
] as const;
export type SqlOperator = (typeof SQL_OPERATORS)[number];

/** One change of a text: `length` UTF-16 units from `offset` become `text`. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** A change of a user's SQL that makes one mistake. */
export interface SqlMutation extends Edit {
  readonly operator: SqlOperator;
  /** The mistake in a few words. */
  readonly what: string;
}

export function applyEdit(text: string, { offset, length, text: replacement }: Edit): string {
  return `${text.slice(0, offset)}${replacement}${text.slice(offset + length)}`;
}

/** The line (from 1) at which an offset stands. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** The lines that an edit touches, before and after. */
export interface Diff {
  readonly line: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export function diffOf(text: string, edit: Edit): Diff {
  const from = text.lastIndexOf('\n', edit.offset - 1) + 1;
  const endOf = (of: string, at: number): number => (of.indexOf('\n', at) < 0 ? of.length : of.indexOf('\n', at));
  const edited = applyEdit(text, edit);
  return {
    line: lineOf(text, edit.offset),
    before: text.slice(from, endOf(text, edit.offset + edit.length)).split('\n'),
    after: edited.slice(from, endOf(edited, edit.offset + edit.text.length)).split('\n'),
  };
}

/** The tokens of a text without comments, and where parentheses close. */
export class SqlView {
  readonly sql: string;
  readonly tokens: readonly SqlToken[];

  constructor(sql: string) {
    this.sql = sql;
    this.tokens = tokenize(sql).filter(({ kind }) => kind !== 'comment');
  }

  /** The token's text in lower case; '' beyond either end. */
  word(index: number): string {
    return this.tokens[index]?.text.toLowerCase() ?? '';
  }

  end(index: number): number {
    const token = this.tokens[index];
    return token === undefined ? this.sql.length : token.offset + token.text.length;
  }

  offset(index: number): number {
    return this.tokens[index]?.offset ?? this.sql.length;
  }

  /** The text from one token to another, both included. */
  text(from: number, to: number): string {
    return this.sql.slice(this.offset(from), this.end(to));
  }

  /** A replacement of the tokens `from` to `to`. */
  replace(operator: SqlOperator, from: number, to: number, text: string, what: string): SqlMutation {
    return { operator, offset: this.offset(from), length: this.end(to) - this.offset(from), text, what };
  }

  /** The index of the parenthesis that closes the one at `open`; −1 when none does. */
  closing(open: number): number {
    let depth = 0;
    for (let i = open; i < this.tokens.length; i++) {
      if (this.word(i) === '(') depth += 1;
      if (this.word(i) === ')' && --depth === 0) return i;
    }
    return -1;
  }

  /** The arguments of the call whose parenthesis opens at `open`, as ranges of tokens. */
  args(open: number): readonly { readonly from: number; readonly to: number }[] {
    const close = this.closing(open);
    const args: { from: number; to: number }[] = [];
    let depth = 0;
    let from = open + 1;
    for (let i = open; i <= close; i++) {
      if (this.word(i) === '(') depth += 1;
      if (this.word(i) === ')') depth -= 1;
      if ((this.word(i) === ',' && depth === 1) || i === close) {
        if (i > from) args.push({ from, to: i - 1 });
        from = i + 1;
      }
    }
    return args;
  }

  /** The first token from `from` on, at the same depth of parentheses, that is one of `words` or closes the surrounding ones. */
  until(from: number, words: ReadonlySet<string>): number {
    let depth = 0;
    for (let i = from; i < this.tokens.length; i++) {
      const word = this.word(i);
      if (depth === 0 && (word === ')' || words.has(word))) return i;
      if (word === '(') depth += 1;
      if (word === ')') depth -= 1;
    }
    return this.tokens.length;
  }
}
