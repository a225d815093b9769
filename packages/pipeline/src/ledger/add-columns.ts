import type { DatabaseSync } from 'node:sqlite';

/** Columns that a table has got since the first ledgers were written. Each has a default, which is what older rows then hold. */
const ADDED: readonly (readonly [table: string, column: string, declaration: string])[] = [
  ['seals', 'sealed_at', 'INTEGER NOT NULL DEFAULT 0'],
  ['decisions', 'wait_until', 'INTEGER NOT NULL DEFAULT 0'],
  ['decisions', 'valid_until', 'INTEGER NOT NULL DEFAULT 0'],
  ['decisions', 'otherwise', "TEXT NOT NULL DEFAULT 'hold'"],
  ['decisions', 'cause', 'TEXT'],
  ['decisions', 'changed', 'INTEGER NOT NULL DEFAULT 0'],
  ['batch_days', 'baseline', 'TEXT'],
  ['iterations', 'kept_bytes', 'INTEGER'],
];

/**
 * Brings the tables of an older ledger up to `schema.sql`. An action that waited in one from before the gate has no term left, and
 * expires: it is minutes old at least, since its coordinator has ended.
 */
export function addColumns(db: DatabaseSync): void {
  for (const [table, column, declaration] of ADDED) {
    const columns = db.prepare('SELECT name FROM pragma_table_info(?)').all(table);
    if (columns.length === 0 || columns.some(({ name }) => name === column)) continue;
    db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${declaration}`);
  }
}
