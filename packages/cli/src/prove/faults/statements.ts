/** The statement changed where it says `mark`. */
export function onlyIn(sql: string, mark: string, change: () => string): string {
  return sql.includes(mark) ? change() : sql;
}
