import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadProject } from '@parallax/core/load-project.ts';
import { expect, test } from 'vitest';
import { type Catalogue, makeCatalogue, WHOLE_SIZES } from '../../src/prove/faults/catalogue.ts';
import { FAULT_KINDS } from '../../src/prove/faults/fault.ts';
import { FAULTS_MIN } from '../../src/prove/limits.ts';
import { faultMinutes, makePlan, WHOLE } from '../../src/prove/recording/plan.ts';

/** Goal: a whole run has at least as many faults as it must, of every kind, each under a name of its own, the same for the same seed. */
const project = await loadProject(fileURLToPath(new URL('../../../../examples/telecom', import.meta.url)));
const alternativeSource = fileURLToPath(new URL('../../../alternative/src', import.meta.url));
const FAULTS = fileURLToPath(new URL('../../src/prove/faults', import.meta.url));

function catalogue(seed: string): Promise<Catalogue> {
  // Spark's analyser is not at hand: what it would refuse is not left out.
  return makeCatalogue({
    project,
    plan: makePlan(project, { ...WHOLE, seed }),
    sizes: WHOLE_SIZES,
    alternativeSource,
    isValid: async () => true,
  });
}

test('the list: enough faults, every kind, distinct names, minutes that the run has', async () => {
  const { faults, madeIn, possible } = await catalogue('a');
  const plan = makePlan(project, WHOLE);
  expect(faults.length).toBeGreaterThanOrEqual(FAULTS_MIN);
  expect(possible).toBeGreaterThan(400);
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  expect(new Set(faults.map(({ id }) => id)).size).toBe(faults.length);
  for (const { id, from, expected } of faults) {
    expect(faultMinutes(plan)).toContain(from);
    expect(expected.stages.length).toBeGreaterThan(0);
    expect(expected.classes?.length, id).toBeGreaterThan(0);
    expect(existsSync(join(FAULTS, madeIn.get(id) ?? 'none'))).toBe(true);
  }
});

test('every class that the issue lists and the pipeline can come to is some fault’s exact one', async () => {
  const exact = new Set((await catalogue('a')).faults.map(({ expected }) => expected.classes?.[0]));
  const listed = [
    'lost',
    'duplicated',
    'late_cut_off',
    'wrong_minute',
    'tie_order',
    'null_against_value',
    'rounding',
    'overflow',
    'stale_batch',
  ];
  const others = ['half_batch', 'partial_online', 'online_skew', 'key_mismatch', 'join_loss', 'rule_version', 'logic', 'restart_gap'];
  for (const each of [...listed, ...others, 'not_deterministic']) expect(exact).toContain(each);
});

test('the same seed gives the same list, another seed another', async () => {
  const ids = async (seed: string) => (await catalogue(seed)).faults.map(({ id, what }) => `${id} ${what}`);
  expect(await ids('a')).toEqual(await ids('a'));
  expect(await ids('a')).not.toEqual(await ids('b'));
});

test('mutants that the analyser refuses are followed by others', async () => {
  let asked = 0;
  const options = {
    project,
    plan: makePlan(project, WHOLE),
    sizes: { ...WHOLE_SIZES, satisfaction: 5, actions: 0, oldRules: 0, logic: 0 },
    alternativeSource,
  };
  const { faults, refused } = await makeCatalogue({ ...options, isValid: async () => asked++ % 2 === 1 });
  expect(refused).toBe(5);
  expect(faults.filter(({ kind }) => kind === 'sql')).toHaveLength(5);
});
