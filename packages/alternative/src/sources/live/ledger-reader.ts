import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type Close, formatSecond, type Micros, ParallaxError, type Seal } from '@parallax/core';

/** What was sealed and captured for a minute. */
export interface Manifest {
  readonly minute: Micros;
  readonly seal: Seal;
  readonly close: Close;
  /** The digest of both, as the coordinator wrote it. */
  readonly manifest: string;
  /** When it was sealed, by the coordinator's clock; µs since 1970. */
  readonly sealedAt: Micros;
}

/** A committed iteration as the ledger names it. */
export interface CommittedMinute {
  readonly minute: Micros;
  readonly folder: string;
  readonly manifest: string;
  readonly digest: string;
  /** JSON of the coordinator's outcome. */
  readonly report: string;
}

/** A batch day as the coordinator registered it. */
export interface LedgerDay {
  readonly day: string;
  readonly version: string;
  readonly registered: Micros;
  /** JSON of its batch view; null before it is made. */
  readonly view: string | null;
}

export interface LastDecision {
  readonly customer: string;
  readonly action: string;
  readonly minute: Micros;
}

/** Reads a run's ledger, and nothing else: it is opened read-only, while the coordinator writes it. */
export class LedgerReader {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Null when the run has not made its ledger yet. Throws PRLX_ALTERNATIVE_LEDGER when the file is none. */
  static open(state: string): LedgerReader | null {
    const file = join(state, 'ledger.sqlite');
    if (!existsSync(file)) return null;
    let db: DatabaseSync | null = null;
    try {
      db = new DatabaseSync(file, { readOnly: true });
      db.exec('PRAGMA busy_timeout = 5000');
      const tables = db
        .prepare("SELECT count(*) AS n FROM sqlite_master WHERE name IN ('seals', 'closes', 'iterations', 'batch_days', 'meta')")
        .get();
      // The file is there a moment before its tables are.
      if (Number(tables?.n) === 5) return new LedgerReader(db);
      db.close();
      return null;
    } catch (cause) {
      db?.close();
      throw new ParallaxError('PRLX_ALTERNATIVE_LEDGER', `cannot read the ledger ${file}`, {
        cause,
        retryable: true,
        advice: 'Give the --state folder of a run.',
      });
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  seal(minute: Micros): Seal | null {
    const row = this.#get<{ seal: string }>('SELECT seal FROM seals WHERE minute = ?', minute);
    return row === undefined ? null : (JSON.parse(row.seal) as Seal);
  }

  /** Null until the minute is sealed and closed. */
  manifest(minute: Micros): Manifest | null {
    const row = this.#get<{ seal: string; close: string; manifest: string; sealed_at: Micros }>(
      'SELECT seal, close, manifest, sealed_at FROM seals JOIN closes USING (minute) WHERE minute = ?',
      minute,
    );
    if (row === undefined) return null;
    return {
      minute,
      seal: JSON.parse(row.seal) as Seal,
      close: JSON.parse(row.close) as Close,
      manifest: row.manifest,
      sealedAt: row.sealed_at,
    };
  }

  committed(minute: Micros): CommittedMinute | null {
    const row = this.#get<CommittedMinute>(`${ITERATION} WHERE minute = ?`, minute);
    return row === undefined ? null : { ...row };
  }

  /** Where the minutes from `oldest` to `newest` that are committed have their files, newest first. */
  folders(oldest: Micros, newest: Micros): readonly { readonly minute: Micros; readonly folder: string }[] {
    const sql = 'SELECT minute, folder FROM iterations WHERE minute BETWEEN ? AND ? ORDER BY minute DESC';
    return this.#all<{ minute: bigint; folder: string }>(sql, oldest, newest).map((row) => ({ ...row }));
  }

  /**
   * The folder of windows that the coordinator has merged for a minute that is not over: nothing is known of them until the minute has committed them. Null when there
   * are none.
   */
  mergedAhead(minute: Micros): string | null {
    return this.#ahead<{ readonly folder: string }>('merged ahead', minute)?.folder ?? null;
  }

  /** The folders of the messages that the coordinator has settled for a minute that is not over, of which no more is known. */
  settledAhead(minute: Micros): readonly string[] {
    return this.#ahead<{ readonly claimed: readonly string[] }>('settled ahead', minute)?.claimed ?? [];
  }

  /** What is noted under a name, if it is of this minute. */
  #ahead<Noted>(name: string, minute: Micros): Noted | null {
    const row = this.#get<{ value: string }>('SELECT value FROM meta WHERE name = ?', name);
    if (row === undefined) return null;
    const noted = JSON.parse(row.value) as Noted & { readonly minute: string };
    return noted.minute === formatSecond(minute) ? noted : null;
  }

  /** The oldest and the newest committed minute; null before the first. */
  span(): { readonly oldest: Micros; readonly newest: Micros } | null {
    const row = this.#get<{ oldest: bigint | null; newest: bigint | null }>(
      'SELECT min(minute) AS oldest, max(minute) AS newest FROM iterations',
    );
    return row === undefined || row.oldest === null || row.newest === null ? null : { oldest: row.oldest, newest: row.newest };
  }

  /** The oldest sealed minute; null before the first. */
  firstSeal(): Micros | null {
    return this.#get<{ minute: bigint | null }>('SELECT min(minute) AS minute FROM seals')?.minute ?? null;
  }

  days(): readonly LedgerDay[] {
    return this.#all<LedgerDay>('SELECT day, version, registered, view FROM batch_days ORDER BY day, registered').map((row) => ({
      ...row,
    }));
  }

  /**
   * The batch days that the coordinator has refused for what their tables declare, as it names them: `<day> <version>`. This side does not ask
   * whether that was right: the day before stands, and both sides say by its age how old it is.
   */
  refused(): ReadonlySet<string> {
    const rows = this.#all<{ name: string }>("SELECT name FROM meta WHERE name LIKE 'batch refused %'");
    return new Set(rows.map(({ name }) => name.slice('batch refused '.length)));
  }

  /** The newest decision of each customer and action before a minute. */
  lastDecisions(before: Micros): readonly LastDecision[] {
    return this.#all<LastDecision>(
      'SELECT customer, action, max(minute) AS minute FROM decisions WHERE minute < ? GROUP BY customer, action',
      before,
    ).map((row) => ({ ...row }));
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setReadBigInts(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  #all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }
}

const ITERATION = 'SELECT minute, folder, manifest, digest, report FROM iterations';
