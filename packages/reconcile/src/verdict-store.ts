import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type Blocks, type Micros, type MinuteVerdict, ParallaxError, type VerdictSource } from '@parallax/core';
import { FORGOTTEN_AT_ONCE } from './limits.ts';
import { VERDICT_SCHEMA } from './verdict-schema.ts';

/** The verifier's folder in a run's state, and in it the verdicts. */
export const VERIFIER_FOLDER = 'verifier';
export const VERDICTS_FILE = 'verdicts.sqlite';

/** Where the verdicts of a run are kept. */
export function verdictsFile(state: string): string {
  return join(state, VERIFIER_FOLDER, VERDICTS_FILE);
}

/** A verdict with the instant at which it was given. */
export interface GivenVerdict {
  readonly verdict: MinuteVerdict;
  readonly at: Micros;
}

/**
 * The verdicts of a run, in SQLite with a write-ahead log and full sync. The verifier is the only writer: it opens the store by `create`; the
 * coordinator and the page read it by `read`, also while it is written.
 */
export class VerdictStore implements VerdictSource {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Opens the store for its one writer, and makes it when it is not there. Throws PRLX_VERDICTS when the file is no such store. */
  static async create(state: string): Promise<VerdictStore> {
    const file = verdictsFile(state);
    await mkdir(dirname(file), { recursive: true });
    return VerdictStore.#open(file, false);
  }

  /** Opens the store for reading; null when the verifier has not made it yet. Throws PRLX_VERDICTS when the file is no such store. */
  static read(state: string): VerdictStore | null {
    const file = verdictsFile(state);
    return existsSync(file) ? VerdictStore.#open(file, true) : null;
  }

  static #open(file: string, readOnly: boolean): VerdictStore {
    let db: DatabaseSync | null = null;
    try {
      db = new DatabaseSync(file, { readOnly });
      db.exec('PRAGMA busy_timeout = 5000');
      if (!readOnly) {
        db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
        db.exec(VERDICT_SCHEMA);
      }
      return new VerdictStore(db);
    } catch (cause) {
      db?.close();
      throw new ParallaxError('PRLX_VERDICTS', `cannot open the verdicts ${file}`, {
        cause,
        retryable: readOnly,
        advice: 'Remove the file if it holds no verdicts; minutes are verified again from there on.',
      });
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  /**
   * Writes the verdict on a minute, in place of an earlier one: all or nothing.
   * @param remembered what the verifier knows of earlier minutes now, for one that begins anew; null: nothing
   */
  write(verdict: MinuteVerdict, at: Micros, remembered: string | null = null): void {
    const { minute, manifest, digest, blocks } = verdict;
    this.#write(() => {
      this.#run('DELETE FROM blocked WHERE minute = ?', minute);
      this.#run(
        'INSERT OR REPLACE INTO verdicts (minute, manifest, digest, verdict, blocks, report, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        minute,
        manifest,
        digest,
        verdict.verdict,
        blocks.kind,
        reportOf(verdict),
        at,
      );
      if (blocks.kind === 'customers')
        for (const customer of new Set(blocks.customers))
          this.#run('INSERT INTO blocked (minute, customer) VALUES (?, ?)', minute, customer);
      this.#run('DELETE FROM remembered');
      if (remembered !== null) this.#run('INSERT INTO remembered (minute, known) VALUES (?, ?)', minute, remembered);
    });
  }

  /**
   * Forgets verdicts of minutes before `verdictsBefore`, and of minutes before `customersBefore` whom they hold back: of some of the oldest minutes only, so that it
   * is soon done. A verdict whose customers are forgotten reads as one that holds back all: by then nothing of its minute waits any more.
   */
  forget(verdictsBefore: Micros, customersBefore: Micros): void {
    this.#write(() => {
      const named = this.#all<{ minute: bigint }>(
        "SELECT minute FROM verdicts WHERE blocks = 'customers' AND minute < ? ORDER BY minute LIMIT ?",
        customersBefore > verdictsBefore ? customersBefore : verdictsBefore,
        FORGOTTEN_AT_ONCE,
      );
      for (const { minute } of named) {
        this.#run("UPDATE verdicts SET blocks = 'all' WHERE minute = ?", minute);
        this.#run('DELETE FROM blocked WHERE minute = ?', minute);
      }
      this.#run(
        "DELETE FROM verdicts WHERE minute IN (SELECT minute FROM verdicts WHERE minute < ? AND blocks <> 'customers' ORDER BY minute LIMIT ?)",
        verdictsBefore,
        FORGOTTEN_AT_ONCE,
      );
    });
  }

  verdictOf(minute: Micros): MinuteVerdict | null {
    return this.given(minute)?.verdict ?? null;
  }

  /** The verdict on a minute with its instant; null when there is none yet. */
  given(minute: Micros): GivenVerdict | null {
    const row = this.#get<VerdictRow>('SELECT minute, blocks, report, at FROM verdicts WHERE minute = ?', minute);
    return row === undefined ? null : { verdict: this.#verdict(row), at: row.at };
  }

  /** The minute whose verdict is the newest; null before the first. */
  newest(): Micros | null {
    return this.#get<{ minute: bigint | null }>('SELECT max(minute) AS minute FROM verdicts')?.minute ?? null;
  }

  /** What was remembered after a minute; null when it is not the newest one that something was remembered after. */
  remembered(minute: Micros): string | null {
    return this.#get<{ known: string }>('SELECT known FROM remembered WHERE minute = ?', minute)?.known ?? null;
  }

  /** The last verdicts by minute, newest first. */
  last(count: number): readonly GivenVerdict[] {
    const rows = this.#all<VerdictRow>('SELECT minute, blocks, report, at FROM verdicts ORDER BY minute DESC LIMIT ?', count);
    return rows.map((row) => ({ verdict: this.#verdict(row), at: row.at }));
  }

  /** Those that are no match, newest first, one in memory at a time. */
  *unmatched(): Iterable<GivenVerdict> {
    const sql = "SELECT minute, blocks, report, at FROM verdicts WHERE verdict <> 'match' ORDER BY minute DESC";
    for (const row of this.#statement(sql).iterate() as Iterable<VerdictRow>) yield { verdict: this.#verdict(row), at: row.at };
  }

  /** Verdicts given so far, by kind. */
  counts(): Readonly<Record<string, number>> {
    const rows = this.#all<{ verdict: string; n: bigint }>('SELECT verdict, count(*) AS n FROM verdicts GROUP BY verdict');
    return Object.fromEntries(rows.map(({ verdict, n }) => [verdict, Number(n)]));
  }

  /** Whether the verdict on the minute, if it blocks some customers, blocks this one. */
  isBlocked(minute: Micros, customer: string): boolean {
    return this.#get('SELECT 1 FROM blocked WHERE minute = ? AND customer = ?', minute, customer) !== undefined;
  }

  #verdict({ minute, blocks, report }: VerdictRow): MinuteVerdict {
    const kept = JSON.parse(report) as Omit<MinuteVerdict, 'minute' | 'blocks'>;
    return { ...kept, minute, blocks: this.#blocks(minute, blocks) };
  }

  #blocks(minute: Micros, kind: Blocks['kind']): Blocks {
    if (kind !== 'customers') return { kind };
    const rows = this.#all<{ customer: string }>('SELECT customer FROM blocked WHERE minute = ? ORDER BY customer', minute);
    return { kind, customers: rows.map(({ customer }) => customer) };
  }

  /** All or nothing. */
  #write(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
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

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  #get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  #all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }
}

interface VerdictRow {
  readonly minute: bigint;
  readonly blocks: Blocks['kind'];
  readonly report: string;
  readonly at: bigint;
}

/** All but what stands in columns of its own. */
function reportOf({ minute: _minute, blocks: _blocks, ...rest }: MinuteVerdict): string {
  return JSON.stringify(rest);
}
