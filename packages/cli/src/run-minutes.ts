import type { MinuteExtras, MinuteReport } from '@parallax/core';
import { type CoordinatorOptions, findFalls, runMinutes } from '@parallax/pipeline';
import { MinuteReporter, publishedOf, reportOf } from './report-minute.ts';
import type { View } from './view/view.ts';

export interface ShownMinute {
  readonly report: MinuteReport;
  readonly extras: MinuteExtras;
}

/** Runs minutes and shows each in the view. `why` may say what is known to have happened to a customer or group that fell. */
export async function runAndShow(
  options: Omit<CoordinatorOptions, 'onMinute' | 'note'>,
  view: View,
  catchUp: number,
  onShown: (minute: ShownMinute) => void = () => undefined,
  why: (name: string) => string | null = () => null,
): Promise<void> {
  const reporter = new MinuteReporter(catchUp);
  await runMinutes({
    ...options,
    note: (text) => view.note(text),
    onMinute: async (live, engine) => {
      const falls = await findFalls(options.pipeline, engine, live.outcome.minute);
      const explained = {
        customers: falls.customers.map((fall) => ({ ...fall, why: why(fall.name) })),
        groups: falls.groups.map((fall) => ({ ...fall, why: why(fall.name) })),
      };
      const report = reportOf(live.outcome, options.publisher === null ? null : publishedOf(live));
      const extras = reporter.extras(live, explained);
      view.minute(report, extras);
      onShown({ report, extras });
    },
  });
}
