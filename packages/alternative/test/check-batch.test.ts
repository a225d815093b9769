/** Goal: a seal names the newest complete day that was active, by the stores' own markers. Method: markers and registrations by hand. */
import { type Close, canonicalJson, type Seal, sha256Hex } from '@parallax/core';
import { describe, expect, test } from 'vitest';
import { type BatchCheck, checkBatch, completeDays } from '../src/sources/live/check-batch.ts';
import { checkManifest } from '../src/sources/live/check-manifest.ts';

const MINUTE = 60_000_000n;
const project = { graceUs: 2_000_000n, settleUs: 5n * MINUTE };
const tables = (names: readonly string[]) => names.map((name) => ({ name }));
const sources = {
  batch: [
    { name: 'dwh', tables: tables(['profile', 'usage']) },
    { name: 'nosql', tables: tables(['visits']) },
  ],
};

test('a day is complete when every table of every source says so, since the last of them', () => {
  const half = new Map([['dwh.profile', 10n]]);
  const whole = new Map([
    ['dwh.profile', 10n],
    ['dwh.usage', 30n],
    ['nosql.visits', 20n],
  ]);
  const days = completeDays(
    sources,
    new Map([
      ['2026-01-05', half],
      ['2026-01-04', whole],
    ]),
  );
  expect(days).toEqual([{ day: '2026-01-04', completed: 30n, version: sha256Hex('profile\n10\nusage\n30\nvisits\n20\n') }]);
});

const day = (name: string, completed: bigint) => ({ day: name, completed, version: `v-${name}` });
const registered = (name: string, at: bigint) => ({ day: name, version: `v-${name}`, registered: at, view: null });
const sealed = (name: string) => ({ day: name, version: `v-${name}` });

function found(input: Partial<BatchCheck>): string[] {
  const hour = 60n * MINUTE;
  const defaults = { project, minute: 10n * hour, missed: false, sealed: sealed('2026-01-04') };
  const complete = [day('2026-01-04', hour)];
  return checkBatch({ ...defaults, complete, registered: [registered('2026-01-04', hour)], ...input }).map(({ kind }) => kind);
}

describe('the sealed day', () => {
  const hour = 60n * MINUTE;
  const both = [day('2026-01-04', hour), day('2026-01-05', 10n * hour - 5n * MINUTE)];
  test('the newest active one is right; none is right before any', () => {
    expect(found({})).toEqual([]);
    expect(found({ sealed: null, complete: [], registered: [] })).toEqual([]);
  });
  test('registered is not active: the older day stands until the new one has settled', () => {
    const just = 10n * hour + MINUTE + 2_000_000n - 5n * MINUTE;
    expect(found({ complete: both, registered: [registered('2026-01-04', hour), registered('2026-01-05', just + 1n)] })).toEqual([]);
    expect(found({ complete: both, registered: [registered('2026-01-04', hour), registered('2026-01-05', just)] })).toEqual([
      'batch_stale',
    ]);
  });
  test('a day that has long been complete may not be passed over, but by a minute that was missed', () => {
    const complete = [day('2026-01-04', hour), day('2026-01-05', 9n * hour)];
    expect(found({ complete })).toEqual(['batch_stale']);
    expect(found({ complete, missed: true })).toEqual([]);
  });
  test('of a day that was marked again the newest version that has settled', () => {
    const again = { day: '2026-01-04', version: 'again', registered: 2n * hour, view: null };
    const complete = [{ ...day('2026-01-04', 2n * hour), version: 'again' }];
    const both = [registered('2026-01-04', hour), again];
    expect(found({ sealed: { day: '2026-01-04', version: 'again' }, complete, registered: both })).toEqual([]);
    expect(found({ complete, registered: both })).toEqual(['batch_stale', 'batch_overwritten']);
  });
  test('a day that is not complete, and one that was written again', () => {
    expect(found({ complete: [] })).toEqual(['batch_incomplete']);
    expect(found({ complete: [{ ...day('2026-01-04', hour), version: 'another' }] })).toEqual(['batch_overwritten']);
  });
});

test('seal and close make the manifest, of this project, its files and this minute', () => {
  const minute = 1_767_607_200_000_000n;
  const seal: Seal = {
    format: 1,
    project: 'telecom',
    projectHash: 'h',
    minute: '2026-01-05T10:00:00Z',
    missed: false,
    streams: [],
    batch: null,
  };
  const close: Close = { online: [] };
  const manifest = sha256Hex(canonicalJson({ seal, close }));
  const check = (more: object, of = { name: 'telecom', hash: 'h' }) =>
    checkManifest(of, { minute, seal, close, manifest, sealedAt: 0n, ...more }).length;
  expect(check({})).toBe(0);
  expect(check({ close: { online: [{ source: 'care', sha256: 'x', calls: 1 }] } })).toBe(1);
  expect(check({ minute: minute + MINUTE })).toBe(1);
  expect(check({}, { name: 'telecom', hash: 'other' })).toBe(1);
  expect(check({}, { name: 'other', hash: 'h' })).toBe(1);
});
