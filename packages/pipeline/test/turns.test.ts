import { MICROS_PER_MINUTE, type Project } from '@parallax/core';
import { describe, expect, test } from 'vitest';
import { hourStart, lastHourStart } from '../src/window/hours.ts';
import { pivotOf, turningBuckets, turnPeriod } from '../src/window/turns.ts';
import { windowsSql } from '../src/window/windows.ts';
import { at, projectOf } from './support.ts';

/** Goal: the two stacks always hold the hour. Method: the schedule alone, minute by minute, over hours, for several latenesses. */
const late = (project: Project, minutes: number): Project => ({ ...project, latenessUs: BigInt(minutes) * MICROS_PER_MINUTE });

describe('hours', () => {
  test('last_hour is the 60 minutes that end with m, hour_to_date begins with the hour of m', () => {
    expect(lastHourStart(at('10:20'))).toBe(at('09:21'));
    expect(lastHourStart(at('2026-01-05T00:00:00Z'))).toBe(at('2026-01-04T23:01:00Z'));
    expect(hourStart(at('10:20'))).toBe(at('10:00'));
    expect(hourStart(at('10:00'))).toBe(at('10:00'));
  });
});

describe('turns', () => {
  test.each([0, 1, 10, 59, 60, 90])(
    'with %d minutes of lateness front and back hold the hour in every minute, and no pivot can be reached',
    async (lateness) => {
      const project = late(await projectOf(), lateness);
      const buckets = 64;
      const first = at('10:00');
      // Nothing is older than what the first iteration accepts.
      const pivots = new Array<bigint>(buckets).fill(pivotOf(project, first));
      const turned = new Array<number>(buckets).fill(0);
      for (let m = first; m < first + 180n * MICROS_PER_MINUTE; m += MICROS_PER_MINUTE) {
        for (const bucket of turningBuckets(project, m, buckets)) {
          pivots[bucket] = pivotOf(project, m);
          turned[bucket] = (turned[bucket] ?? 0) + 1;
        }
        for (const pivot of pivots) {
          // The front, everything after the pivot, begins within the hour or just before it.
          if (lateness < 59) expect(pivot).toBeGreaterThanOrEqual(lastHourStart(m) - MICROS_PER_MINUTE);
          // The oldest event that this iteration accepts is after the pivot.
          expect(m - project.latenessUs).toBeGreaterThanOrEqual(pivot + MICROS_PER_MINUTE);
        }
      }
      const period = turnPeriod(project);
      for (const times of turned) expect(Math.abs(times - 180 / period)).toBeLessThan(1.01);
    },
  );

  test('are spread over the minutes', async () => {
    const project = await projectOf();
    const counts = Array.from({ length: 50 }, (_, i) => turningBuckets(project, at('10:00') + BigInt(i) * MICROS_PER_MINUTE, 64).length);
    expect(counts.reduce((a, b) => a + b)).toBe(64);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  test('a lateness of an hour or more makes every bucket turn every minute', async () => {
    const project = late(await projectOf(), 75);
    expect(turnPeriod(project)).toBe(1);
    expect(turningBuckets(project, at('10:17'), 4)).toEqual([0, 1, 2, 3]);
  });
});

describe('windows', () => {
  test('a clock hour begins with nothing; fronts of turning buckets come from the turn; suffixes begin where the hour does', async () => {
    const project = await projectOf();
    expect(windowsSql(project, at('11:00'), [])).not.toContain("'hour'");
    const sql = windowsSql(project, at('10:20'), [3, 9]);
    expect(sql).toContain("'hour' AS kind");
    expect(sql).toContain('front IS NOT NULL AND bucket NOT IN (3, 9)');
    expect(sql).toContain(`FROM prlx_turns WHERE from_minute <= ${at('09:21')} AND to_minute >= ${at('09:21')}`);
    expect(sql).toContain(`${at('10:00')}L, ${at('09:21')}L, `);
  });
});
