import type { AlternativeMinute } from '@parallax/alternative';
import {
  type ActionCounts,
  type ActionSummary,
  type BatchAge,
  type ClassCounts,
  floorTo,
  formatSecond,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type Micros,
  type MinuteExtras,
  type MinuteReport,
  parseDay,
  parseSecond,
} from '@parallax/core';
import type { Falls, KeptOutcome, LiveMinute, MinuteOutcome, MinuteStatus } from '@parallax/pipeline';
import type { Again } from './verdict/again.ts';
import { isBadVerdict } from './verdict/bad.ts';
import { causeOf } from './verdict/cause.ts';

/** How a minute of a run stood to the clock, and how large the run's state was after it. */
export type LiveReport = Pick<LiveMinute, 'onTime' | 'behind' | 'state'>;

/**
 * The report of a committed minute (design, section 8). In a replay, which has no gate, no status and no clock, nothing is held, and a minute is on
 * time unless it was missed.
 * @param again what shows again what a verdict says
 * @param live null in a replay
 */
export function reportOf(outcome: KeptOutcome, status: MinuteStatus, again?: Again, live?: LiveReport | null): MinuteReport;
export function reportOf(outcome: MinuteOutcome, status?: MinuteStatus | null, again?: Again, live?: LiveReport | null): MinuteReport;
export function reportOf(
  outcome: KeptOutcome | MinuteOutcome,
  status: MinuteStatus | null = null,
  again: Again = () => [],
  live: LiveReport | null = null,
): MinuteReport {
  const { mean, p10, p50, p90 } = outcome.satisfaction;
  const number = (text: string | null) => (text === null ? null : Number(text));
  return {
    minute: formatSecond(outcome.minute),
    manifest: outcome.manifest,
    digest: outcome.digest,
    counts: countsOf(outcome),
    population: outcome.population,
    batch: outcome.batch === null ? null : batchAge(outcome.minute, outcome.batch.day, outcome.batch.version),
    satisfaction: { mean: number(mean), p10: number(p10), p50: number(p50), p90: number(p90) },
    actions: status === null ? { ...NONE, taken: 'decided' in outcome ? outcome.decided.length : 0 } : countsByState(status),
    verdict: status?.verdict?.verdict ?? null,
    verdict_reason: reasonOf(status),
    cause: status?.verdict == null ? null : causeOf(status.verdict, again),
    canaries: canariesOf(status),
    phases_ms: outcome.phasesMs,
    on_time: live === null ? !outcome.missed : live.onTime,
    behind: live === null ? null : live.behind,
    state: live === null ? null : live.state,
  };
}

/** How old a batch day is in a minute. */
function batchAge(minute: Micros, day: string, version: string | null): BatchAge {
  const begin = parseDay(day);
  if (begin === null) throw new RangeError(`not a day: ${day}`);
  return {
    day,
    version,
    age_days: Number((floorTo(minute, MICROS_PER_DAY) - begin) / MICROS_PER_DAY),
    age_hours: Number(floorTo(minute - begin - MICROS_PER_DAY, MICROS_PER_HOUR) / MICROS_PER_HOUR),
  };
}

const NONE: ActionCounts = { taken: 0, held: 0, waiting: 0, dropped: 0, expired: 0 };

/** The same of a minute that only the alternative computed: there is no manifest. */
export function reportOfAlternative(minute: AlternativeMinute): MinuteReport {
  const counts = Object.fromEntries(
    Object.entries(minute.counts)
      .filter(([, classes]) => classes.length > 0)
      .map(([stream, classes]) => {
        const of = { accepted: 0, duplicate: 0, late: 0, ahead: 0, invalid: 0 };
        for (const each of classes) of[each.class] += each.n;
        return [stream, of];
      }),
  );
  return {
    minute: minute.minute,
    manifest: '',
    digest: minute.digest,
    counts,
    population: minute.population,
    batch: minute.batchDay === null ? null : batchAge(parseSecond(minute.minute) ?? 0n, minute.batchDay, null),
    satisfaction: minute.satisfaction,
    actions: { ...NONE, taken: minute.actions },
    verdict: null,
    verdict_reason: 'off',
    cause: null,
    canaries: null,
    phases_ms: minute.phasesMs,
    on_time: true,
    behind: null,
    state: null,
  };
}

/** Of the minute's actions, or of those of one kind. */
function countsByState({ tallies }: MinuteStatus, action?: string): ActionCounts {
  const counts = { ...NONE };
  for (const { action: kind, state, n } of tallies) {
    if (action === undefined || action === kind) counts[state === 'released' ? 'taken' : state] += n;
  }
  return counts;
}

function canariesOf(status: MinuteStatus | null): MinuteReport['canaries'] {
  const { canaries, canaries_wrong: wrong = 0 } = status?.verdict?.coverage ?? {};
  return typeof canaries === 'number' ? { checked: canaries, wrong: Number(wrong) } : null;
}

function reasonOf(status: MinuteStatus | null): string | null {
  if (status === null) return 'off';
  if (status.verification === 'given') return status.verdict?.reason ?? null;
  return status.verification;
}

/** Whether the answer is bad: both methods differ, one of them or their comparison fails, or the verdict has not come. */
export function isBad({ verification, verdict }: MinuteStatus): boolean {
  return verification === 'missing' || (verdict !== null && isBadVerdict(verdict.verdict, verdict.reason));
}

/** What is known of a minute that was committed just now. */
export function freshStatus({ minute, decided }: MinuteOutcome, verified: boolean): MinuteStatus {
  const actions = [...new Set(decided.map(({ action }) => action))].sort();
  const tallies = actions.map((action) => ({ action, state: 'waiting' as const, n: decided.filter((d) => d.action === action).length }));
  return { minute, verification: verified ? 'pending' : 'off', verdict: null, tallies, settled: false };
}

/** What was known of a minute when it was committed, brought up to what is known of it now. */
export function renewed(extras: MinuteExtras, status: MinuteStatus): MinuteExtras {
  const actions = extras.actions.map(({ action, samples }) => ({ action, samples, ...countsByState(status, action) }));
  return { ...extras, verdict: status.verdict, actions };
}

function countsOf(outcome: KeptOutcome): Record<string, ClassCounts> {
  const counts: Record<string, { accepted: number; duplicate: number; late: number; ahead: number; invalid: number }> = {};
  for (const { stream, class: name, n } of outcome.counts) {
    counts[stream] ??= { accepted: 0, duplicate: 0, late: 0, ahead: 0, invalid: 0 };
    counts[stream][name] += n;
  }
  return counts;
}

/** Running totals of a run, and what a view shows of a minute beside its report. */
export class MinuteReporter {
  #minutes = 0;
  #events = 0;
  #actions = 0;
  /** Minutes in a row that were caught up. */
  #caughtUp = 0;

  extras(live: LiveMinute, falls: Falls): MinuteExtras {
    const { outcome } = live;
    this.#minutes += 1;
    this.#events += outcome.counts.reduce((sum, c) => sum + c.n, 0);
    this.#actions += outcome.decided.length;
    this.#caughtUp = live.onTime ? 0 : this.#caughtUp + 1;
    return {
      lagSeconds: live.onTime ? live.lagMs / 1000 : null,
      catchingUp: live.onTime || live.behind === 0 ? null : { done: this.#caughtUp, of: this.#caughtUp + live.behind },
      scored: outcome.satisfaction.scored,
      histogram: outcome.satisfaction.histogram,
      fallenCustomers: falls.customers,
      fallenGroups: falls.groups,
      verdict: null,
      actions: actionsOf(outcome),
      totals: { minutes: this.#minutes, events: this.#events, actions: this.#actions },
    };
  }
}

const SAMPLES = 3;

function actionsOf(outcome: MinuteOutcome): ActionSummary[] {
  const byAction = new Map<string, { taken: number; samples: { customer: string; reason: string | null }[] }>();
  for (const { action, customer, reason } of outcome.decided) {
    const entry = byAction.get(action) ?? { taken: 0, samples: [] };
    entry.taken += 1;
    if (entry.samples.length < SAMPLES) entry.samples.push({ customer, reason });
    byAction.set(action, entry);
  }
  return [...byAction]
    .map(([action, { taken, samples }]) => ({ action, ...NONE, taken, samples }))
    .sort((a, b) => b.taken - a.taken || (a.action < b.action ? -1 : 1));
}
