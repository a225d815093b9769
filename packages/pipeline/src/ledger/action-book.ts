import type { SQLInputValue } from 'node:sqlite';
import type { Micros, MinuteVerdict } from '@parallax/core';

export interface Decision {
  readonly id: string;
  readonly minute: Micros;
  readonly customer: string;
  readonly action: string;
  readonly reason: string | null;
}

/** A decision with its terms, which are fixed when it is decided: an edited project changes nothing for it. */
export interface GatedDecision extends Decision {
  /** Until then it waits for its customer's verdict. */
  readonly waitUntil: Micros;
  /** After it, it is too late to act. */
  readonly validUntil: Micros;
  /** What happens when no verdict has come. */
  readonly otherwise: 'hold' | 'drop';
}

export const DECISION_STATES = ['waiting', 'released', 'held', 'dropped', 'expired'] as const;
export type DecisionState = (typeof DECISION_STATES)[number];

/** By what a state came about: a verdict, a person, the lack of a verdict, an alternative that is off, or time. */
export const CAUSES = ['verdict', 'hand', 'no_verdict', 'batch_age', 'unverified', 'time'] as const;
export type Cause = (typeof CAUSES)[number];

export interface KnownDecision extends GatedDecision {
  readonly state: DecisionState;
  /** Null while it waits. */
  readonly cause: Cause | null;
  /** When the state came about; 0 while it waits. */
  readonly changed: Micros;
}

/** A decision's way into another state. */
export interface StateChange {
  readonly id: string;
  readonly state: Exclude<DecisionState, 'waiting'>;
  readonly cause: Cause;
}

/** A release or drop that a person asked for. */
export interface Intervention {
  readonly number: number;
  readonly decision: string;
  readonly wanted: 'release' | 'drop';
  readonly who: string;
  readonly why: string;
  readonly filed: Micros;
  /** Null until the coordinator has come to it. */
  readonly answer: string | null;
}

export interface Tally {
  readonly action: string;
  readonly state: DecisionState;
  readonly n: number;
}

/** How the book reaches the ledger's database. */
export interface LedgerAccess {
  readonly run: (sql: string, ...args: SQLInputValue[]) => number;
  readonly get: <Row>(sql: string, ...args: SQLInputValue[]) => Row | undefined;
  readonly all: <Row>(sql: string, ...args: SQLInputValue[]) => Row[];
  /** Fenced by the lease. */
  readonly transaction: <T>(work: () => T) => T;
  readonly unfenced: <T>(work: () => T) => T;
  readonly epoch: () => number;
}

const COLUMNS = 'id, minute, customer, action, reason, state, wait_until, valid_until, otherwise, cause, changed';

/** Decisions and what became of them, the verdicts that the gate went by, and what people asked for. */
export class ActionBook {
  readonly #ledger: LedgerAccess;

  constructor(ledger: LedgerAccess) {
    this.#ledger = ledger;
  }

  /** Part of a commit: within its transaction. */
  add(d: GatedDecision): void {
    this.#ledger.run(
      "INSERT INTO decisions (id, minute, customer, action, reason, state, wait_until, valid_until, otherwise) VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?)",
      d.id,
      d.minute,
      d.customer,
      d.action,
      d.reason,
      d.waitUntil,
      d.validUntil,
      d.otherwise,
    );
  }

  find(id: string): KnownDecision | null {
    const row = this.#ledger.get<DecisionRow>(`SELECT ${COLUMNS} FROM decisions WHERE id = ?`, id);
    return row === undefined ? null : decisionOf(row);
  }

  /** Decisions whose id begins so, at most `limit`. */
  startingWith(id: string, limit: number): KnownDecision[] {
    return this.#ledger
      .all<DecisionRow>(`SELECT ${COLUMNS} FROM decisions WHERE substr(id, 1, ?) = ? ORDER BY id LIMIT ?`, id.length, id, limit)
      .map(decisionOf);
  }

  /** Decisions of a minute by customer (UTF-8 bytes), then action. */
  ofMinute(minute: Micros): KnownDecision[] {
    return this.#ledger
      .all<DecisionRow>(`SELECT ${COLUMNS} FROM decisions WHERE minute = ? ORDER BY customer, action`, minute)
      .map(decisionOf);
  }

  /** The newest decisions in one of `states`, at most `limit`, oldest first. */
  list(states: readonly DecisionState[], limit: number): KnownDecision[] {
    const marks = states.map(() => '?').join(', ');
    return this.#ledger
      .all<DecisionRow>(
        `SELECT * FROM (SELECT ${COLUMNS} FROM decisions WHERE state IN (${marks}) ORDER BY minute DESC, id DESC LIMIT ?) ORDER BY minute, id`,
        ...states,
        limit,
      )
      .map(decisionOf);
  }

  /** Minutes with decisions that wait or are held, oldest first. */
  openMinutes(): Micros[] {
    return this.#ledger
      .all<{ minute: bigint }>("SELECT DISTINCT minute FROM decisions WHERE state IN ('waiting', 'held') ORDER BY minute")
      .map(({ minute }) => minute);
  }

  /** Decisions of a minute that wait or are held, whose id is after `after`, at most `limit`, by id. */
  open(minute: Micros, after: string, limit: number): KnownDecision[] {
    return this.#ledger
      .all<DecisionRow>(
        `SELECT ${COLUMNS} FROM decisions WHERE minute = ? AND id > ? AND state IN ('waiting', 'held') ORDER BY id LIMIT ?`,
        minute,
        after,
        limit,
      )
      .map(decisionOf);
  }

  /**
   * Brings decisions that are open into other states, and answers the requests that asked for it, all or nothing. One that is
   * released, dropped or expired stays so.
   */
  change(changes: readonly StateChange[], now: Micros, answers: readonly { number: number; answer: string }[] = []): void {
    this.#ledger.transaction(() => {
      for (const { id, state, cause } of changes) {
        this.#ledger.run(
          "UPDATE decisions SET state = ?, cause = ?, changed = ? WHERE id = ? AND state IN ('waiting', 'held')",
          state,
          cause,
          now,
          id,
        );
      }
      for (const { number, answer } of answers) {
        this.#ledger.run(
          'UPDATE interventions SET answered = ?, answer = ?, epoch = ? WHERE number = ? AND answered IS NULL',
          now,
          answer,
          this.#ledger.epoch(),
          number,
        );
      }
    });
  }

  /** Marks what the actions topic holds as released, whatever was thought of it: it has left. `causes` by id. */
  foundReleased(causes: ReadonlyMap<string, Cause>, now: Micros): void {
    this.#ledger.transaction(() => {
      for (const [id, cause] of causes) {
        this.#ledger.run(
          "UPDATE decisions SET state = 'released', cause = ?, changed = ? WHERE id = ? AND state <> 'released'",
          cause,
          now,
          id,
        );
      }
    });
  }

  tallies(minute: Micros): Tally[] {
    return this.#ledger
      .all<{ action: string; state: DecisionState; n: bigint }>(
        'SELECT action, state, count(*) AS n FROM decisions WHERE minute = ? GROUP BY action, state ORDER BY action, state',
        minute,
      )
      .map((row) => ({ action: row.action, state: row.state, n: Number(row.n) }));
  }

  countByState(): Readonly<Record<string, number>> {
    const rows = this.#ledger.all<{ state: string; n: bigint }>('SELECT state, count(*) AS n FROM decisions GROUP BY state');
    return Object.fromEntries(rows.map((row) => [row.state, Number(row.n)]));
  }

  /** The verdict that counts for a minute; null when none has come. */
  verdict(minute: Micros): MinuteVerdict | null {
    const row = this.#ledger.get<{ verdict: string }>('SELECT verdict FROM verdicts WHERE minute = ?', minute);
    if (row === undefined) return null;
    const raw = JSON.parse(row.verdict) as Omit<MinuteVerdict, 'minute'>;
    return { ...raw, minute };
  }

  /** Keeps a verdict; a later one on the same minute takes its place. */
  takeVerdict(verdict: MinuteVerdict, now: Micros): void {
    const { minute, ...rest } = verdict;
    this.#ledger.transaction(() =>
      this.#ledger.run(
        'INSERT INTO verdicts (minute, verdict, taken, epoch) VALUES (?, ?, ?, ?) ON CONFLICT (minute) DO UPDATE SET verdict = excluded.verdict, taken = excluded.taken, epoch = excluded.epoch',
        minute,
        JSON.stringify(rest),
        now,
        this.#ledger.epoch(),
      ),
    );
  }

  /** Files a request, also without the lease: it changes nothing until the lease's holder answers it. Returns its number. */
  file(request: { decision: string; wanted: 'release' | 'drop'; who: string; why: string; filed: Micros }): number {
    const { decision, wanted, who, why, filed } = request;
    return this.#ledger.unfenced(() => {
      this.#ledger.run(
        'INSERT INTO interventions (decision, wanted, who, why, filed) VALUES (?, ?, ?, ?, ?)',
        decision,
        wanted,
        who,
        why,
        filed,
      );
      return Number(this.#ledger.get<{ number: bigint }>('SELECT last_insert_rowid() AS number')?.number);
    });
  }

  /** Requests that nobody has answered, in the order in which they were filed. */
  unanswered(limit: number): Intervention[] {
    return this.#ledger
      .all<InterventionRow>(
        'SELECT number, decision, wanted, who, why, filed, answer FROM interventions WHERE answered IS NULL ORDER BY number LIMIT ?',
        limit,
      )
      .map(interventionOf);
  }

  /** Everything that was asked for about a decision, in order. */
  interventions(decision: string): Intervention[] {
    return this.#ledger
      .all<InterventionRow>(
        'SELECT number, decision, wanted, who, why, filed, answer FROM interventions WHERE decision = ? ORDER BY number',
        decision,
      )
      .map(interventionOf);
  }
}

interface DecisionRow {
  id: string;
  minute: bigint;
  customer: string;
  action: string;
  reason: string | null;
  state: DecisionState;
  wait_until: bigint;
  valid_until: bigint;
  otherwise: 'hold' | 'drop';
  cause: Cause | null;
  changed: bigint;
}

function decisionOf({ wait_until, valid_until, ...row }: DecisionRow): KnownDecision {
  return { ...row, waitUntil: wait_until, validUntil: valid_until };
}

interface InterventionRow {
  number: bigint;
  decision: string;
  wanted: 'release' | 'drop';
  who: string;
  why: string;
  filed: bigint;
  answer: string | null;
}

function interventionOf(row: InterventionRow): Intervention {
  return { ...row, number: Number(row.number) };
}
