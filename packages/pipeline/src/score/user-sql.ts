import { quoteIdentifier, stripSemicolon, tokenize, typeDivisions } from '@parallax/core';

/**
 * A user's query as Spark gets it, on the same lines: without a final semicolon, every `prlx_div` with the type of its places, and the
 * view `stream` in backquotes, since Spark 4.2 reads `FROM stream s` as a streaming read of `s`.
 */
export function prepareUserSql(sql: string): string {
  return quoteWord(typeDivisions(stripSemicolon(sql)), 'stream');
}

function quoteWord(sql: string, word: string): string {
  let quoted = '';
  let from = 0;
  for (const { kind, text, offset } of tokenize(sql)) {
    if (kind !== 'identifier' || text.toLowerCase() !== word) continue;
    quoted += sql.slice(from, offset) + quoteIdentifier(text);
    from = offset + text.length;
  }
  return quoted + sql.slice(from);
}
