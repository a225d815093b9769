import { median } from '../figures.ts';

const MINUTES_A_MEDIAN = 3;
const MEDIANS = 3;
/** The greatest of the medians over the least, less one. */
export const SPREAD_MAX = 0.1;

/**
 * How far the last three medians lie apart, each of three minutes that follow one another: the greatest over the least, less one. One dear minute of three
 * does not show; what goes on falling, as long as the virtual machine compiles, or rising does.
 *
 * @param costs CPU seconds of minutes, in order; one or two after the last whole three do not count
 * @returns null while there are not enough minutes
 */
export function spreadOf(costs: readonly number[]): number | null {
  const medians = Array.from({ length: Math.floor(costs.length / MINUTES_A_MEDIAN) }, (_, i) =>
    median(costs.slice(i * MINUTES_A_MEDIAN, (i + 1) * MINUTES_A_MEDIAN)),
  ).slice(-MEDIANS);
  return medians.length < MEDIANS ? null : Math.max(...medians) / Math.min(...medians) - 1;
}

/** Whether what a minute costs has stopped changing. */
export function isFlat(costs: readonly number[]): boolean {
  const spread = spreadOf(costs);
  return spread !== null && spread < SPREAD_MAX;
}
