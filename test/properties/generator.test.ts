/** Goal: the generator makes enough of every kind, and the same for the same seed. Method: the oracle alone, no Spark. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeCase } from '../contract/case.ts';
import { runOracle } from '../oracle/oracle.ts';
import { CUSTOMERS_MIN, tooFew } from './enough.ts';
import { caseOf, generate, SHAPES_COUNT, whole } from './generate.ts';

const GENERATE_MS_MAX = 120_000;

test.each(['1', 'two'])('seed %s makes enough of every kind of disorder', { timeout: GENERATE_MS_MAX }, async (seed) => {
  const all = Array.from({ length: SHAPES_COUNT }, (_, index) => generate(seed, index));
  const texts = [];
  for (const generated of all) {
    const directory = mkdtempSync(join(tmpdir(), 'parallax-generator-'));
    const { project, recording } = writeCase(caseOf(generated, whole(generated)), directory);
    const { events, windows, results, actions } = await runOracle(project, recording);
    rmSync(directory, { recursive: true });
    texts.push(events);
    expect(Math.min(results.length, actions.length), generated.shape.name).toBeGreaterThan(0);
    expect(windows.split('\n').length - 1, generated.shape.name).toBe(2 * (results.split('\n').length - 1));
  }
  expect(
    tooFew(
      all.map((generated) => generated.tally),
      texts,
    ),
  ).toEqual([]);
  expect(all.reduce((sum, generated) => sum + generated.keys.length, 0)).toBeGreaterThanOrEqual(CUSTOMERS_MIN);
});

test('the same seed makes the same files, another seed others', () => {
  const files = (seed: string) => {
    const generated = generate(seed, 1);
    return caseOf(generated, whole(generated));
  };
  expect(files('a')).toEqual(files('a'));
  expect(files('a')).not.toEqual(files('b'));
});

test('a part holds only the customers, iterations and messages that it keeps', () => {
  const generated = generate('part', 1);
  const [key = ''] = generated.messages.map((message) => message.owner);
  const part = caseOf(generated, {
    keep: new Set([key]),
    iterations: 22,
    messages: generated.messages.filter((message) => message.owner === key),
  });
  const lines = Object.entries(part.recording).filter(([path]) => path.includes('/streams/'));
  const count = lines.reduce((sum, [, text]) => sum + text.split('\n').length - 1, 0);
  expect(count).toBe(generated.messages.filter((message) => message.owner === key).length);
  expect(Object.keys(part.recording).some((path) => path.includes('/online/'))).toBe(true);
});
