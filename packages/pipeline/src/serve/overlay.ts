import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatFolder } from '@parallax/core';
import type { Engine } from '../engine/engine.ts';
import type { StatePaths } from '../engine/paths.ts';
import { writeParquet } from '../engine/sql.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { OVERLAY_ITERATIONS } from '../limits.ts';
import { currentOverlay, servedLayers, setOverlay } from './layers.ts';
import { newestSql, servedColumns } from './serving.ts';

/**
 * Puts the results of many iterations together into one overlay, long before the iterations are reclaimed: so the newest result of a customer is
 * served as long as its day is. Does nothing while there are fewer than `least`. The overlay before stays until the next one, for whoever reads it.
 */
export async function gatherOverlay(engine: Engine, ledger: Ledger, paths: StatePaths, least = OVERLAY_ITERATIONS): Promise<void> {
  const layers = servedLayers(ledger);
  if (layers === null || layers.iterations.length < least) return;
  const { day, baseline, minute } = layers;
  const columns = await servedColumns(engine.session, layers);
  const newest = await newestSql(engine.session, layers, columns);
  if (newest === null) return;
  const before = currentOverlay(ledger);
  const folder = join(paths.root, 'serving', formatFolder(minute));
  await engine.session.command(writeParquet(folder, newest));
  setOverlay(ledger, { folder, day: day.day, version: day.version, projectHash: baseline.projectHash, minute: String(minute) });
  const kept = new Set([folder, before?.folder]);
  for (const name of await readdir(join(paths.root, 'serving'))) {
    const each = join(paths.root, 'serving', name);
    if (!kept.has(each)) await rm(each, { recursive: true, force: true });
  }
}
