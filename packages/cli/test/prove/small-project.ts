import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';

/** Wide tables of the example that stay, and how many of their columns the scorecard keeps. */
const KEPT = ['usage_history', 'care_history'];
const COLUMNS = 6;

/** The example with two small wide tables instead of nine: its rules, streams and online source are whole, its batch day is cheap. */
export async function smallTelecom(directory: string): Promise<Project> {
  cpSync(fileURLToPath(new URL('../../../../examples/telecom', import.meta.url)), directory, { recursive: true });
  for (const source of ['dwh', 'nosql']) {
    const file = join(directory, 'batch', `${source}.yaml`);
    const lines = readFileSync(file, 'utf8').split('\n');
    const kept = lines.filter((line) => !line.includes('scorecard: true') || KEPT.some((table) => line.includes(`name: ${table},`)));
    writeFileSync(file, kept.join('\n'));
  }
  const card = join(directory, 'batch', 'scorecard.csv');
  const [head = '', ...entries] = readFileSync(card, 'utf8').split('\n');
  const of = KEPT.flatMap((table) => entries.filter((line) => line.split(',')[1] === table).slice(0, COLUMNS));
  writeFileSync(card, `${[head, ...of].join('\n')}\n`);
  return loadProject(directory);
}
