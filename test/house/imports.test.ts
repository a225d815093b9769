import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ARROWS, findViolations, importsOf, judge, packages, reach } from './imports.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Goal: the arrows between packages point one way (design, section 9). Method: every import of every source against the table. */
test('no package imports what its arrows do not allow', () => {
  const { imports, violations } = findViolations(ROOT);
  expect(violations).toEqual([]);
  expect(imports).toBeGreaterThan(100);
});

test('every package has its arrows', () => {
  expect(packages(ROOT).filter((name) => ARROWS[name] === undefined)).toEqual([]);
});

test('the arrows form no circle, and the alternative does not reach the pipeline', () => {
  for (const name of Object.keys(ARROWS)) expect(reach(name), name).not.toContain(name);
  expect(reach('alternative')).toEqual(new Set(['core']));
  expect(reach('core')).toEqual(new Set());
});

test('every form of import is found, and nothing in comments', () => {
  const source = `
    import a from 'a';
    import { b1,
      type b2 } from "b";
    import type { c } from 'c';import 'd';
    export * from 'e';
    export { f } from 'f';
    const g = await import('g');
    const h = \`https://example.org/*\`; import i from 'i';
    // import x from 'x1';
    /* import x from 'x2'; */
    const text = 'no // comment'; const url = "http://y"; import j from 'j';
    export const k = 'x3';
    export function from() { return 'x4'; }
  `;
  expect(importsOf(source).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'i', 'j']);
});

test.each([
  ['alternative', '@parallax/pipeline'],
  ['alternative', '@parallax/spark-connect'],
  ['alternative', '../../pipeline/src/index.ts'],
  ['core', '@parallax/local'],
  ['core', 'pg'],
  ['pipeline', '@parallax/local/start-service.ts'],
  ['local', '@parallax/local'],
])('%s may not import %s', (owner, imported) => {
  expect(judge(owner, `packages/${owner}/src/file.ts`, imported)).not.toBeNull();
});

test.each([
  ['core', 'node:fs'],
  ['core', 'yaml'],
  ['pipeline', '@parallax/core/load-project.ts'],
  ['pipeline', '../window/panes.ts'],
  ['cli', '@parallax/pipeline'],
])('%s may import %s', (owner, imported) => {
  expect(judge(owner, `packages/${owner}/src/folder/file.ts`, imported)).toBeNull();
});
