import { expect, test } from 'vitest';
import { showBatchProgress } from '../src/view/batch-progress.ts';
import type { Progress } from '../src/view/progress.ts';

test('a batch view in the making is a step, and what is kept aside of its day is said', () => {
  const steps: Progress[] = [];
  const notes: string[] = [];
  const show = showBatchProgress({ progress: (step) => steps.push(step), note: (text) => notes.push(text) });
  show({ day: '2026-01-04', table: 'dwh.profile', done: 0, of: 2 });
  show({ day: '2026-01-04', table: 'nosql.usage', done: 1, of: 2 });
  expect(notes).toEqual([]);
  show({ day: '2026-01-04', table: 'view', done: 2, of: 2, aside: [{ table: 'dwh.profile', reason: 'key_twice', rows: 4 }] });
  expect(steps.map((step) => step.kind === 'step' && [step.name, step.state, step.done, step.of, step.detail])).toEqual([
    ['the batch view', 'running', 0, 2, '2026-01-04 dwh.profile'],
    ['the batch view', 'running', 1, 2, '2026-01-04 nosql.usage'],
    ['the batch view', 'done', 2, 2, '2026-01-04 view'],
  ]);
  expect(notes).toEqual(['batch day 2026-01-04: 4 rows of dwh.profile kept aside (key_twice)']);
});
