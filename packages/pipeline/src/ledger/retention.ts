import type { Micros } from '@parallax/core';
import type { LedgerAccess } from './action-book.ts';

/** A committed minute whose messages that were not accepted are still kept, in `kept` of its folder. */
export interface KeptMinute {
  readonly minute: Micros;
  readonly folder: string;
}

const SETTLED = "state NOT IN ('waiting', 'held')";

/** What of a report is needed only while the iteration's files are there: lists that only the newest minutes show, and decisions, which ledgers once had here too. */
const SHRUNK = "json_replace(report, '$.decided', json('[]'), '$.drift', json('[]'), '$.phaseSpans', json('[]'))";

/**
 * What the ledger still holds of minutes that are long over, and how it forgets it: first the files of an iteration, with the bulky lists of its report; then
 * the messages that it did not accept; then what was decided; at last the minute itself, with its seal. What the caller then has to remove of files is named.
 */
export class Retention {
  readonly #ledger: LedgerAccess;

  constructor(ledger: LedgerAccess) {
    this.#ledger = ledger;
  }

  /**
   * Marks iterations older than `before` as reclaimed and returns their folders, of which the caller removes all but `kept`: that is kept until
   * {@link dropMessages} names it.
   */
  reclaim(before: Micros): KeptMinute[] {
    return this.#ledger.transaction(() => {
      const rows = this.#ledger.all<KeptMinute>(
        'SELECT minute, folder FROM iterations WHERE minute < ? AND reclaimed = 0 ORDER BY minute',
        before,
      );
      this.#ledger.run(
        `UPDATE iterations SET reclaimed = 1, kept_bytes = 0, report = ${SHRUNK} WHERE minute < ? AND reclaimed = 0`,
        before,
      );
      return rows.map((row) => ({ ...row }));
    });
  }

  /** Says how much the messages are that a reclaimed iteration still keeps, bytes. */
  measured(minute: Micros, bytes: number): void {
    this.#ledger.transaction(() =>
      this.#ledger.run('UPDATE iterations SET kept_bytes = ? WHERE minute = ? AND kept_bytes IS NOT NULL', bytes, minute),
    );
  }

  /**
   * Forgets the messages of reclaimed iterations that are older than `before`, and of the others the oldest beyond `bytesMax` together.
   *
   * @returns the iterations' folders, which the caller removes, oldest first
   */
  dropMessages(before: Micros, bytesMax: number): string[] {
    return this.#ledger.transaction(() => {
      const kept = this.#ledger.get<{ bytes: bigint | null; oldest: bigint | null }>(
        'SELECT sum(kept_bytes) AS bytes, min(minute) AS oldest FROM iterations WHERE kept_bytes IS NOT NULL',
      );
      let bytes = Number(kept?.bytes ?? 0n);
      if (bytes <= bytesMax && (kept?.oldest == null || kept.oldest >= before)) return [];
      const dropped: string[] = [];
      for (const { minute, folder, kept_bytes } of this.#ledger.all<KeptMinute & { kept_bytes: bigint }>(
        'SELECT minute, folder, kept_bytes FROM iterations WHERE kept_bytes IS NOT NULL ORDER BY minute',
      )) {
        if (minute >= before && bytes <= bytesMax) break;
        this.#ledger.run('UPDATE iterations SET kept_bytes = NULL WHERE minute = ?', minute);
        bytes -= Number(kept_bytes);
        dropped.push(folder);
      }
      return dropped;
    });
  }

  /** Committed minutes in `[from, to]` whose messages that were not accepted are still kept, oldest first. */
  keptMessages(from: Micros, to: Micros): KeptMinute[] {
    return this.#ledger
      .all<KeptMinute>(
        'SELECT minute, folder FROM iterations WHERE minute BETWEEN ? AND ? AND (reclaimed = 0 OR kept_bytes IS NOT NULL) ORDER BY minute',
        from,
        to,
      )
      .map((row) => ({ ...row }));
  }

  /** The oldest committed minute whose messages that were not accepted are still kept; null: none is. */
  oldestMessages(): Micros | null {
    const [oldest] = this.#ledger.all<{ minute: bigint }>(
      'SELECT minute FROM iterations WHERE kept_bytes IS NOT NULL UNION ALL SELECT minute FROM iterations WHERE reclaimed = 0 ORDER BY minute LIMIT 1',
    );
    return oldest?.minute ?? null;
  }

  /**
   * Forgets decisions of minutes before `before` that are settled, with the cool-downs counted from them, what people have asked about them, and the
   * verdicts that the gate went by: at most `limit` rows of each. What is open stays, however old it is.
   *
   * @returns the rows that were removed; 0: nothing is left to forget
   */
  forgetDecisions(before: Micros, limit: number): number {
    const { run } = this.#ledger;
    const doomed = (column: string) => `SELECT ${column} FROM decisions WHERE minute < ? AND ${SETTLED} ORDER BY minute, rowid LIMIT ?`;
    return this.#ledger.transaction(() => {
      const coolDowns = `DELETE FROM last_decisions WHERE minute < ? AND (customer, action) IN (${doomed('customer, action')})`;
      return (
        run(coolDowns, before, before, limit) +
        run(`DELETE FROM decisions WHERE rowid IN (${doomed('rowid')})`, before, limit) +
        run('DELETE FROM verdicts WHERE minute IN (SELECT minute FROM verdicts WHERE minute < ? ORDER BY minute LIMIT ?)', before, limit) +
        run(
          `DELETE FROM interventions WHERE number IN (SELECT number FROM interventions i
            WHERE answered < ? AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = i.decision) ORDER BY number LIMIT ?)`,
          before,
          limit,
        )
      );
    });
  }

  /**
   * Forgets minutes before `before` of which no file is left: seals, closes, manifests and digests, at most `limit` rows of each.
   *
   * @returns the rows that were removed; 0: nothing is left to forget
   */
  forgetMinutes(before: Micros, limit: number): number {
    const { run } = this.#ledger;
    const committed = (table: string) => `SELECT 1 FROM iterations i WHERE i.minute = ${table}.minute`;
    const sealed = (table: string) =>
      `DELETE FROM ${table} WHERE minute IN (SELECT minute FROM ${table} WHERE minute < ? AND NOT EXISTS (${committed(table)}) ORDER BY minute LIMIT ?)`;
    return this.#ledger.transaction(() => {
      const iterations = `DELETE FROM iterations WHERE minute IN (
        SELECT minute FROM iterations WHERE minute < ? AND reclaimed = 1 AND kept_bytes IS NULL ORDER BY minute LIMIT ?)`;
      return run(iterations, before, limit) + run(sealed('closes'), before, limit) + run(sealed('seals'), before, limit);
    });
  }
}
