import { floorTo, formatSecond, MICROS_PER_MINUTE, MICROS_PER_SECOND, type Micros, ParallaxError, parseSecond } from '@parallax/core';

/** `YYYY-MM-DDTHH:MM:SSZ`, floored. */
export function instant(time: Micros): string {
  return formatSecond(floorTo(time, MICROS_PER_SECOND));
}

/** `HH:MM:SSZ`, floored. */
export function clock(time: Micros): string {
  return `${instant(time).slice(11, 19)}Z`;
}

/** The minute that a person named. @param name what it was named for, as `--from`. @throws ParallaxError PRLX_USAGE (exit code 2) */
export function namedMinute(text: string, name: string | null = null): Micros {
  const minute = parseSecond(text);
  if (minute !== null && minute % MICROS_PER_MINUTE === 0n) return minute;
  const named = name === null ? text : `${name} ${text}`;
  throw new ParallaxError('PRLX_USAGE', `${named} is no minute`, { exitCode: 2, advice: 'Write it as YYYY-MM-DDTHH:MM:00Z.' });
}
