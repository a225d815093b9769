/**
 * Goal: what is equal matches, on everything that the contract's scenarios hold. Method: every scenario on both sides without its overlay, the
 * Spark side being fake: its windows are summed anew from its events, and written in Spark's formats. Windows are compared by threads, as they are live.
 */
import { expect, test } from 'vitest';
import { withAlternative, withOverlay } from '../../../test/alternative/support.ts';
import { SCENARIOS } from '../../../test/contract/scenarios/index.ts';
import { compareBoth } from './both.ts';

const TEST_MS_MAX = 120_000;

test.each(SCENARIOS)(
  'the sides match on $name',
  async (scenario) => {
    const recording = withOverlay(scenario.case.recording, 'alternative', null);
    const verdicts = await compareBoth(withAlternative({ ...scenario.case, recording }), { threads: 2 });
    expect(verdicts.filter(({ verdict }) => verdict !== 'match')).toEqual([]);
    expect(verdicts.every(({ blocks }) => blocks.kind === 'none')).toBe(true);
    for (const { coverage } of verdicts) expect(coverage.raw_customers_with_actions).toBe(coverage.customers_with_actions);
    expect(verdicts.some(({ coverage }) => Number(coverage.windows) > 0 && Number(coverage.satisfaction) > 0)).toBe(true);
  },
  TEST_MS_MAX,
);
