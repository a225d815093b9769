import { floorTo, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import { LAST_HOUR_MINUTES } from '../limits.ts';

/** The first event minute that `last_hour` of iteration `minute` holds. */
export function lastHourStart(minute: Micros): Micros {
  return minute - BigInt(LAST_HOUR_MINUTES - 1) * MICROS_PER_MINUTE;
}

/** The first event minute that `hour_to_date` of iteration `minute` holds. */
export function hourStart(minute: Micros): Micros {
  return floorTo(minute, MICROS_PER_HOUR);
}
