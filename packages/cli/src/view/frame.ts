import type { MinuteExtras, MinuteReport } from '@parallax/core/minute-report.ts';

/** A minute with all that is shown of it. */
export interface Minute {
  readonly report: MinuteReport;
  readonly extras: MinuteExtras;
}

/** What is drawn: the newest minute, and the means of those before it. */
export interface Frame extends Minute {
  readonly project: string;
  /** The minutes' means, oldest first, the newest last. */
  readonly means: readonly (number | null)[];
}
