import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { RecordedDay } from '@parallax/pipeline/replay/recording.ts';

/** Writes the ledger at `file`, which may be open, to a file of its own. */
export function snapshotLedger(file: string, to: string): void {
  onLedger(file, (db) => db.prepare('VACUUM INTO ?').run(to));
}

/** Changes a copy's ledger behind the pipeline's back. Returns the number of rows that changed. */
export function editLedger(file: string, statements: readonly string[]): number {
  return onLedger(file, (db) => statements.reduce((rows, sql) => rows + Number(db.prepare(sql).run().changes), 0));
}

/** A batch day that a copy of the ledger has in another version than before. */
export interface ReplacedDay {
  readonly day: string;
  readonly before: string;
  readonly after: string;
}

/** Gives a copy's ledger the batch days of another recording. A day that is the same keeps its view. */
export function adoptDays(file: string, days: readonly RecordedDay[]): readonly ReplacedDay[] {
  return onLedger(file, (db) => {
    const known = db.prepare('SELECT day, version, registered FROM batch_days').all() as {
      day: string;
      version: string;
      registered: number;
    }[];
    const replaced: ReplacedDay[] = [];
    const run = (sql: string, ...args: SQLInputValue[]) => db.prepare(sql).run(...args);
    for (const { day } of known) if (!days.some((d) => d.day === day)) run('DELETE FROM batch_days WHERE day = ?', day);
    for (const { day, version, registered } of days) {
      const before = known.find((d) => d.day === day);
      if (before?.version === version) run('UPDATE batch_days SET registered = ? WHERE day = ?', registered, day);
      else {
        run('DELETE FROM batch_days WHERE day = ?', day);
        run('INSERT INTO batch_days (day, version, registered) VALUES (?, ?, ?)', day, version, registered);
        if (before !== undefined) replaced.push({ day, before: before.version, after: version });
      }
    }
    return replaced;
  });
}

/** Gives a copy's ledger the batch views that another ledger has made of the same days: they are not made again. */
export function adoptViews(file: string, from: string): void {
  onLedger(file, (db) => {
    db.prepare('ATTACH DATABASE ? AS other').run(from);
    db.exec(`UPDATE batch_days SET view = o.view FROM other.batch_days AS o
      WHERE o.day = batch_days.day AND o.version = batch_days.version AND batch_days.view IS NULL`);
  });
}

function onLedger<T>(file: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA busy_timeout = 5000');
    return work(db);
  } finally {
    db.close();
  }
}
