import { expect, test } from 'vitest';
import { together } from '../src/together.ts';

/** Goal: nothing of an attempt still runs when its failure is told. */
test('both have ended when either fails, and both results are given when none does', async () => {
  expect(await together(Promise.resolve(1), Promise.resolve('a'))).toEqual([1, 'a']);
  for (const order of ['first', 'second'] as const) {
    let ended = false;
    const slow = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      ended = true;
    });
    const failing = Promise.reject(new Error('no'));
    await expect(order === 'first' ? together(failing, slow) : together(slow, failing)).rejects.toThrow('no');
    expect(ended).toBe(true);
  }
});
