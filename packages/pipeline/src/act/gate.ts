import { floorTo, MICROS_PER_DAY, type Micros, type MinuteVerdict, parseDay } from '@parallax/core';
import type { Cause, GatedDecision, StateChange } from '../ledger/action-book.ts';
import type { CommittedIteration } from '../ledger/ledger.ts';

/**
 * The gate's rules, pure (contract, section 8): what becomes of one action, given its customer's verdict, what a person asked for, and
 * the time. `waiting → released | held | dropped | expired`, `held → released | dropped | expired`; the other states are final.
 */

/** Causes that give an action the right to leave. Every released action has one of them. */
export const RIGHTS = ['verdict', 'hand', 'unverified'] as const satisfies readonly Cause[];
export type Right = (typeof RIGHTS)[number];

/** The state that an action comes into, and by what. */
export type NextState =
  | { readonly state: 'released'; readonly cause: Right }
  | { readonly state: Exclude<StateChange['state'], 'released'>; readonly cause: Cause };

/** What a verdict says about one customer: its rows are right, they are not, or nothing yet. */
export type Finding = 'clears' | 'blocks' | 'open';

/**
 * What is known of a minute's verification. `off`: there is no alternative method, so nothing is waited for. `too_old`: its batch day is older than
 * `batch_max_age`, so that only a person may release what it decided, whatever its verdict.
 */
export type Verification =
  | { readonly kind: 'off' }
  | { readonly kind: 'too_old' }
  | { readonly kind: 'on'; readonly findingOf: (customer: string) => Finding };

/** Whether a minute's batch day is older than the project allows: its age in days, as `iteration.batch_age_days` has it. No day is not old. */
export function isBatchTooOld(minute: Micros, batchDay: string | null, maxAge: Micros): boolean {
  const day = batchDay === null ? null : parseDay(batchDay);
  return day !== null && floorTo(minute, MICROS_PER_DAY) - day > maxAge;
}

/** An action that is still to be decided about. */
export type OpenAction = Pick<GatedDecision, 'id' | 'customer' | 'waitUntil' | 'validUntil' | 'otherwise'> & {
  readonly state: 'waiting' | 'held';
};

/** Whether a verdict was given on this very iteration: one on another attempt, or on other inputs, does not count. */
export function countsFor(verdict: MinuteVerdict, iteration: Pick<CommittedIteration, 'minute' | 'manifest' | 'digest'>): boolean {
  return verdict.minute === iteration.minute && verdict.manifest === iteration.manifest && verdict.digest === iteration.digest;
}

/**
 * What a verdict says about one customer: `inconclusive` says nothing about anybody; the others name whom they hold back. In a match
 * those are customers whose action is borderline; in a mismatch those whose own rows differ, and all when a difference cannot be
 * attributed.
 */
export function findingsOf(verdict: MinuteVerdict | null): (customer: string) => Finding {
  if (verdict === null || verdict.verdict === 'inconclusive') return () => 'open';
  const { blocks } = verdict;
  if (blocks.kind === 'none') return () => 'clears';
  if (blocks.kind === 'all') return () => 'blocks';
  const blocked = new Set(blocks.customers);
  return (customer) => (blocked.has(customer) ? 'blocks' : 'clears');
}

/**
 * What becomes of an action now; null: it stays as it is. In this order: what is too old expires; what a person asked for is done; a
 * verdict that clears the customer releases, also what was held before; one that does not holds or drops at once, since nothing more is
 * waited for, and so does a batch day that is too old; without a verdict that happens when the wait is over. With the alternative off what waits is released, and what an earlier
 * run has held stays so.
 */
export function nextState(
  action: OpenAction,
  known: { readonly verification: Verification; readonly wanted: 'release' | 'drop' | null; readonly now: Micros },
): NextState | null {
  const { verification, wanted, now } = known;
  if (now > action.validUntil) return { state: 'expired', cause: 'time' };
  if (wanted === 'release') return { state: 'released', cause: 'hand' };
  if (wanted === 'drop') return { state: 'dropped', cause: 'hand' };
  if (verification.kind === 'off') return action.state === 'waiting' ? { state: 'released', cause: 'unverified' } : null;
  if (verification.kind === 'too_old') return action.state === 'waiting' ? { state: refusal(action), cause: 'batch_age' } : null;
  const finding = verification.findingOf(action.customer);
  if (finding === 'clears') return { state: 'released', cause: 'verdict' };
  if (action.state === 'held') return null;
  if (finding === 'blocks') return { state: refusal(action), cause: 'verdict' };
  return now > action.waitUntil ? { state: refusal(action), cause: 'no_verdict' } : null;
}

/** The instant after which time alone changes what becomes of an action. */
export function nextTerm(action: OpenAction, now: Micros): Micros {
  return action.state === 'waiting' && now <= action.waitUntil && action.waitUntil < action.validUntil
    ? action.waitUntil
    : action.validUntil;
}

function refusal({ otherwise }: OpenAction): 'held' | 'dropped' {
  return otherwise === 'hold' ? 'held' : 'dropped';
}
