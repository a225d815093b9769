import type { AlternativeMinute } from '@parallax/alternative';
import { type ActionSummary, type ClassCounts, formatSecond, type MinuteExtras, type MinuteReport } from '@parallax/core';
import type { Falls, LiveMinute, MinuteOutcome } from '@parallax/pipeline';

/** The report of a committed minute (design, section 8). In a replay nothing is held, and a minute is on time unless it was missed. */
export function reportOf(outcome: MinuteOutcome, live: { taken: number; held: number } | null = null): MinuteReport {
  const { mean, p10, p50, p90 } = outcome.satisfaction;
  const number = (text: string | null) => (text === null ? null : Number(text));
  return {
    minute: formatSecond(outcome.minute),
    manifest: outcome.manifest,
    digest: outcome.digest,
    counts: countsOf(outcome),
    population: outcome.population,
    satisfaction: { mean: number(mean), p10: number(p10), p50: number(p50), p90: number(p90) },
    actions: { taken: live?.taken ?? outcome.decided.length, held: live?.held ?? 0 },
    verdict: null,
    phases_ms: outcome.phasesMs,
    on_time: !outcome.missed,
  };
}

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
    satisfaction: minute.satisfaction,
    actions: { taken: minute.actions, held: 0 },
    verdict: null,
    phases_ms: minute.phasesMs,
    on_time: true,
  };
}

/** What became of a live minute's actions. After a restart those of an earlier minute may be published with it: more than it decided. */
export function publishedOf(live: LiveMinute): { taken: number; held: number } {
  return { taken: live.released, held: Math.max(0, live.outcome.decided.length - live.released - live.expired) };
}

function countsOf(outcome: MinuteOutcome): Record<string, ClassCounts> {
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
  readonly #catchUp: number;

  /** @param catchUp how many missed minutes are caught up before the first live one */
  constructor(catchUp: number) {
    this.#catchUp = catchUp;
  }

  extras(live: LiveMinute, falls: Falls): MinuteExtras {
    const { outcome } = live;
    this.#minutes += 1;
    this.#events += outcome.counts.reduce((sum, c) => sum + c.n, 0);
    this.#actions += outcome.decided.length;
    return {
      lagSeconds: live.onTime ? live.lagMs / 1000 : null,
      catchingUp: live.onTime ? null : { done: this.#minutes, of: Math.max(this.#catchUp, this.#minutes) },
      scored: outcome.satisfaction.scored,
      histogram: outcome.satisfaction.histogram,
      fallenCustomers: falls.customers,
      fallenGroups: falls.groups,
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
    .map(([action, { taken, samples }]) => ({ action, taken, held: 0, samples }))
    .sort((a, b) => b.taken - a.taken || (a.action < b.action ? -1 : 1));
}
