import { type SqlToken, tokenize } from './sql-tokens.ts';

export { type Finding, type FindOptions, findForbidden } from './sql-forbidden.ts';
export { type SqlToken, type SqlTokenKind, tokenize } from './sql-tokens.ts';

/** A name as Spark SQL takes it whatever its characters: in backquotes, those within doubled. The one place names are quoted. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * A text as a Spark SQL string literal, for the few places where no parameter can be bound. `$` is written as its code,
 * since Spark replaces `${…}` by configuration even inside strings.
 */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('$', '\\u0024')}'`;
}

/** A text literal of standard SQL, as DuckDB reads it: a backslash is a backslash. */
export function quoteStandardLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `sql` without the semicolons and what follows them at its end, so that it can stand as a subquery. */
export function stripSemicolon(sql: string): string {
  const tokens = tokenize(sql).filter(({ kind }) => kind !== 'comment');
  let end: number | null = null;
  for (const { text, offset } of tokens.toReversed()) {
    if (text !== ';') break;
    end = offset;
  }
  return end === null ? sql : sql.slice(0, end);
}

/**
 * Gives every call `prlx_div(a, b, n)` whose last argument is an integer literal from 0 to 12 the type DECIMAL(20, n), by
 * writing `CAST(prlx_div(a, b, n) AS DECIMAL(20,n))`. Calls may be nested. Everything else, also the lines, stays as it is.
 */
export function typeDivisions(sql: string): string {
  const tokens = tokenize(sql).filter(({ kind }) => kind !== 'comment');
  const inserts: { readonly at: number; readonly text: string }[] = [];
  for (const [i, token] of tokens.entries()) {
    if (!isDivision(token) || tokens[i - 1]?.text === '.' || tokens[i + 1]?.text !== '(') continue;
    const close = closingParenthesis(tokens, i + 1);
    const last = tokens[(close ?? 0) - 1];
    const comma = tokens[(close ?? 0) - 2];
    if (close === null || last?.kind !== 'number' || comma?.text !== ',' || !/^(?:\d|1[0-2])$/.test(last.text)) continue;
    if (topLevelCommas(tokens, i + 1, close) !== 2) continue;
    inserts.push({ at: token.offset, text: 'CAST(' }, { at: (tokens[close]?.offset ?? 0) + 1, text: ` AS DECIMAL(20,${last.text}))` });
  }
  return applyInserts(sql, inserts);
}

function isDivision(token: SqlToken): boolean {
  const name = token.kind === 'quoted' ? token.text.slice(1, -1) : token.text;
  return (token.kind === 'identifier' || token.kind === 'quoted') && name.toLowerCase() === 'prlx_div';
}

/** The index of the parenthesis that closes the one at `open`, or null. */
function closingParenthesis(tokens: readonly SqlToken[], open: number): number | null {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const text = tokens[i]?.kind === 'punctuation' ? tokens[i]?.text : '';
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (depth === 0) return i;
  }
  return null;
}

function topLevelCommas(tokens: readonly SqlToken[], open: number, close: number): number {
  let depth = 0;
  let commas = 0;
  for (let i = open; i < close; i++) {
    const text = tokens[i]?.kind === 'punctuation' ? tokens[i]?.text : '';
    if (text === '(' || text === '[') depth += 1;
    if (text === ')' || text === ']') depth -= 1;
    if (text === ',' && depth === 1) commas += 1;
  }
  return commas;
}

function applyInserts(sql: string, inserts: readonly { readonly at: number; readonly text: string }[]): string {
  let out = '';
  let from = 0;
  for (const { at, text } of [...inserts].sort((a, b) => a.at - b.at)) {
    out += sql.slice(from, at) + text;
    from = at;
  }
  return out + sql.slice(from);
}
