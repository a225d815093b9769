/**
 * Goal: what a customer's scorecard is made of adds up to its modules, whatever its tables hold of it. Method: one small day in memory, of which each customer's
 * contributions are known and the sums are those of the batch view.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadProject } from '@parallax/core/load-project.ts';
import { expect, onTestFinished, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { BatchView } from '../src/batch/batch-view.ts';
import { contributionsOf } from '../src/batch/contributions.ts';

const TABLES: Readonly<Record<string, readonly (readonly (string | null)[])[]>> = {
  profile: [['customer_id', 'limit'], ['1', '1.005'], ['2', '4'], ['3', '5'], ['4', '6'], ['5', '7'], ['7', 'x']],
  // Twice, of no number, without a row, and not in the base.
  usage: [['customer_id', 'a', 'b'], ['1', '3', null], ['2', '1', '1'], ['2', '1', '1'], ['3', 'many', '1'], ['04', '10', '20'], ['6', '1', '1']],
}; // biome-ignore format: one table a line
const DAY = '2026-01-04';

const sources = {
  dayBytes: async () => 1,
  table: async (_day: string, _source: string, table: string) => {
    const [columns = [], ...rows] = TABLES[table] ?? [];
    const each = async function* () {
      yield* rows;
    };
    return { columns: columns as readonly string[], rows: each(), place: table };
  },
};

test('each customer’s contributions, which add up to its modules', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-contributions-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = buildProject({
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] } },
    batch: { dwh: [{ name: 'profile', columns: { limit: 2 }, scorecard: true }, { name: 'usage', scorecard: true }] },
    scorecard: ['dwh,profile,limit,worth,,2,', 'dwh,usage,a,worth,,1,', 'dwh,usage,a,worth,"linear(1,3)",1,', 'dwh,usage,b,risk,,-1,-7'],
  }); // biome-ignore format: one file a line
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const project = await loadProject(folder);
  const view = await BatchView.build(project, sources, DAY, join(folder, 'view'));
  onTestFinished(() => view.close());
  const of = async (key: string) => (await contributionsOf(project, sources, DAY, key)).map(({ value }) => value);

  const UNIT = 10n ** 12n;
  // A declared number counts as it is rounded; a missing value as the scorecard says.
  expect(await contributionsOf(project, sources, DAY, '1')).toEqual([
    { variable: 'dwh.profile.limit', module: 'worth', value: 2_020_000_000_000n },
    { variable: 'dwh.usage.a', module: 'worth', value: 3n * UNIT + 666_666_666_667n },
    { variable: 'dwh.usage.b', module: 'risk', value: 7n * UNIT },
  ]);
  expect(await of('2')).toEqual([8n * UNIT, 0n, 7n * UNIT]);
  expect(await of('3')).toEqual([10n * UNIT, 0n, 7n * UNIT]);
  expect(await of('4')).toEqual([12n * UNIT, 13n * UNIT, -20n * UNIT]);
  expect(await of('5')).toEqual([14n * UNIT, 0n, 7n * UNIT]);

  const rows = await view.rows(['1', '2', '3', '4', '5']);
  expect(rows.size).toBe(5);
  for (const [key, row] of rows) {
    const [limit = 0n, a = 0n, b = 0n] = await of(key);
    const shown = (sum: bigint) => (sum + (sum < 0n ? -500_000n : 500_000n)) / 1_000_000n;
    expect(row.slice(1)).toEqual([shown(b), shown(limit + a), shown(limit + a + b)]);
  }
});
