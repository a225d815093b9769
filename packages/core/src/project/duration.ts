import { DURATION_DAYS_MAX } from '../limits.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../time.ts';

const UNITS: Readonly<Record<string, bigint>> = {
  ms: 1_000n,
  s: MICROS_PER_SECOND,
  m: MICROS_PER_MINUTE,
  h: MICROS_PER_HOUR,
  d: MICROS_PER_DAY,
};

/**
 * A duration of a project file, such as `10m`: a whole number and one unit of `ms`, `s`, `m`, `h`, `d`.
 * @returns microseconds, or null when the text is anything else, negative, or longer than the limit
 */
export function parseDuration(text: string): bigint | null {
  const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (match?.[1] === undefined || unit === undefined) return null;
  const micros = BigInt(match[1]) * unit;
  return micros <= DURATION_DAYS_MAX * MICROS_PER_DAY ? micros : null;
}
