/**
 * Goal: the whole iteration, on real Spark, is what the contract says, for histories that nobody thought of.
 * Method: thousands of random customer histories, packed into a few recordings, against the naive oracle, byte for byte. The seed is printed
 * first; PRLX_SEED repeats it. A failure is made smaller and kept in test/regressions/, where `regressions.it.test.ts` replays it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatDifferences } from '../oracle/compare.ts';
import { check } from './check.ts';
import { tooFew } from './enough.ts';
import { caseOf, type Generated, generate, SHAPES_COUNT, whole } from './generate.ts';
import { shrink } from './shrink.ts';

const REPLAY_MS_MAX = 1_800_000;
const REGRESSIONS = fileURLToPath(new URL('../regressions/', import.meta.url));
/** Replays spent on making one failure smaller. */
const TRIALS_MAX = Number(process.env.PRLX_SHRINK_TRIALS ?? '10');

const seed = process.env.PRLX_SEED ?? String(Date.now());
const recordings = Array.from({ length: SHAPES_COUNT }, (_, index) => generate(seed, index));
const events: string[] = [];

beforeAll(() => {
  console.log(
    `PRLX_SEED=${seed}: ${recordings.map(({ shape }) => `${shape.name} (${shape.customers} customers, ${shape.iterations} minutes)`).join(', ')}`,
  );
});

async function keepFailure(generated: Generated, differences: Awaited<ReturnType<typeof check>>['differences']): Promise<string> {
  const part = await shrink(generated, differences, async (each) => (await check(caseOf(generated, each))).differences, TRIALS_MAX);
  const path = join(REGRESSIONS, `${generated.shape.name}-${seed}.json`);
  mkdirSync(REGRESSIONS, { recursive: true });
  writeFileSync(path, `${JSON.stringify(caseOf(generated, part), null, 2)}\n`);
  return path;
}

describe(`random histories of seed ${seed}`, () => {
  test.each(recordings)('$shape.name', { timeout: REPLAY_MS_MAX }, async (generated) => {
    const { differences, expected } = await check(caseOf(generated, whole(generated)));
    events.push(expected.events);
    if (differences.length === 0) return;
    const path = await keepFailure(generated, differences);
    expect.fail(`PRLX_SEED=${seed}, kept in ${path}\n${formatDifferences(differences)}`);
  });

  test('the generator made enough of every kind of disorder', () => {
    expect(
      tooFew(
        recordings.map(({ tally }) => tally),
        events,
      ),
    ).toEqual([]);
  });
});
