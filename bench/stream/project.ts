import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '@parallax/local';
import { type DayShape, wideTablesOf } from '@parallax/simulator';

const EXAMPLE = join(REPOSITORY, 'examples', 'telecom');

/**
 * The day that the bench loads: the base table, and a scorecard of 24 columns in three tables of both stores. The streams are what is
 * measured here; a billion batch values would be loaded for hours (`bench batch` measures them).
 */
export const DAY_SHAPE: DayShape = { tables: ['usage_history', 'billing_history', 'care_history'], columnsMax: 8 };

/** The project's name, which its topics and state carry. */
export const PROJECT = 'telecom-bench';

/**
 * Writes the project of the bench into `folder`: `examples/telecom` with the same streams, 100 variables, SQL and online API, and with
 * only those batch tables and scorecard lines that `DAY_SHAPE` has.
 */
export async function writeProject(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'batch'), { recursive: true });
  for (const part of ['streams', 'online', 'satisfaction.sql', 'actions.sql', 'alternative.ts', 'customer.d.ts'])
    await cp(join(EXAMPLE, part), join(folder, part), { recursive: true });
  const main = await readFile(join(EXAMPLE, 'parallax.yaml'), 'utf8');
  await writeFile(join(folder, 'parallax.yaml'), main.replace(/^name: .*$/m, `name: ${PROJECT}`));
  for (const source of ['dwh', 'nosql'] as const) {
    const text = await readFile(join(EXAMPLE, 'batch', `${source}.yaml`), 'utf8');
    await writeFile(join(folder, 'batch', `${source}.yaml`), narrowSource(text, source));
  }
  await writeFile(join(folder, 'batch', 'scorecard.csv'), narrowScorecard(await readFile(join(EXAMPLE, 'batch', 'scorecard.csv'), 'utf8')));
}

/** A batch file without the lines of the wide tables that the shape leaves out. */
export function narrowSource(text: string, source: 'dwh' | 'nosql'): string {
  const kept = new Set(wideTablesOf(source, DAY_SHAPE).map((table) => table.name));
  const lines = text.split('\n').filter((line) => {
    const wide = /^ {2}- \{ name: (\w+), key: \w+, scorecard: true \}/.exec(line)?.[1];
    return wide === undefined || kept.has(wide);
  });
  return lines.join('\n');
}

/** The scorecard's header and the lines of columns that the shape has. */
export function narrowScorecard(text: string): string {
  const tables = [...wideTablesOf('dwh', DAY_SHAPE), ...wideTablesOf('nosql', DAY_SHAPE)];
  const kept = new Set(tables.flatMap((table) => table.columns.map((column) => `${table.source},${table.name},${column.name}`)));
  const [header = '', ...lines] = text.split('\n');
  return `${[header, ...lines.filter((line) => kept.has(line.split(',').slice(0, 3).join(',')))].join('\n')}\n`;
}
