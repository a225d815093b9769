import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';

/** A project of one stream whose events have so many variables, sum and count of each: what the pipeline's own statements are made from. */
export async function layoutProject(folder: string, variables: number): Promise<Project> {
  const lines = Array.from({ length: variables }, (_, i) => `  - { name: v${i}, field: v${i}, places: 0, aggregates: [sum, count] }\n`);
  const files = {
    'parallax.yaml': 'name: layouts\nkey: { name: customer_id, type: bigint }\nbase: store.customers\n',
    'streams/events.yaml': `key: { field: k }\ntime: { field: t, format: epoch_us }\nevent_id: e\nvariables:\n${lines.join('')}`,
    'batch/store.yaml': 'tables:\n  - { name: customers, key: k, columns: [{ name: tier, type: text }] }\n',
    'satisfaction.sql': 'SELECT customer_id, CAST(50 AS DECIMAL(5,2)) AS satisfaction FROM stream\n',
    'actions.sql': "SELECT customer_id, 'call' AS action, 'low' AS reason FROM satisfaction\n",
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return loadProject(folder);
}
