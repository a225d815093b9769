/** Goal: a recording's output depends on nothing but the recording and the project. Method: it is replayed twice; every byte is the same. */
import { expect, test } from 'vitest';
import { OUTPUTS } from '../oracle/oracle.ts';
import { check } from './check.ts';
import { caseOf, generate } from './generate.ts';

const REPLAYS_MS_MAX = 900_000;
const ITERATIONS = 10;

test('the same recording replayed twice gives identical bytes', { timeout: REPLAYS_MS_MAX }, async () => {
  const generated = generate('twice', 1);
  const part = caseOf(generated, { keep: null, iterations: ITERATIONS, messages: generated.messages });
  const first = await check(part);
  const second = await check(part);
  for (const output of OUTPUTS) {
    expect(first.actual[output].length, output).toBeGreaterThan(100);
    expect(second.actual[output] === first.actual[output], output).toBe(true);
  }
});
