import { describe, expect, test } from 'vitest';
import { committedAnswers, committedParts, committedTurns, parseOutcome } from '../src/committed.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { type MinuteOutcome, PhaseClock } from '../src/outcome.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { sleepUntil, systemClock } from '../src/run/clock.ts';
import { minutesBefore } from '../src/run/open-run.ts';
import { at, hastyClock, ManualClock } from './support.ts';

describe('phases', () => {
  test('are timed by the clock that is passed in, summed by name, in the order they first ran', async () => {
    const clock = new ManualClock(0n);
    const phases = new PhaseClock(() => clock.now());
    const takes = (micros: bigint) => async () => clock.turnTo(clock.now() + micros);
    await phases.time('seal', takes(5_999n));
    await phases.time('accept', takes(7_000n));
    await phases.time('seal', takes(1_000n));
    expect(Object.entries(phases.milliseconds())).toEqual([
      ['seal', 6],
      ['accept', 7],
    ]);
  });

  test('hand the work’s result through, and a failed one is timed too', async () => {
    const clock = new ManualClock(0n);
    const phases = new PhaseClock(() => clock.now());
    expect(await phases.time('a', async () => 42)).toBe(42);
    const failing = phases.time('b', async () => {
      clock.turnTo(3_000n);
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(phases.milliseconds()).toEqual({ a: 0, b: 3 });
  });
});

describe('committed iterations', () => {
  test('name the folders that were written, oldest first, before the minute only', () => {
    const ledger = Ledger.open(':memory:');
    ledger.takeLease('a', 0n, 1n);
    const commit = (minute: string, { answered, turn }: Pick<MinuteOutcome, 'answered' | 'turn'>) => {
      const folder = `/s/${minute}`;
      ledger.commit(
        {
          minute: at(minute),
          folder,
          manifest: '',
          digest: '',
          report: JSON.stringify({ minute: String(at(minute)), folder, answered, turn }),
        },
        [],
      );
    };
    commit('10:01', { answered: false, turn: '/s/10:01/ahead/turn' });
    commit('10:00', { answered: true, turn: null });
    commit('10:02', { answered: true, turn: '/s/10:02/turn' });
    const pipeline = { ledger } as Pipeline;
    expect(committedParts(pipeline, 'panes', at('09:00'), at('10:02'))).toEqual(['/s/10:00/panes', '/s/10:01/panes']);
    expect(committedAnswers(pipeline, at('10:00'), at('10:03'))).toEqual(['/s/10:00/answers', '/s/10:02/answers']);
    expect(committedAnswers(pipeline, at('10:01'), at('10:02'))).toEqual([]);
    expect(committedTurns(pipeline, at('10:00'), at('10:02'))).toEqual(['/s/10:01/ahead/turn']);
    ledger.close();
  });

  test('have their minute back as a bigint', () => {
    expect(parseOutcome('{"minute":"1767607200000000","population":3}')).toEqual({ minute: at('10:00'), population: 3 });
  });
});

describe('time', () => {
  test('a sleep until an instant goes in pieces, and ends after it, never before', async () => {
    const clock = hastyClock(at('10:00'));
    await sleepUntil(clock, at('10:00') + 25_000_000n, new AbortController().signal);
    expect(clock.now()).toBeGreaterThan(at('10:00') + 25_000_000n);
    expect(Math.max(...clock.slept)).toBeLessThanOrEqual(10_000);
  });

  test('an instant that has passed is not waited for; an aborted wait ends', async () => {
    const clock = hastyClock(at('10:00'));
    await sleepUntil(clock, at('09:59'), new AbortController().signal);
    await sleepUntil(clock, at('11:00'), AbortSignal.abort());
    expect(clock.slept).toEqual([]);
    const stop = new AbortController();
    const still = new ManualClock(at('10:00'));
    const waiting = sleepUntil(still, at('11:00'), stop.signal);
    stop.abort();
    await waiting;
    expect(still.now()).toBe(at('10:00'));
  });

  test('the machine’s clock ends a sleep when told to', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(3_600_000, stop.signal);
    stop.abort();
    await expect(sleeping).resolves.toBeUndefined();
    await expect(systemClock.sleep(3_600_000, AbortSignal.abort())).resolves.toBeUndefined();
    await expect(systemClock.sleep(-5)).resolves.toBeUndefined();
  });

  test('a catch-up of n minutes begins so that n whole ones have passed', () => {
    expect(minutesBefore(at('10:20') + 59_999_999n, 3)).toBe(at('10:17'));
    expect(minutesBefore(at('10:20'), 0)).toBe(at('10:20'));
  });
});
