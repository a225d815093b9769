/**
 * A tokenizer of Spark SQL, after the lexer rules of Spark's `SqlBaseLexer.g4` (4.x). It knows where names, strings and
 * comments begin and end; it does not know the grammar.
 */
export type SqlTokenKind =
  /** A bare name or keyword. */
  | 'identifier'
  /** A name in backquotes, its text with them. */
  | 'quoted'
  | 'string'
  | 'number'
  | 'punctuation'
  /** Of a line, in brackets (which nest), or a hint. */
  | 'comment'
  /** A string, backquoted name or bracketed comment without an end; it reaches to the end of the text. */
  | 'unclosed';

export interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly text: string;
  /** In UTF-16 units from the text's start. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
}

const RULES: readonly { readonly kind: SqlTokenKind; readonly pattern: RegExp }[] = [
  { kind: 'comment', pattern: /--(?:\\\r?\n|[^\r\n])*/y },
  { kind: 'string', pattern: /[rR](?:'[^']*'|"[^"]*")/y },
  { kind: 'string', pattern: /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/sy },
  { kind: 'unclosed', pattern: /[rR]?['"].*/sy },
  { kind: 'quoted', pattern: /`(?:[^`]|``)*`/y },
  { kind: 'unclosed', pattern: /`.*/sy },
  // A name may begin with digits, so a number ends only where no name goes on: 1h is a name, 1L and 2.5e3 are numbers.
  { kind: 'number', pattern: /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYFD])?(?![\p{L}\p{N}_])/iuy },
  { kind: 'identifier', pattern: /[\p{L}\p{N}_]+/uy },
  { kind: 'punctuation', pattern: /::|<=>|<>|!=|<=|>=|==|\|\||->|=>|./suy },
];

/** The tokens of `sql` in order, without blanks. Every character that is no blank is in exactly one token. */
export function tokenize(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = [];
  const blank = /\s+/y;
  let offset = 0;
  let line = 1;
  const skip = (text: string): void => {
    offset += text.length;
    line += countLines(text);
  };
  while (offset < sql.length) {
    blank.lastIndex = offset;
    const space = blank.exec(sql);
    if (space !== null) {
      skip(space[0]);
      continue;
    }
    const { kind, text } = bracketedComment(sql, offset) ?? byRule(sql, offset);
    tokens.push({ kind, text, offset, line });
    skip(text);
  }
  return tokens;
}

function byRule(sql: string, offset: number): { readonly kind: SqlTokenKind; readonly text: string } {
  for (const { kind, pattern } of RULES) {
    pattern.lastIndex = offset;
    const match = pattern.exec(sql);
    if (match !== null) return { kind, text: match[0] };
  }
  throw new Error('unreachable: the last rule takes any character');
}

function bracketedComment(sql: string, offset: number): { readonly kind: SqlTokenKind; readonly text: string } | null {
  if (!sql.startsWith('/*', offset)) return null;
  let depth = 0;
  let at = offset;
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      depth += 1;
      at += 2;
    } else if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 2;
      if (depth === 0) return { kind: 'comment', text: sql.slice(offset, at) };
    } else {
      at += 1;
    }
  }
  return { kind: 'unclosed', text: sql.slice(offset) };
}

function countLines(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
