import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadProject } from '@parallax/core/load-project.ts';
import { afterAll, expect, test } from 'vitest';
import { WHOLE_SIZES } from '../../src/prove/faults/catalogue.ts';
import { fromJson, toJson } from '../../src/prove/keep/exact-json.ts';
import { Kept } from '../../src/prove/keep/kept.ts';
import { IN_USE, takeFolder } from '../../src/prove/keep/one-at-a-time.ts';
import { printsOf } from '../../src/prove/keep/prints.ts';
import { WHOLE } from '../../src/prove/recording/plan.ts';

const work = mkdtempSync(join(tmpdir(), 'prlx-kept-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

test('JSON gives bigints, maps and sets back', () => {
  const value = { at: 1_767_657_600_000_000n, by: new Map([['a', new Set(['x', 'y'])]]), list: [null, 1.5, 'ü', { deep: -1n }] };
  expect(fromJson(toJson(value))).toEqual(value);
});

test('a value is given back for the print that it was kept with, and for no other', async () => {
  const { kept } = await Kept.open(join(work, 'values'), 'run');
  await kept.write('results/one', 'a', { minute: 5n });
  expect(await kept.read('results/one', 'a')).toEqual({ minute: 5n });
  expect(await kept.read('results/one', 'b')).toBeNull();
  expect(await kept.read('results/two', 'a')).toBeNull();
});

test('a folder goes on with the same run, and is emptied for another', async () => {
  const folder = join(work, 'runs');
  expect((await Kept.open(folder, 'one')).goesOn).toBe(false);
  const again = await Kept.open(folder, 'one');
  expect(again.goesOn).toBe(true);
  await again.kept.write('results/one', 'a', 1);
  expect((await Kept.open(folder, 'two')).goesOn).toBe(false);
  expect(readdirSync(folder)).toEqual(['run.json']);
  await again.kept.write('results/one', 'a', 1);
  expect((await Kept.open(folder, 'two', true)).goesOn).toBe(false);
  expect(readdirSync(folder)).toEqual(['run.json']);
});

test('prints tell options apart, and the file that lists a fault', async () => {
  const packages = fileURLToPath(new URL('../../..', import.meta.url));
  const project = await loadProject(fileURLToPath(new URL('../../../../examples/telecom', import.meta.url)));
  const options = { project, plan: WHOLE, sizes: WHOLE_SIZES };
  const prints = await printsOf(packages, options);
  const again = await printsOf(packages, options);
  expect(again.run).toBe(prints.run);
  expect(again.verdicts).toBe(prints.verdicts);
  expect(again.ofFault('sql.ts')).toBe(prints.ofFault('sql.ts'));
  expect(prints.ofFault('sql.ts')).not.toBe(prints.ofFault('engine.ts'));
  const other = await printsOf(packages, { ...options, plan: { ...WHOLE, seed: 'other' } });
  expect(other.run).not.toBe(prints.run);
  const larger = await printsOf(packages, { ...options, sizes: { ...WHOLE_SIZES, logic: 1 } });
  expect([larger.run, larger.verdicts === prints.verdicts]).toEqual([prints.run, false]);
  expect(() => prints.ofFault('none.ts')).toThrow('none.ts');
});

test('a folder belongs to one process at a time; one that was killed does not keep it', async () => {
  const folder = mkdtempSync(join(work, 'taken-'));
  const giveBack = await takeFolder(folder);
  await expect(takeFolder(folder)).rejects.toThrow(`the process ${process.pid} works in`);
  await giveBack();
  writeFileSync(join(folder, IN_USE), '999999999');
  await (await takeFolder(folder))();
  expect(readdirSync(folder)).toEqual([]);
});
