/**
 * Goal: what is served is the newest active day's baseline and only what iterations of the same day and rules found, and versions stay exactly
 * as long as a manifest can need them. Method: ledgers by hand; folders in a temporary place.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BatchVersion, formatFolder, MICROS_PER_MINUTE } from '@parallax/core';
import { describe, expect, test } from 'vitest';
import { reclaimVersions } from '../src/batch/reclaim-versions.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { type BatchView, Ledger } from '../src/ledger/ledger.ts';
import { firstMinuteOf } from '../src/serve/baseline.ts';
import { servedLayers, setOverlay } from '../src/serve/layers.ts';
import { servingSql } from '../src/serve/serving.ts';
import { at, folderOf, sealOf } from './support.ts';

const OLD: BatchVersion = { day: '2026-01-04', version: 'a'.repeat(64) };
const NEW: BatchVersion = { day: '2026-01-05', version: 'b'.repeat(64) };
const RULES = sealOf('10:00').projectHash;
const view = (folder: string): BatchView => ({
  folder,
  customers: 1,
  aside: [],
  placement: { buckets: 1, pages: 1, lanes: 1 },
  files: [''],
  taken: [],
  rows: {},
});

function ledgerOf(): Ledger {
  const ledger = Ledger.open(':memory:');
  ledger.takeLease('test', 0n, 1n << 60n);
  return ledger;
}

/** Seals and commits a minute that uses a day. */
function commit(ledger: Ledger, minute: string, batch: BatchVersion | null, projectHash = RULES): void {
  ledger.writeSeal(at(minute), { ...sealOf(minute), batch, projectHash }, 1n);
  const report = JSON.stringify({ minute: String(at(minute)), batch });
  ledger.commit({ minute: at(minute), folder: `/i/${formatFolder(at(minute))}/1-1`, manifest: minute, digest: minute, report }, []);
}

function register(ledger: Ledger, version: BatchVersion, minute: string, projectHash = RULES): void {
  ledger.registerDay(version, at(minute) - 5n * MICROS_PER_MINUTE);
  ledger.setDayBaseline(version, { folder: `/b/${version.day}`, customers: 3, projectHash, minute: String(at(minute)) });
}

describe('the first minute that uses a day', () => {
  const project = { settleUs: 5n * MICROS_PER_MINUTE, graceUs: 2_000_000n };
  test('is the one whose seal is settle after the registration, to the microsecond', () => {
    const instantOfSeal = at('10:00') + MICROS_PER_MINUTE + project.graceUs;
    expect(firstMinuteOf(project, instantOfSeal - project.settleUs)).toBe(at('10:00'));
    expect(firstMinuteOf(project, instantOfSeal - project.settleUs + 1n)).toBe(at('10:01'));
    expect(firstMinuteOf(project, instantOfSeal - project.settleUs - MICROS_PER_MINUTE + 1n)).toBe(at('10:00'));
  });
});

describe('the layers', () => {
  test('are none before a minute, without a baseline, or when the baseline is of other rules', () => {
    const ledger = ledgerOf();
    expect(servedLayers(ledger)).toBeNull();
    ledger.registerDay(OLD, 1n);
    commit(ledger, '10:00', OLD);
    expect(servedLayers(ledger)).toBeNull();
    register(ledger, OLD, '10:00', 'other rules');
    expect(servedLayers(ledger)).toBeNull();
    register(ledger, OLD, '10:00');
    expect(servedLayers(ledger)?.baseline.folder).toBe('/b/2026-01-04');
  });

  test('iterations of the day before, and of other rules, are superseded', () => {
    const ledger = ledgerOf();
    register(ledger, OLD, '09:00');
    register(ledger, NEW, '10:01');
    commit(ledger, '10:00', OLD);
    commit(ledger, '10:01', NEW, 'other rules');
    commit(ledger, '10:02', NEW);
    commit(ledger, '10:03', NEW);
    const layers = servedLayers(ledger);
    expect(layers?.day.day).toBe(NEW.day);
    expect(layers?.minute).toBe(at('10:03'));
    expect(layers?.iterations.map(({ minute }) => minute)).toEqual([at('10:02'), at('10:03')]);
  });

  test('begin with the overlay of the same day and rules; another one counts for nothing', () => {
    const ledger = ledgerOf();
    register(ledger, NEW, '10:00');
    for (const minute of ['10:00', '10:01', '10:02']) commit(ledger, minute, NEW);
    const overlay = { folder: '/o', ...NEW, projectHash: RULES, minute: String(at('10:01')) };
    setOverlay(ledger, { ...overlay, ...OLD });
    expect(servedLayers(ledger)?.iterations).toHaveLength(3);
    setOverlay(ledger, overlay);
    expect(servedLayers(ledger)?.overlay).toEqual(overlay);
    expect(servedLayers(ledger)?.iterations.map(({ minute }) => minute)).toEqual([at('10:02')]);
  });

  test('are one query: a customer’s newest iteration, else its baseline, with age and verdict', () => {
    const ledger = ledgerOf();
    register(ledger, NEW, '10:00');
    commit(ledger, '10:07', NEW);
    const layers = servedLayers(ledger);
    if (layers === null) throw new Error('no layers');
    const sql = servingSql(layers, ['customer_id', 'satisfaction'], 'SELECT newest', new Map([[at('10:07'), 'match']]));
    expect(sql).toContain('IF(n.prlx_minute IS NOT NULL, n.`satisfaction`, b.`satisfaction`) AS `satisfaction`');
    expect(sql).toContain("IF(n.prlx_minute IS NOT NULL, 'iteration', 'baseline') AS served_from");
    expect(sql).toContain('FROM parquet.`/b/2026-01-05` b\nLEFT JOIN (SELECT newest) n ON n.`customer_id` = b.`customer_id`');
    expect(sql).toContain("(TIMESTAMP '2026-01-05T10:07:00.000000Z', 'match')");
    expect(sql).toContain("DATE '2026-01-05' AS served_batch_day");
  });
});

describe('versions', () => {
  test('go when no kept minute names them and a newer day is active; nothing else does', async () => {
    const root = await folderOf();
    const paths = new StatePaths(root);
    const ledger = ledgerOf();
    const versions: BatchVersion[] = [
      { day: '2026-01-03', version: 'c'.repeat(64) },
      OLD,
      NEW,
      { day: '2026-01-06', version: 'd'.repeat(64) },
    ];
    const folders = versions.map(({ day, version }) => join(paths.batchVersion(day, version, RULES), 'view-1-x'));
    const standing = [NEW, { day: '2026-01-07', version: 'f'.repeat(64) }];
    const begun = paths.batchVersion('2026-01-07', 'f'.repeat(64), RULES);
    // It was corrected before it was made.
    const givenUp = paths.batchVersion('2026-01-07', '9'.repeat(64), RULES);
    for (const folder of [...folders, begun, givenUp]) await mkdir(folder, { recursive: true });
    const earlierRules = paths.batchVersion('2026-01-03', 'c'.repeat(64), 'e'.repeat(64));
    await mkdir(earlierRules, { recursive: true });
    for (const [i, version] of versions.entries()) {
      ledger.registerDay(version, BigInt(i));
      ledger.setDayView(version, view(folders[i] ?? ''));
    }
    const there = () => folders.map((folder) => existsSync(dirname(folder)));
    await reclaimVersions(ledger, paths, standing);
    expect(there()).toEqual([true, true, true, true]);

    commit(ledger, '10:00', versions[0] ?? null);
    commit(ledger, '10:01', OLD);
    commit(ledger, '10:02', NEW);
    await reclaimVersions(ledger, paths, standing);
    expect(there()).toEqual([true, true, true, true]);

    ledger.retention.reclaim(at('10:01'));
    await reclaimVersions(ledger, paths, standing);
    expect(there()).toEqual([false, true, true, true]);
    expect(existsSync(earlierRules)).toBe(false);
    expect([existsSync(begun), existsSync(givenUp)]).toEqual([true, false]);
    expect(ledger.days().map((day) => day.view?.folder ?? null)).toEqual([null, folders[1], folders[2], folders[3]]);
  });
});
