/** Comments (block comments nest in Spark SQL), then texts and quoted names, which may hold anything. */
const SKIPPED = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`]|``)*`/g;
const PURE_START = /^[\s(]*(SELECT|VALUES|WITH|TABLE|FROM)\b/i;
const EFFECT = /\b(INSERT|UPDATE|DELETE|MERGE)\b/i;

/**
 * Whether running the text twice surely does no harm: it begins like a query and holds none of the words that may follow a WITH or FROM and write. Errs to
 * false (a column named `insert`, a nested comment), which costs only a retry that is not made.
 */
export function isPureQuery(sql: string): boolean {
  const bare = sql.replaceAll(SKIPPED, ' ');
  return PURE_START.test(bare) && !EFFECT.test(bare);
}
