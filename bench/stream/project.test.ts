import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject } from '@parallax/core/load-project.ts';
import { sqlProblems } from '@parallax/core/project/check-sql.ts';
import { expect, test } from 'vitest';
import { writeProject } from './project.ts';

/** Goal: what the bench runs is the example with 100 variables, sound, and with a small batch day. */
test('the project of the bench', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-bench-'));
  try {
    await writeProject(folder);
    const project = await loadProject(folder);
    expect(sqlProblems(project)).toEqual([]);
    expect(project.name).toBe('telecom-bench');
    expect(project.streams.map((stream) => stream.variables.length).reduce((a, b) => a + b, 0)).toBe(100);
    expect(project.batch.flatMap((source) => source.tables.map((table) => `${source.name}.${table.name}`))).toEqual([
      'dwh.profile',
      'dwh.usage_history',
      'dwh.billing_history',
      'nosql.care_history',
    ]);
    const lines = (await readFile(join(folder, 'batch', 'scorecard.csv'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(25);
  } finally {
    await rm(folder, { recursive: true });
  }
});
