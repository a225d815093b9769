/** int64 microseconds since 1970, UTC (contract, section 1). */
export type Micros = bigint;

export const MICROS_PER_SECOND = 1_000_000n;
export const MICROS_PER_MINUTE = 60_000_000n;
export const MICROS_PER_HOUR = 3_600_000_000n;
export const MICROS_PER_DAY = 86_400_000_000n;

/** The start of the unit that holds `time`, also before 1970. */
export function floorTo(time: Micros, unit: Micros): Micros {
  const rest = time % unit;
  return rest < 0n ? time - rest - unit : time - rest;
}

export function later(a: Micros, b: Micros): Micros {
  return a > b ? a : b;
}

/** `YYYY-MM-DDTHH:MM:SSZ` of a whole second; throws on a fraction. */
export function formatSecond(time: Micros): string {
  if (time % MICROS_PER_SECOND !== 0n) throw new RangeError(`not a whole second: ${time}`);
  return `${new Date(Number(time / 1000n)).toISOString().slice(0, 19)}Z`;
}

/** `YYYYMMDDTHHMMSSZ`, the name of an iteration's folder. */
export function formatFolder(time: Micros): string {
  return formatSecond(time).replaceAll(/[-:]/g, '');
}

/** `YYYY-MM-DD` of the UTC day that holds `time`. */
export function formatDay(time: Micros): string {
  return new Date(Number(floorTo(time, MICROS_PER_DAY) / 1000n)).toISOString().slice(0, 10);
}

/** `YYYY-MM-DDTHH:MM:SS.ffffffZ` (contract, section 9). Years 0000–9999. */
export function formatMicros(time: Micros): string {
  const second = floorTo(time, MICROS_PER_SECOND);
  const fraction = (time - second).toString().padStart(6, '0');
  return `${new Date(Number(second / 1000n)).toISOString().slice(0, 19)}.${fraction}Z`;
}

const SECOND_PATTERN = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/;

/** Parses `YYYY-MM-DDTHH:MM:SSZ`; null when the text is anything else or the date does not exist. */
export function parseSecond(text: string): Micros | null {
  if (!SECOND_PATTERN.test(text)) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const time = BigInt(ms) * 1000n;
  return formatSecond(time) === text ? time : null;
}

/** Parses `YYYY-MM-DD` to the start of that UTC day; null when it is no such date. */
export function parseDay(text: string): Micros | null {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseSecond(`${text}T00:00:00Z`) : null;
}
