/**
 * Goal: the alternative is what the contract says for histories that nobody thought of. Method: thousands of random customer histories with every
 * kind of disorder, against the naive oracle, byte for byte; no Spark. The seed is printed first and PRLX_SEED repeats it; PRLX_ROUNDS makes
 * more. A failure is named by seed and shape, from which it is made again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Case } from '../contract/case.ts';
import { formatDifferences } from '../oracle/compare.ts';
import { tooFew } from '../properties/enough.ts';
import { caseOf, generate, SHAPES_COUNT, whole } from '../properties/generate.ts';
import type { Tally } from '../properties/random.ts';
import { compareWithOracle } from './support.ts';

const COMPARE_MS_MAX = 600_000;
const REGRESSIONS = fileURLToPath(new URL('../regressions/', import.meta.url));
const first = process.env.PRLX_SEED ?? String(Date.now());
const seeds = Array.from({ length: Number(process.env.PRLX_ROUNDS ?? '1') }, (_, round) => (round === 0 ? first : `${first}-${round}`));

describe.each(seeds)('random histories of seed %s', (seed) => {
  const tallies: Tally[] = [];
  const events: string[] = [];
  console.log(`PRLX_SEED=${seed}`);

  test.each(Array.from({ length: SHAPES_COUNT }, (_, index) => index))('shape %i', { timeout: COMPARE_MS_MAX }, async (index) => {
    const generated = generate(seed, index);
    const { differences, expected } = await compareWithOracle(caseOf(generated, whole(generated)));
    tallies.push(generated.tally);
    events.push(expected.events);
    expect(expected.results.length, 'there are results to compare').toBeGreaterThan(0);
    expect(formatDifferences(differences), `PRLX_SEED=${seed}, ${generated.shape.name}`).toBe('');
  });

  test('the generator made enough of every kind of disorder', () => expect(tooFew(tallies, events)).toEqual([]));
});

test.each(readdirSync(REGRESSIONS).filter((file) => file.endsWith('.json')))('regression %s', { timeout: COMPARE_MS_MAX }, async (file) => {
  const kept = JSON.parse(readFileSync(join(REGRESSIONS, file), 'utf8')) as Case;
  expect(formatDifferences((await compareWithOracle(kept)).differences)).toBe('');
});
