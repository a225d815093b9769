/**
 * Goal: `bench state-layouts` runs, with the functions as they are now, and compares layouts that keep the same. Method: its smallest size on the engine of
 * the tests, every statement of every layout, with an account of CPU that counts how often it is asked; and a layout that loses events.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLayoutEngine, SIZES } from './bench.ts';
import { KEPT, layouts } from './layouts.ts';
import { measureLayouts } from './measure.ts';
import { layoutProject } from './project.ts';
import { layoutReport } from './report.ts';

const VIEW = { progress: () => undefined, note: () => undefined };

async function arena() {
  const home = await mkdtemp(join(tmpdir(), 'parallax-layouts-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const project = await layoutProject(join(home, 'project'), SIZES.tiny.variables);
  const url = process.env.PARALLAX_SPARK_URL;
  if (url === undefined) throw new Error('set PARALLAX_SPARK_URL, or let the integration tests start Spark');
  const engine = await openLayoutEngine(url, project);
  onTestFinished(() => engine.session.close());
  let asked = 0;
  const cpu = () => {
    asked += 1;
    return asked;
  };
  return {
    layouts: layouts(project),
    engine,
    size: SIZES.tiny,
    home: join(home, 'state'),
    cpu,
    view: VIEW,
    signal: new AbortController().signal,
  };
}

test('every layout sums, merges and reads what the events hold', async () => {
  const measuring = await arena();
  const measured = await measureLayouts(measuring);
  expect(measured.map(({ name }) => name)).toEqual(['one column each', 'arrays', 'packed, a row a customer', KEPT]);
  for (const each of measured) {
    expect(each).toMatchObject({ sum: 1, merge: 1, read: 1 });
    expect(each.panesMib).toBeGreaterThan(each.windowsMib);
    expect(each.windowsMib).toBeGreaterThan(0);
  }
  const { figures, tables } = layoutReport(measured, measuring.size);
  expect(figures.filter(({ goal }) => goal !== null)).toHaveLength(6);
  expect(figures.every(({ value }) => value !== null && Number.isFinite(value))).toBe(true);
  expect(tables[0]?.rows.map(([name]) => name)).toEqual(measured.map(({ name }) => name));
});

test('a layout that loses events is refused', async () => {
  const measuring = await arena();
  const broken = measuring.layouts.map((layout) =>
    layout.name === 'arrays' ? { ...layout, panes: layout.panes.replace('FROM events', 'FROM events WHERE k <> 7') } : layout,
  );
  await expect(measureLayouts({ ...measuring, layouts: broken })).rejects.toThrow('the layout "arrays" reads the sums');
});
