/** Times as int64 microseconds since 1970, UTC (contract, section 1). */

export const SECOND = 1_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;
export const DAY = 24n * HOUR;

/** The start of the unit that holds `time`, also before 1970. */
export const floorTo = (time: bigint, unit: bigint): bigint => time - (((time % unit) + unit) % unit);

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar, or null when the date does not exist. */
function daysSince1970(year: number, month: number, day: number): bigint | null {
  const leap = (y: number): boolean => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  const lengths = [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const length = lengths[month - 1];
  if (length === undefined || day < 1 || day > length) return null;
  let days = 0;
  for (let y = 1970; y < year; y++) days += leap(y) ? 366 : 365;
  for (let y = year; y < 1970; y++) days -= leap(y) ? 366 : 365;
  for (const before of lengths.slice(0, month - 1)) days += before;
  return BigInt(days + day - 1);
}

const RFC3339 = /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/;

/** Microseconds of an RFC 3339 text with an offset; null when it is anything else. More than six decimals are floored. */
export function parseRfc3339(text: string): bigint | null {
  const found = RFC3339.exec(text);
  if (found === null) return null;
  const part = (index: number): number => Number(found[index] ?? '0');
  const days = daysSince1970(part(1), part(2), part(3));
  const [hour, minute, second, offsetHour, offsetMinute] = [part(4), part(5), part(6), part(9), part(10)];
  if (days === null || hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return null;
  const local = days * DAY + BigInt(hour) * HOUR + BigInt(minute) * MINUTE + BigInt(second) * SECOND;
  const fraction = BigInt((found[7] ?? '').slice(0, 6).padEnd(6, '0'));
  const offset = BigInt(offsetHour) * HOUR + BigInt(offsetMinute) * MINUTE;
  return local + fraction - (found[8] === '-' ? -offset : offset);
}

/** The start of a `YYYY-MM-DD` day; null when it is no such date. */
export const parseDay = (text: string): bigint | null => parseRfc3339(`${text}T00:00:00Z`);

const isoMs = (time: bigint): string => new Date(Number(floorTo(time, SECOND) / 1000n)).toISOString();

/** `YYYY-MM-DDTHH:MM:SSZ`. */
export const formatSecond = (time: bigint): string => `${isoMs(time).slice(0, 19)}Z`;

/** `YYYYMMDDTHHMMSSZ`, an iteration's folder. */
export const formatFolder = (time: bigint): string => formatSecond(time).replaceAll(/[-:]/g, '');

/** `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
export const formatMicros = (time: bigint): string =>
  `${isoMs(time).slice(0, 19)}.${(time - floorTo(time, SECOND)).toString().padStart(6, '0')}Z`;

/** Microseconds of a project's duration: `2s`, `10m`, `1h`, `3d`. */
export function parseDuration(text: string): bigint {
  const found = /^([0-9]+)(ms|s|m|h|d)$/.exec(text);
  const units: Record<string, bigint> = { ms: 1000n, s: SECOND, m: MINUTE, h: HOUR, d: DAY };
  const unit = units[found?.[2] ?? ''];
  if (found === null || unit === undefined) throw new Error(`not a duration: ${text}`);
  return BigInt(found[1] ?? '') * unit;
}
