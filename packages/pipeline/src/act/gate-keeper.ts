import { formatSecond, MICROS_PER_MINUTE, type Micros, type MinuteVerdict, ParallaxError, type VerdictSource } from '@parallax/core';
import type { DecisionState, KnownDecision, StateChange, Tally } from '../ledger/action-book.ts';
import type { Ledger } from '../ledger/ledger.ts';
import {
  GATE_POLL_MS,
  PUBLISH_BATCH_MAX,
  REQUESTS_BATCH_MAX,
  RETRY_FIRST_MS,
  RETRY_LAST_MS,
  VERDICT_AGAIN_MS,
  VERDICT_WATCH_MINUTES,
} from '../limits.ts';
import type { Clock } from '../run/clock.ts';
import { countsFor, findingsOf, isBatchTooOld, nextState, nextTerm, type OpenAction, type Verification } from './gate.ts';
import type { ActionPublisher, Release } from './publish.ts';

/** What is known of a committed minute's actions and verdict. */
export interface MinuteStatus {
  readonly minute: Micros;
  /** `missing`: the wait is over and there is none, which is a failure. `off`: nothing is verified. */
  readonly verification: 'off' | 'pending' | 'given' | 'missing';
  readonly verdict: MinuteVerdict | null;
  readonly tallies: readonly Tally[];
  /** True once the minute can be reported: nothing of it is waited for any more. Minutes become so in their order. */
  readonly settled: boolean;
}

export interface GateOptions {
  readonly ledger: Ledger;
  /** Null: nothing is published, and decisions stay as they are until they expire. */
  readonly publisher: ActionPublisher | null;
  /** Null: the alternative method is off. */
  readonly verdicts: VerdictSource | null;
  readonly clock: Clock;
  /** How long after its seal a minute's verdict may come before it counts as missing. */
  readonly wait: Micros;
  /** Minutes whose batch day is older have their actions held or dropped; by default none is too old. */
  readonly batchMaxAge?: Micros;
  readonly onStatus: (status: MinuteStatus) => void;
  readonly note: (text: string) => void;
}

type OpenDecision = KnownDecision & OpenAction;

interface Watched {
  readonly wait: Micros;
  /** Committed before this process began: nobody waits for its report. */
  readonly silent: boolean;
  verdict: MinuteVerdict | null;
  verification: Verification;
  /** When time alone changes something; 0: something has changed already. */
  due: Micros;
  /** When the source was asked last. */
  asked: Micros;
  tallies: readonly Tally[];
  /** Counts what has changed that a status shows. */
  version: number;
  settled: boolean;
  reported: string;
}

/**
 * Applies verdicts, requests by hand and terms that are over to the actions that are open, and publishes what has the right to leave: on its
 * own, beside the minutes, which wait for nothing of it. All it knows is in the ledger; a turn that fails or is cut off is made again.
 */
export class GateKeeper {
  readonly #options: GateOptions;
  readonly #watched = new Map<Micros, Watched>();

  constructor(options: GateOptions) {
    this.#options = options;
    const { ledger } = options;
    const newest = ledger.newest()?.minute ?? 0n;
    const recent = ledger.iterations(newest - BigInt(VERDICT_WATCH_MINUTES) * MICROS_PER_MINUTE, newest);
    const unverified = recent.map(({ minute }) => minute).filter((minute) => ledger.actions.verdict(minute) === null);
    for (const minute of [...new Set([...ledger.actions.openMinutes(), ...unverified])].sort(ascending)) this.#add(minute, true);
  }

  /** From now on the minute, which has been committed, is looked after. */
  watch(minute: Micros): void {
    this.#add(minute, false);
  }

  /** Turns until `signal` aborts. Throws what does not pass by itself, such as the loss of the lease. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, note } = this.#options;
    let failureMs = 0;
    while (!signal.aborted) {
      try {
        await this.turn();
        failureMs = 0;
      } catch (error) {
        if (!(error instanceof ParallaxError) || !error.retryable) throw error;
        failureMs = Math.min(RETRY_LAST_MS, failureMs === 0 ? RETRY_FIRST_MS : 2 * failureMs);
        note(`actions could not be published, trying again: ${error.message.split('\n')[0]}`);
      }
      await clock.sleep(failureMs === 0 ? GATE_POLL_MS : failureMs, signal);
    }
  }

  /** Returns once every minute of this process is settled, or `signal` aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && [...this.#watched.values()].some(({ silent, settled }) => !silent && !settled)) {
      await this.#options.clock.sleep(GATE_POLL_MS, signal);
    }
  }

  /** Reports what is known of the minutes that are not settled, for a run that ends before they are. */
  flush(): void {
    for (const [minute, watched] of this.#watched) {
      if (watched.silent || watched.settled) continue;
      watched.settled = true;
      this.#tell(minute, watched, this.#options.clock.now());
    }
  }

  /**
   * One look at everything. What needs no broker is done first, so that actions are held and expire while it is away; only what may have
   * left in a send without an answer stays as it is until the topic has been read back.
   */
  async turn(): Promise<void> {
    const now = this.#options.clock.now();
    const requested = this.#refuseRequests(now);
    for (const [minute, watched] of this.#watched) this.#takeVerdict(minute, watched, now);
    const releasing = [...this.#watched].filter(([minute, watched]) => watched.due < now && this.#applyTerms(minute, watched, now));
    try {
      await this.#publish(requested, releasing, now);
    } finally {
      this.#report(now);
    }
  }

  /** Does what people have asked for and nothing else: for a command that has the lease while no coordinator lives. */
  async answer(): Promise<void> {
    const now = this.#options.clock.now();
    await this.#options.publisher?.claim(now);
    await this.#publish(this.#refuseRequests(now), [], now);
  }

  #add(minute: Micros, silent: boolean): void {
    const { ledger, wait } = this.#options;
    const verdict = ledger.actions.verdict(minute);
    this.#watched.set(minute, {
      wait: (ledger.sealedAt(minute) ?? minute + MICROS_PER_MINUTE) + wait,
      silent,
      verdict,
      verification: this.#verification(minute, verdict),
      due: 0n,
      asked: 0n,
      tallies: [],
      version: 0,
      settled: false,
      reported: '',
    });
  }

  #verification(minute: Micros, verdict: MinuteVerdict | null): Verification {
    const { ledger, verdicts, batchMaxAge } = this.#options;
    const day = ledger.seal(minute)?.batch?.day ?? null;
    if (batchMaxAge !== undefined && isBatchTooOld(minute, day, batchMaxAge)) return { kind: 'too_old' };
    return verdicts === null ? { kind: 'off' } : { kind: 'on', findingOf: findingsOf(verdict) };
  }

  /** Answers requests that need no publishing; returns those that do. */
  #refuseRequests(now: Micros): Release[] {
    const { ledger, publisher } = this.#options;
    const { actions } = ledger;
    const releases = new Map<string, Release>();
    for (const { number, decision: id, wanted } of actions.unanswered(REQUESTS_BATCH_MAX)) {
      const decision = actions.find(id);
      if (decision !== null && isOpen(decision) && publisher?.doubts(id) === true) continue;
      const next = decision !== null && isOpen(decision) ? nextState(decision, { verification: { kind: 'off' }, wanted, now }) : null;
      if (decision === null || next === null) {
        actions.change([], now, [{ number, answer: decision === null ? 'unknown' : `already ${decision.state}` }]);
      } else if (next.state !== 'released') {
        actions.change([{ id, ...next }], now, [{ number, answer: next.state }]);
        this.#touch(decision.minute);
        // A second request for the same action is answered in the next turn, when the first one is done.
      } else if (!releases.has(id)) releases.set(id, { decision, right: 'hand', request: number });
    }
    return [...releases.values()];
  }

  #takeVerdict(minute: Micros, watched: Watched, now: Micros): void {
    const { ledger, verdicts, note } = this.#options;
    if (verdicts === null || (isDecisive(watched.verdict) && now - watched.asked < BigInt(VERDICT_AGAIN_MS) * 1000n)) return;
    watched.asked = now;
    let verdict: MinuteVerdict | null = null;
    try {
      verdict = verdicts.verdictOf(minute);
    } catch (error) {
      note(
        `the verdict on ${formatSecond(minute)} cannot be read: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      );
    }
    const iteration = ledger.iteration(minute);
    if (verdict === null || iteration === null || !countsFor(verdict, iteration)) return;
    if (JSON.stringify({ ...verdict, minute: null }) === JSON.stringify({ ...watched.verdict, minute: null })) return;
    ledger.actions.takeVerdict(verdict, now);
    watched.verdict = verdict;
    watched.verification = this.#verification(minute, verdict);
    watched.due = 0n;
    watched.version += 1;
  }

  /** Holds, drops and expires what is to be; returns whether something of the minute is to be released. */
  #applyTerms(minute: Micros, watched: Watched, now: Micros): boolean {
    const { ledger, publisher } = this.#options;
    const { actions } = ledger;
    let releasing = false;
    let due: Micros | null = null;
    for (const page of this.#pages(minute)) {
      const changes: StateChange[] = [];
      for (const decision of page) {
        const next = nextState(decision, { verification: watched.verification, wanted: null, now });
        if (publisher?.doubts(decision.id) === true) releasing = true;
        else if (next === null) due = earlier(due, nextTerm(decision, now));
        else if (next.state === 'released') releasing = true;
        else {
          changes.push({ id: decision.id, ...next });
          if (next.state === 'held') due = earlier(due, decision.validUntil);
        }
      }
      if (changes.length > 0) actions.change(changes, now);
    }
    watched.due = releasing ? 0n : (due ?? NEVER);
    this.#count(minute, watched);
    return releasing;
  }

  async #publish(requested: readonly Release[], releasing: readonly (readonly [Micros, Watched])[], now: Micros): Promise<void> {
    const { publisher } = this.#options;
    if (publisher === null) return;
    await publisher.claim(now);
    if (requested.length > 0) {
      await publisher.release(requested, now);
      for (const { decision } of requested) this.#touch(decision.minute);
    }
    for (const [minute, watched] of releasing) {
      for (const page of this.#pages(minute)) {
        const releases = page.flatMap((decision): Release[] => {
          const next = nextState(decision, { verification: watched.verification, wanted: null, now });
          return next?.state === 'released' ? [{ decision, right: next.cause, request: null }] : [];
        });
        if (releases.length > 0) await publisher.release(releases, now);
      }
      this.#count(minute, watched);
    }
  }

  /** The minute's open decisions, page by page; those of a page may change before the next is read. */
  *#pages(minute: Micros): Iterable<OpenDecision[]> {
    for (let after = ''; ; ) {
      const page = this.#options.ledger.actions.open(minute, after, PUBLISH_BATCH_MAX).filter(isOpen);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.id;
    }
  }

  #touch(minute: Micros): void {
    const watched = this.#watched.get(minute);
    if (watched !== undefined) watched.due = 0n;
  }

  #count(minute: Micros, watched: Watched): void {
    const tallies = this.#options.ledger.actions.tallies(minute);
    if (JSON.stringify(tallies) !== JSON.stringify(watched.tallies)) watched.version += 1;
    watched.tallies = tallies;
  }

  /** Tells what has changed, oldest minute first; a minute is settled after those before it. */
  #report(now: Micros): void {
    let before = true;
    for (const [minute, watched] of this.#watched) {
      watched.settled ||= watched.silent || (before && this.#isSettled(watched, now));
      before &&= watched.settled;
      this.#tell(minute, watched, now);
      const { settled, tallies, verdict, wait } = watched;
      const decisive = this.#options.verdicts === null || isDecisive(verdict);
      const old = now > wait + BigInt(VERDICT_WATCH_MINUTES) * MICROS_PER_MINUTE;
      if (settled && !tallies.some(isOpen) && (decisive || old)) this.#watched.delete(minute);
    }
  }

  #isSettled({ verdict, wait, tallies }: Watched, now: Micros): boolean {
    const { publisher, verdicts } = this.#options;
    if (publisher === null || now > wait) return true;
    return (verdicts === null || verdict !== null) && !tallies.some(({ state }) => state === 'waiting');
  }

  #tell(minute: Micros, watched: Watched, now: Micros): void {
    const { verdict, tallies, wait, settled, version } = watched;
    const { verdicts, onStatus } = this.#options;
    const verification = verdicts === null ? 'off' : verdict !== null ? 'given' : now > wait ? 'missing' : 'pending';
    const text = `${settled} ${verification} ${version}`;
    if (text === watched.reported) return;
    watched.reported = text;
    onStatus({ minute, verification, verdict, tallies, settled });
  }
}

/** Nothing is open: no time changes anything. */
const NEVER: Micros = 1n << 62n;

function isOpen<T extends { readonly state: DecisionState }>(it: T): it is T & { readonly state: 'waiting' | 'held' } {
  return it.state === 'waiting' || it.state === 'held';
}

/** A verdict after which another one is not expected. */
function isDecisive(verdict: MinuteVerdict | null): boolean {
  return verdict !== null && verdict.verdict !== 'inconclusive';
}

function earlier(a: Micros | null, b: Micros): Micros {
  return a === null || b < a ? b : a;
}

function ascending(a: Micros, b: Micros): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
