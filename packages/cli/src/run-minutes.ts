import { formatSecond, type Micros, type MinuteExtras, type MinuteReport, ParallaxError } from '@parallax/core';
import {
  type CoordinatorOptions,
  type Engine,
  type Falls,
  findFalls,
  type KeptOutcome,
  keptOutcome,
  type LiveMinute,
  type MinuteStatus,
  type Pipeline,
  runMinutes,
} from '@parallax/pipeline';
import { freshStatus, isBad, type LiveReport, MinuteReporter, renewed, reportOf } from './report-minute.ts';
import { type Again, placeOf } from './verdict/again.ts';
import { ToldVerdicts } from './verdict/told-verdicts.ts';
import type { View } from './view/view.ts';

export interface ShownMinute {
  readonly report: MinuteReport;
  readonly extras: MinuteExtras;
}

const NO_FALLS: Falls = { customers: [], groups: [] };

/** Minutes that are kept to be shown again when their verdict or an action's state changes. */
const RENEWABLE_MINUTES = 90;

/**
 * Runs minutes and shows each in the view: as it is committed, and again when its verdict has come or its actions have moved on. `why` may
 * say what is known to have happened to a customer or group that fell. `onShown` is told of a minute each time; `again` says what shows again
 * what a verdict says.
 *
 * @returns how many of the minutes have a bad answer: a verdict that is none of a match, or none in time
 */
export async function runAndShow(
  options: Omit<CoordinatorOptions, 'onMinute' | 'onStatus' | 'note'> & {
    /** Whether it is asked who fell most: seconds, for hundreds of thousands of customers. */ readonly withFalls: boolean;
  },
  view: View,
  again: Again,
  onShown: (minute: ShownMinute) => void = () => undefined,
  why: (name: string) => string | null = () => null,
): Promise<number> {
  const reporter = new MinuteReporter();
  const desk = new MinuteDesk(view, again, placeOf(options.pipeline.project.directory, options.pipeline.paths.root), onShown);
  await runMinutes({
    ...options,
    note: (text) => view.note(text),
    onMinute: async (live, engine) => {
      const falls = options.withFalls ? await fallsOf(options.pipeline, engine, live, view) : NO_FALLS;
      const explained = {
        customers: falls.customers.map((fall) => ({ ...fall, why: why(fall.name) })),
        groups: falls.groups.map((fall) => ({ ...fall, why: why(fall.name) })),
      };
      desk.committed(live, reporter.extras(live, explained), freshStatus(live.outcome, options.verdicts !== null));
    },
    onStatus: (status) => desk.status(status),
  });
  return desk.bad.size;
}

/** Who fell most. The minute is committed: an engine that is lost now is the next one's, and nothing ends for what is only shown. */
async function fallsOf(pipeline: Pipeline, engine: Engine, { outcome }: LiveMinute, view: View): Promise<Falls> {
  try {
    return await findFalls(pipeline, engine, outcome);
  } catch (error) {
    if (!(error instanceof ParallaxError) || !error.retryable) throw error;
    view.note(`${formatSecond(outcome.minute)}: who fell most is not shown: ${error.message.split('\n')[0]}`);
    return NO_FALLS;
  }
}

/** What is kept of a minute to report it again: what became of its decisions, its status says. */
interface ReportedMinute extends LiveReport {
  readonly outcome: KeptOutcome;
}

/** Brings together what the coordinator says of a minute when it commits it, and what the gate says of it before and after. */
class MinuteDesk {
  readonly bad = new Set<Micros>();
  readonly #view: View;
  readonly #again: Again;
  readonly #onShown: (minute: ShownMinute) => void;
  readonly #committed = new Map<Micros, { readonly live: ReportedMinute; readonly extras: MinuteExtras }>();
  readonly #statuses = new Map<Micros, MinuteStatus>();

  readonly #told: ToldVerdicts;

  constructor(view: View, again: Again, place: string, onShown: (minute: ShownMinute) => void) {
    this.#view = view;
    this.#again = again;
    this.#told = new ToldVerdicts(again, place);
    this.#onShown = onShown;
  }

  committed(live: LiveMinute, extras: MinuteExtras, fresh: MinuteStatus): void {
    const { minute } = live.outcome;
    this.#committed.set(minute, { live: { ...live, outcome: keptOutcome(live.outcome) }, extras });
    this.#show(this.#statuses.get(minute) ?? fresh);
    for (const oldest of this.#committed.keys()) {
      if (this.#committed.size <= RENEWABLE_MINUTES) return;
      this.#committed.delete(oldest);
      this.#statuses.delete(oldest);
    }
  }

  status(status: MinuteStatus): void {
    const before = this.#statuses.get(status.minute);
    this.#statuses.set(status.minute, status);
    if (!this.#committed.has(status.minute)) return;
    if (before?.verification === 'missing' && status.verdict !== null) {
      this.#view.note(`the verdict on ${formatSecond(status.minute)} came late: ${status.verdict.verdict}`);
    }
    this.#show(status);
  }

  #show(status: MinuteStatus): void {
    const known = this.#committed.get(status.minute);
    if (known === undefined) return;
    if (status.settled && isBad(status)) this.bad.add(status.minute);
    const { live, extras } = known;
    const shown = { report: reportOf(live.outcome, status, this.#again, live), extras: renewed(extras, status) };
    if (status.verdict !== null) for (const line of this.#told.of(status.verdict)) this.#view.note(line);
    this.#view.minute(shown.report, shown.extras, status.settled);
    this.#onShown(shown);
  }
}
