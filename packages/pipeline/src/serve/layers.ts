import { MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import { parseOutcome } from '../committed.ts';
import type { Baseline, Ledger, RegisteredDay } from '../ledger/ledger.ts';

/** The newest result of each customer out of many iterations: a folder of Parquet, a row a customer, and `prlx_minute`. */
export interface Overlay {
  readonly folder: string;
  readonly day: string;
  readonly version: string;
  readonly projectHash: string;
  /** The last minute in it. Microseconds since 1970, as text. */
  readonly minute: string;
}

export interface ServedIteration {
  readonly minute: Micros;
  readonly folder: string;
  /** Whether it was made of a draft. */
  readonly amended: boolean;
}

/** What customers are served from: a day's baseline, and over it what iterations of the same day and rules have found. */
export interface Layers {
  readonly day: RegisteredDay;
  readonly baseline: Baseline;
  /** What iterations found that may be reclaimed by now; null: all of them are there. */
  readonly overlay: Overlay | null;
  /** Committed iterations after the overlay, oldest first. */
  readonly iterations: readonly ServedIteration[];
  /** The newest committed minute. */
  readonly minute: Micros;
}

/**
 * The layers of the newest committed minute: the baseline of the day that it used, and the iterations that used this day under the same rules. An
 * iteration of an older day, or of other rules, is superseded by the baseline. Null before any minute, or while its day has no baseline.
 */
export function servedLayers(ledger: Ledger): Layers | null {
  const newest = ledger.newest();
  if (newest === null) return null;
  const { batch } = parseOutcome(newest.report);
  const day = ledger.days().find((each) => each.day === batch?.day && each.version === batch.version);
  const hash = ledger.seal(newest.minute)?.projectHash;
  if (day?.baseline == null || day.baseline.projectHash !== hash) return null;
  const { baseline } = day;
  const overlay = overlayOf(ledger, day, hash);
  const from = overlay === null ? BigInt(baseline.minute) : BigInt(overlay.minute) + MICROS_PER_MINUTE;
  const iterations = ledger.iterations(from, newest.minute).flatMap(({ minute, folder, report }) => {
    const { batch: used, amended } = parseOutcome(report);
    const same = used?.day === day.day && used.version === day.version && ledger.seal(minute)?.projectHash === hash;
    return same ? [{ minute, folder, amended }] : [];
  });
  return { day, baseline, overlay, iterations, minute: newest.minute };
}

const OVERLAY = 'overlay';

function overlayOf(ledger: Ledger, day: RegisteredDay, hash: string): Overlay | null {
  const overlay = currentOverlay(ledger);
  return overlay?.day === day.day && overlay.version === day.version && overlay.projectHash === hash ? overlay : null;
}

/** The overlay that was made last, of whatever day; null before the first. */
export function currentOverlay(ledger: Ledger): Overlay | null {
  const text = ledger.meta(OVERLAY);
  return text === null ? null : (JSON.parse(text) as Overlay);
}

/** Makes `overlay` the one that layers begin with. */
export function setOverlay(ledger: Ledger, overlay: Overlay): void {
  ledger.setMeta(OVERLAY, JSON.stringify(overlay));
}
