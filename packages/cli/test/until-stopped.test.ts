import { describe, expect, test } from 'vitest';
import { Stopped, untilStopped } from '../src/until-stopped.ts';

/** Resolves when the signal is aborted. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('untilStopped', () => {
  test('hands on the result and leaves no listener behind', async () => {
    const before = process.listenerCount('SIGTERM');
    expect(await untilStopped(async () => 7)).toBe(7);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  test('hands on an error that has nothing to do with a stop', async () => {
    await expect(untilStopped(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
  });

  test('work that ends well after a stop is done', async () => {
    let told = 0;
    const work = untilStopped(
      async (signal) => {
        await aborted(signal);
        return 'cleaned up';
      },
      () => {
        told += 1;
      },
    );
    process.emit('SIGTERM');
    expect(await work).toBe('cleaned up');
    expect(told).toBe(1);
  });

  test('work that throws after a stop was stopped, and says with what', async () => {
    const error = new Error('cancelled');
    const work = untilStopped(async (signal) => {
      await aborted(signal);
      throw error;
    });
    process.emit('SIGINT');
    await expect(work).rejects.toSatisfy((stopped) => stopped instanceof Stopped && stopped.exitCode === 130 && stopped.cause === error);
  });
});
