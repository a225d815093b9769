import { readFileSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { type BatchVersion, type Close, canonicalJson, type Micros, ParallaxError, type Seal, sha256Hex } from '@parallax/core';
import { ActionBook, type GatedDecision, type LedgerAccess } from './action-book.ts';
import { addColumns } from './add-columns.ts';
import { Retention } from './retention.ts';

export type { Decision, GatedDecision } from './action-book.ts';

/** The batch view of a day: a folder of Parquet, a row a page of base customers. */
export interface BatchView {
  readonly folder: string;
  readonly customers: number;
  readonly aside: readonly AsideCount[];
  /** How customers are spread over buckets and pages. */
  readonly placement: { readonly buckets: number; readonly pages: number; readonly lanes: number };
  /** The file of each bucket; empty where it has no customer. */
  readonly files: readonly string[];
  /** The declared columns that rows hold: those that the project's SQL takes. */
  readonly taken: readonly string[];
  /** Rows of each table, `<source>.<table>`. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Rows of a batch table that were kept aside for one reason. */
export interface AsideCount {
  readonly table: string;
  readonly reason: string;
  readonly rows: number;
}

/** The base population scored by a day's batch rows alone: a folder of Parquet, a row a customer. */
export interface Baseline {
  readonly folder: string;
  readonly customers: number;
  /** Of the project that scored it: with other rules it is made anew. */
  readonly projectHash: string;
  /** The first minute that uses the day; `iteration.minute` of its rows. Microseconds since 1970, as text. */
  readonly minute: string;
}

/** A day of batch data that is complete; `view` and `baseline` once they were made. */
export interface RegisteredDay extends BatchVersion {
  readonly registered: Micros;
  readonly view: BatchView | null;
  readonly baseline: Baseline | null;
}

export interface CommittedIteration {
  readonly minute: Micros;
  readonly folder: string;
  readonly manifest: string;
  readonly digest: string;
  /** JSON of what the minute's report line says. */
  readonly report: string;
}

/** The one writer's right to write: every change names its epoch and fails when another holder took over. */
export interface Lease {
  readonly holder: string;
  readonly epoch: number;
}

/** SQLite by Node's own binding, write-ahead log, full sync: a committed transaction survives the loss of power. */
export class Ledger {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** What became of the decisions: the gate's part of the ledger. */
  readonly actions: ActionBook;
  /** What is kept of minutes that are long over. */
  readonly retention: Retention;
  #lease: Lease | null = null;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    const access: LedgerAccess = {
      run: (sql, ...args) => this.#run(sql, ...args),
      get: (sql, ...args) => this.#get(sql, ...args),
      all: (sql, ...args) => this.#all(sql, ...args),
      transaction: (work) => this.#transaction(work),
      unfenced: (work) => this.#transaction(work, false),
      epoch: () => this.epoch,
    };
    this.actions = new ActionBook(access);
    this.retention = new Retention(access);
  }

  /** Opens or makes the ledger at `file` (`:memory:` for tests). Throws PRLX_LEDGER when it is no ledger. */
  static open(file: string): Ledger {
    const db = new DatabaseSync(file);
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;');
      addColumns(db);
      db.exec(readFileSync(new URL('./schema.sql', import.meta.url), 'utf8'));
    } catch (cause) {
      db.close();
      throw new ParallaxError('PRLX_LEDGER', `cannot open the ledger ${file}`, {
        cause,
        advice: 'Give another --state folder, or remove the file if it is no ledger.',
      });
    }
    return new Ledger(db);
  }

  close(): void {
    this.#db.close();
  }

  /** Takes the lease when it is free, expired or already `holder`'s; throws PRLX_LEASE when another coordinator holds it. */
  takeLease(holder: string, now: Micros, expires: Micros): Lease {
    return this.#transaction(() => {
      const row = this.#get<{ holder: string; epoch: number; expires: bigint }>('SELECT holder, epoch, expires FROM lease WHERE id = 1');
      if (row !== undefined && row.holder !== holder && BigInt(row.expires) > now) {
        throw new ParallaxError('PRLX_LEASE', `another coordinator (${row.holder}) writes this ledger`, {
          advice: 'Stop it, or wait until its lease has expired.',
          retryable: true,
        });
      }
      const epoch = Number(row?.epoch ?? 0) + 1;
      this.#run(
        'INSERT INTO lease (id, holder, epoch, expires) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch, expires = excluded.expires',
        holder,
        epoch,
        expires,
      );
      this.#lease = { holder, epoch };
      return this.#lease;
    }, false);
  }

  /** Who holds the lease, and until when; null when nobody ever took it. */
  currentLease(): (Lease & { readonly expires: Micros }) | null {
    const row = this.#get<{ holder: string; epoch: bigint; expires: bigint }>('SELECT holder, epoch, expires FROM lease WHERE id = 1');
    return row === undefined ? null : { holder: row.holder, epoch: Number(row.epoch), expires: row.expires };
  }

  /** Extends the lease; throws PRLX_FENCED when it was lost. */
  renewLease(expires: Micros): void {
    this.#transaction(() => this.#run('UPDATE lease SET expires = ? WHERE id = 1', expires));
  }

  /** Gives the lease back, so that the next coordinator need not wait. */
  releaseLease(): void {
    if (this.#lease === null) return;
    this.#run('UPDATE lease SET expires = 0 WHERE id = 1 AND epoch = ?', this.#lease.epoch);
    this.#lease = null;
  }

  /** Throws PRLX_FENCED when another coordinator has taken the lease since. */
  assertLease(): void {
    this.#assertFence();
  }

  get epoch(): number {
    if (this.#lease === null) throw new ParallaxError('PRLX_FENCED', 'this coordinator holds no lease');
    return this.#lease.epoch;
  }

  meta(name: string): string | null {
    return this.#get<{ value: string }>('SELECT value FROM meta WHERE name = ?', name)?.value ?? null;
  }

  /** What is kept under names that begin so, by name. */
  metas(prefix: string): { name: string; value: string }[] {
    return this.#all<{ name: string; value: string }>(
      'SELECT name, value FROM meta WHERE substr(name, 1, ?) = ? ORDER BY name',
      prefix.length,
      prefix,
    );
  }

  setMeta(name: string, value: string): void {
    this.#transaction(() =>
      this.#run('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, value),
    );
  }

  /** Registers a complete day; the same version again changes nothing. Returns whether it is new. */
  registerDay(version: BatchVersion, registered: Micros): boolean {
    return this.#transaction(
      () =>
        this.#run(
          'INSERT INTO batch_days (day, version, registered) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          version.day,
          version.version,
          registered,
        ) > 0,
    );
  }

  setDayView(version: BatchVersion, view: BatchView): void {
    this.#transaction(() =>
      this.#run('UPDATE batch_days SET view = ? WHERE day = ? AND version = ?', canonicalJson(view), version.day, version.version),
    );
  }

  /** Forgets view and baseline of a version, whose files the caller then removes. */
  forgetDayView({ day, version }: BatchVersion): void {
    this.#transaction(() => this.#run('UPDATE batch_days SET view = NULL, baseline = NULL WHERE day = ? AND version = ?', day, version));
  }

  setDayBaseline(version: BatchVersion, baseline: Baseline): void {
    this.#transaction(() =>
      this.#run('UPDATE batch_days SET baseline = ? WHERE day = ? AND version = ?', canonicalJson(baseline), version.day, version.version),
    );
  }

  days(): RegisteredDay[] {
    return this.#all<DayRow>('SELECT day, version, registered, view, baseline FROM batch_days ORDER BY day, registered, version').map(
      dayOf,
    );
  }

  /** The newest day whose registration is at or before `instant`; of two versions of it the one registered last. */
  activeDay(instant: Micros): RegisteredDay | null {
    const row = this.#get<DayRow>(
      'SELECT day, version, registered, view, baseline FROM batch_days WHERE registered <= ? ORDER BY day DESC, registered DESC, version DESC LIMIT 1',
      instant,
    );
    return row === undefined ? null : dayOf(row);
  }

  seal(minute: Micros): Seal | null {
    const row = this.#get<{ seal: string }>('SELECT seal FROM seals WHERE minute = ?', minute);
    return row === undefined ? null : (JSON.parse(row.seal) as Seal);
  }

  /** The newest sealed minute, committed or not; null before the first. */
  newestSeal(): Micros | null {
    const row = this.#get<{ minute: bigint | null }>('SELECT max(minute) AS minute FROM seals');
    return row === undefined || row.minute === null ? null : BigInt(row.minute);
  }

  /** Writes the seal of a minute, once: a sealed minute keeps its first seal. */
  writeSeal(minute: Micros, seal: Seal, now: Micros): void {
    this.#transaction(() =>
      this.#run('INSERT INTO seals (minute, seal, epoch, sealed_at) VALUES (?, ?, ?, ?)', minute, canonicalJson(seal), this.epoch, now),
    );
  }

  /** When the minute's seal was written; null when it is not sealed. */
  sealedAt(minute: Micros): Micros | null {
    return this.#get<{ sealed_at: bigint }>('SELECT sealed_at FROM seals WHERE minute = ?', minute)?.sealed_at ?? null;
  }

  closeOf(minute: Micros): Close | null {
    const row = this.#get<{ close: string }>('SELECT close FROM closes WHERE minute = ?', minute);
    return row === undefined ? null : (JSON.parse(row.close) as Close);
  }

  /** Writes the close of a sealed minute, once, and returns the manifest's digest: SHA-256 over seal and close. */
  writeClose(minute: Micros, seal: Seal, close: Close): string {
    const manifest = sha256Hex(canonicalJson({ seal, close }));
    this.#transaction(() =>
      this.#run(
        'INSERT INTO closes (minute, close, manifest, epoch) VALUES (?, ?, ?, ?)',
        minute,
        canonicalJson(close),
        manifest,
        this.epoch,
      ),
    );
    return manifest;
  }

  manifest(minute: Micros): string | null {
    return this.#get<{ manifest: string }>('SELECT manifest FROM closes WHERE minute = ?', minute)?.manifest ?? null;
  }

  /** The newest committed iteration, or null before the first. */
  newest(): CommittedIteration | null {
    const row = this.#get<IterationRow>('SELECT minute, folder, manifest, digest, report FROM iterations ORDER BY minute DESC LIMIT 1');
    return row === undefined ? null : iterationOf(row);
  }

  /** The oldest committed minute that is known, or null before the first. */
  oldest(): Micros | null {
    const row = this.#get<{ minute: bigint | null }>('SELECT min(minute) AS minute FROM iterations');
    return row === undefined || row.minute === null ? null : BigInt(row.minute);
  }

  /** The oldest committed minute whose files are still there, or null. */
  oldestKept(): Micros | null {
    return this.#get<{ minute: bigint }>('SELECT minute FROM iterations WHERE reclaimed = 0 ORDER BY minute LIMIT 1')?.minute ?? null;
  }

  /** Committed iterations in `[from, to]` whose files are still there, oldest first. */
  iterations(from: Micros, to: Micros): CommittedIteration[] {
    return this.#all<IterationRow>(
      'SELECT minute, folder, manifest, digest, report FROM iterations WHERE minute BETWEEN ? AND ? AND reclaimed = 0 ORDER BY minute',
      from,
      to,
    ).map(iterationOf);
  }

  /** The committed iteration of a minute, also when its files are gone; null when there is none. */
  iteration(minute: Micros): CommittedIteration | null {
    const row = this.#get<IterationRow>('SELECT minute, folder, manifest, digest, report FROM iterations WHERE minute = ?', minute);
    return row === undefined ? null : iterationOf(row);
  }

  /** Makes the iteration visible, together with what it decided: all or nothing. */
  commit(iteration: CommittedIteration, decisions: readonly GatedDecision[]): void {
    this.#transaction(() => {
      this.#run(
        'INSERT INTO iterations (minute, folder, epoch, manifest, digest, report) VALUES (?, ?, ?, ?, ?, ?)',
        iteration.minute,
        iteration.folder,
        this.epoch,
        iteration.manifest,
        iteration.digest,
        iteration.report,
      );
      for (const d of decisions) {
        this.actions.add(d);
        this.#run(
          'INSERT INTO last_decisions (customer, action, minute) VALUES (?, ?, ?) ON CONFLICT (customer, action) DO UPDATE SET minute = excluded.minute',
          d.customer,
          d.action,
          d.minute,
        );
      }
    });
  }

  lastDecision(customer: string, action: string): Micros | null {
    const row = this.#get<{ minute: bigint }>('SELECT minute FROM last_decisions WHERE customer = ? AND action = ?', customer, action);
    return row === undefined ? null : BigInt(row.minute);
  }

  #transaction<T>(work: () => T, fenced = true): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      if (fenced) this.#assertFence();
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #assertFence(): void {
    const row = this.#get<{ epoch: number }>('SELECT epoch FROM lease WHERE id = 1');
    if (row === undefined || Number(row.epoch) !== this.epoch) {
      throw new ParallaxError('PRLX_FENCED', 'another coordinator has taken the lease; this one stops writing', {
        advice: 'Run one coordinator a state folder.',
      });
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

  #run(sql: string, ...args: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...args).changes);
  }

  #get<Row>(sql: string, ...args: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...args) as Row | undefined;
  }

  #all<Row>(sql: string, ...args: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...args) as Row[];
  }
}

interface DayRow {
  day: string;
  version: string;
  registered: bigint;
  view: string | null;
  baseline: string | null;
}

function dayOf(row: DayRow): RegisteredDay {
  return {
    ...row,
    registered: BigInt(row.registered),
    view: row.view === null ? null : (JSON.parse(row.view) as BatchView),
    baseline: row.baseline === null ? null : (JSON.parse(row.baseline) as Baseline),
  };
}

interface IterationRow {
  minute: bigint;
  folder: string;
  manifest: string;
  digest: string;
  report: string;
}

function iterationOf(row: IterationRow): CommittedIteration {
  return { minute: BigInt(row.minute), folder: row.folder, manifest: row.manifest, digest: row.digest, report: row.report };
}
