import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { canonicalJson, type MinuteVerdict, sha256Hex } from '@parallax/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { activeVersion } from '../src/batch/layer.ts';
import { type BatchView, type CommittedIteration, type GatedDecision, Ledger } from '../src/ledger/ledger.ts';
import { at, failureOf, folderOf, projectOf, sealOf, writeFiles } from './support.ts';

const DAY = { day: '2026-01-04', version: 'v1' };
const VIEW: BatchView = {
  folder: '/v',
  customers: 3,
  aside: [],
  placement: { buckets: 2, pages: 1, lanes: 1 },
  files: ['/v/a', ''],
  taken: ['profile_tier'],
  rows: { 'dwh.profile': 3 },
};

/** A ledger in memory that holds the lease. */
function held(): Ledger {
  const ledger = Ledger.open(':memory:');
  onTestFinished(() => ledger.close());
  ledger.takeLease('a', 0n, 1_000n);
  return ledger;
}

/** Two coordinators on one file. */
async function two(): Promise<[Ledger, Ledger, string]> {
  const file = join(await folderOf(), 'ledger.sqlite');
  const ledgers: [Ledger, Ledger] = [Ledger.open(file), Ledger.open(file)];
  onTestFinished(() => {
    for (const ledger of ledgers) ledger.close();
  });
  return [...ledgers, file];
}

const VERDICT: MinuteVerdict = {
  minute: at('10:00'),
  manifest: 'm',
  digest: 'd',
  verdict: 'match',
  reason: null,
  stage: null,
  source: null,
  variable: null,
  witnesses: [],
  coverage: {},
  blocks: { kind: 'none' },
};

const iteration = (minute: string, changes: Partial<CommittedIteration> = {}): CommittedIteration => ({
  minute: at(minute),
  folder: `/state/${minute}/1-1`,
  manifest: 'm',
  digest: 'd',
  report: '{}',
  ...changes,
});
const decision = (id: string, minute: string, changes: Partial<GatedDecision> = {}): GatedDecision => ({
  id,
  minute: at(minute),
  customer: 'c1',
  action: 'call',
  reason: 'low',
  waitUntil: at(minute) + 120_000_000n,
  validUntil: at(minute) + 960_000_000n,
  otherwise: 'hold',
  ...changes,
});

describe('the lease', () => {
  test('is one coordinator’s: another is refused while it lasts, and may take it in the instant it has expired', async () => {
    const [a, b] = await two();
    expect(a.takeLease('a', 0n, 100n)).toEqual({ holder: 'a', epoch: 1 });
    expect(await failureOf(() => b.takeLease('b', 99n, 200n))).toMatchObject({ code: 'PRLX_LEASE', retryable: true });
    expect(b.takeLease('b', 100n, 200n)).toEqual({ holder: 'b', epoch: 2 });
  });

  test('fences: who lost it can write nothing more, and what he tried left nothing', async () => {
    const [a, b] = await two();
    a.takeLease('a', 0n, 100n);
    const seal = sealOf('10:00');
    a.writeSeal(at('10:00'), seal, 1n);
    b.takeLease('b', 100n, 200n);
    const writes: (() => unknown)[] = [
      () => a.renewLease(300n),
      () => a.assertLease(),
      () => a.setMeta('x', '1'),
      () => a.registerDay(DAY, 0n),
      () => a.setDayView(DAY, { ...VIEW, folder: '/f' }),
      () => a.writeSeal(at('10:01'), sealOf('10:01'), 1n),
      () => a.writeClose(at('10:00'), seal, { online: [] }),
      () => a.commit(iteration('10:00'), [decision('1', '10:00')]),
      () => a.actions.change([{ id: '1', state: 'released', cause: 'verdict' }], 1n),
      () => a.actions.foundReleased(new Map([['1', 'verdict']]), 1n),
      () => a.actions.takeVerdict(VERDICT, 1n),
      () => a.retention.reclaim(at('11:00')),
      () => a.retention.measured(at('10:00'), 1),
      () => a.retention.dropMessages(at('11:00'), 0),
      () => a.retention.forgetDecisions(at('11:00'), 1),
      () => a.retention.forgetMinutes(at('11:00'), 1),
    ];
    for (const write of writes) expect((await failureOf(write)).code).toBe('PRLX_FENCED');
    expect([
      b.meta('x'),
      b.days(),
      b.seal(at('10:01')),
      b.closeOf(at('10:00')),
      b.newest(),
      b.actions.openMinutes(),
      b.actions.verdict(at('10:00')),
    ]).toEqual([null, [], null, null, null, [], null]);
  });

  test('is renewed by its holder only, and then holds longer', async () => {
    const [a, b] = await two();
    a.takeLease('a', 0n, 100n);
    a.renewLease(500n);
    expect((await failureOf(() => b.takeLease('b', 499n, 600n))).code).toBe('PRLX_LEASE');
    expect((await failureOf(() => b.renewLease(900n))).code).toBe('PRLX_FENCED');
    expect(b.takeLease('b', 500n, 600n).epoch).toBe(2);
  });

  test('given back is free at once; its epoch is never used again, also by the same holder', async () => {
    const [a, b] = await two();
    a.takeLease('a', 0n, 1_000_000n);
    a.releaseLease();
    expect((await failureOf(() => a.epoch)).code).toBe('PRLX_FENCED');
    expect(b.takeLease('b', 1n, 100n).epoch).toBe(2);
    expect(b.takeLease('b', 2n, 100n).epoch).toBe(3);
  });

  test('released by who lost it does not free the new holder’s', async () => {
    const [a, b, file] = await two();
    a.takeLease('a', 0n, 100n);
    b.takeLease('b', 100n, 1_000n);
    a.releaseLease();
    const third = Ledger.open(file);
    onTestFinished(() => third.close());
    expect((await failureOf(() => third.takeLease('c', 200n, 300n))).code).toBe('PRLX_LEASE');
  });

  test('nothing is written without one', async () => {
    const ledger = Ledger.open(':memory:');
    onTestFinished(() => ledger.close());
    expect((await failureOf(() => ledger.setMeta('x', '1'))).code).toBe('PRLX_FENCED');
  });
});

describe('seal and close', () => {
  test('a minute is sealed once: the second seal is refused and the first stands', () => {
    const ledger = held();
    ledger.writeSeal(at('10:00'), sealOf('10:00'), 7n);
    expect(() => ledger.writeSeal(at('10:00'), sealOf('10:00', { missed: true }), 8n)).toThrow(/UNIQUE/);
    expect(ledger.seal(at('10:00'))).toEqual(sealOf('10:00'));
    expect(ledger.seal(at('10:01'))).toBeNull();
    expect([ledger.sealedAt(at('10:00')), ledger.sealedAt(at('10:01'))]).toEqual([7n, null]);
  });

  test('the newest seal is known, committed or not', () => {
    const ledger = held();
    expect(ledger.newestSeal()).toBeNull();
    for (const minute of ['10:02', '10:00', '10:01']) ledger.writeSeal(at(minute), sealOf(minute), 1n);
    expect(ledger.newestSeal()).toBe(at('10:02'));
  });

  test('the manifest is the SHA-256 of seal and close as canonical JSON, and closes once', () => {
    const ledger = held();
    const seal = sealOf('10:00', { streams: [{ stream: 's', kind: 'file', sha256: 'ab' }] });
    const close = { online: [{ source: 'care', sha256: 'cd', calls: 2 }] };
    ledger.writeSeal(at('10:00'), seal, 1n);
    const text =
      '{"close":{"online":[{"calls":2,"sha256":"cd","source":"care"}]},"seal":{"batch":null,"format":1,"minute":"2026-01-05T10:00:00Z","missed":false,"project":"small","projectHash":"h","streams":[{"kind":"file","sha256":"ab","stream":"s"}]}}';
    expect(canonicalJson({ seal, close })).toBe(text);
    expect(ledger.writeClose(at('10:00'), seal, close)).toBe(sha256Hex(text));
    expect([ledger.closeOf(at('10:00')), ledger.manifest(at('10:00'))]).toEqual([close, sha256Hex(text)]);
    expect(() => ledger.writeClose(at('10:00'), seal, { online: [] })).toThrow(/UNIQUE/);
    expect(ledger.closeOf(at('10:00'))).toEqual(close);
  });
});

describe('commit', () => {
  test('makes iteration, decisions and cool-downs visible together', () => {
    const ledger = held();
    expect([ledger.newest(), ledger.oldest()]).toEqual([null, null]);
    ledger.commit(iteration('10:00'), [decision('1', '10:00'), decision('2', '10:00', { customer: 'b', reason: null })]);
    ledger.commit(iteration('10:01'), []);
    expect([ledger.newest()?.minute, ledger.oldest()]).toEqual([at('10:01'), at('10:00')]);
    expect(ledger.actions.ofMinute(at('10:00')).map((d) => [d.customer, d.reason])).toEqual([
      ['b', null],
      ['c1', 'low'],
    ]);
    expect(ledger.lastDecision('c1', 'call')).toBe(at('10:00'));
    expect(ledger.actions.countByState()).toEqual({ waiting: 2 });
  });

  test('is all or nothing: a decision that cannot be written takes the iteration and the others back', () => {
    const ledger = held();
    ledger.commit(iteration('10:00'), [decision('1', '10:00')]);
    expect(() => ledger.commit(iteration('10:01'), [decision('2', '10:01', { customer: 'new' }), decision('1', '10:01')])).toThrow(
      /UNIQUE/,
    );
    expect(ledger.newest()?.minute).toBe(at('10:00'));
    expect(ledger.actions.ofMinute(at('10:01'))).toEqual([]);
    expect([ledger.lastDecision('new', 'call'), ledger.lastDecision('c1', 'call')]).toEqual([null, at('10:00')]);
  });

  test('a minute is committed once', () => {
    const ledger = held();
    ledger.commit(iteration('10:00'), []);
    expect(() => ledger.commit(iteration('10:00', { digest: 'other' }), [decision('1', '10:00')])).toThrow(/UNIQUE/);
    expect([ledger.newest()?.digest, ledger.actions.ofMinute(at('10:00'))]).toEqual(['d', []]);
  });

  test('a cool-down is counted from the newest decision of that customer and that action', () => {
    const ledger = held();
    ledger.commit(iteration('10:00'), [decision('1', '10:00'), decision('2', '10:00', { action: 'gift' })]);
    ledger.commit(iteration('11:00'), [decision('3', '11:00')]);
    expect([ledger.lastDecision('c1', 'call'), ledger.lastDecision('c1', 'gift'), ledger.lastDecision('c2', 'call')]).toEqual([
      at('11:00'),
      at('10:00'),
      null,
    ]);
  });

  test('decisions are listed by the bytes of the customer, not by the language of it', () => {
    const ledger = held();
    const customers = ['ä', 'Z', 'a', '10', '9', '\u{1F600}', '\uFF5E'];
    ledger.commit(
      iteration('10:00'),
      customers.map((customer) => decision(customer, '10:00', { customer })),
    );
    expect(ledger.actions.ofMinute(at('10:00')).map((d) => d.customer)).toEqual(['10', '9', 'Z', 'a', 'ä', '\uFF5E', '\u{1F600}']);
  });
});

describe('batch days', () => {
  test('the newest registered day counts; of its versions the one registered last; nothing before its registration', () => {
    const ledger = held();
    expect(ledger.registerDay({ day: '2026-01-03', version: 'x' }, 100n)).toBe(true);
    ledger.registerDay({ day: '2026-01-04', version: 'b' }, 200n);
    ledger.registerDay({ day: '2026-01-04', version: 'a' }, 300n);
    // A correction of an old day, registered after the newer one.
    ledger.registerDay({ day: '2026-01-03', version: 'y' }, 400n);
    const active = [99n, 100n, 199n, 200n, 299n, 300n, 400n].map((instant) => {
      const day = ledger.activeDay(instant);
      return day === null ? null : `${day.day} ${day.version}`;
    });
    expect(active).toEqual([null, '2026-01-03 x', '2026-01-03 x', '2026-01-04 b', '2026-01-04 b', '2026-01-04 a', '2026-01-04 a']);
  });

  test('the same version again is not new and keeps its first registration', () => {
    const ledger = held();
    ledger.registerDay(DAY, 100n);
    expect(ledger.registerDay(DAY, 50n)).toBe(false);
    expect(ledger.days()).toEqual([{ ...DAY, registered: 100n, view: null, baseline: null }]);
  });

  test('a day is active from the first instant that is `settle` after its registration', async () => {
    const ledger = held();
    const project = await projectOf({
      'parallax.yaml': 'name: small\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\nsettle: 2m\n',
    });
    ledger.registerDay(DAY, at('10:00'));
    expect(activeVersion(ledger, project, at('10:02') - 1n)).toBeNull();
    expect(activeVersion(ledger, project, at('10:02'))).toEqual(DAY);
  });

  test('the view belongs to one version', () => {
    const ledger = held();
    const view: BatchView = { ...VIEW, aside: [{ table: 'dwh.profile', reason: 'key', rows: 1 }] };
    ledger.registerDay(DAY, 1n);
    ledger.registerDay({ ...DAY, version: 'v2' }, 2n);
    ledger.setDayView(DAY, view);
    expect(ledger.days().map((d) => [d.version, d.view])).toEqual([
      ['v1', view],
      ['v2', null],
    ]);
  });
});

describe('the file', () => {
  test('opened again it has everything that was committed, and times to the microsecond', async () => {
    const file = join(await folderOf(), 'ledger.sqlite');
    const first = Ledger.open(file);
    first.takeLease('a', 0n, 100n);
    const minute = at('9999-12-31T23:59:00Z');
    first.registerDay(DAY, minute + 999_999n);
    first.writeSeal(minute, sealOf('10:00'), 1n);
    first.commit({ ...iteration('10:00'), minute }, [decision('1', '10:00', { minute })]);
    first.setMeta('project', 'p');
    first.close();
    const again = Ledger.open(file);
    onTestFinished(() => again.close());
    expect([again.newest()?.minute, again.days()[0]?.registered, again.actions.openMinutes()[0]]).toEqual([
      minute,
      minute + 999_999n,
      minute,
    ]);
    expect([again.seal(minute), again.meta('project')]).toEqual([sealOf('10:00'), 'p']);
    expect(again.takeLease('b', 100n, 200n).epoch).toBe(2);
  });

  test('of an older version gets what is new; an action that waited in it has no term left', async () => {
    const file = join(await folderOf(), 'ledger.sqlite');
    const old = new DatabaseSync(file);
    old.exec(`CREATE TABLE seals (minute INTEGER PRIMARY KEY, seal TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT;
      CREATE TABLE decisions (id TEXT PRIMARY KEY, minute INTEGER NOT NULL, customer TEXT NOT NULL, action TEXT NOT NULL, reason TEXT,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'released', 'held', 'dropped', 'expired'))) STRICT;
      INSERT INTO seals VALUES (60000000, '{}', 1);
      INSERT INTO decisions VALUES ('1', 60000000, 'c', 'call', NULL, 'waiting'), ('2', 60000000, 'c', 'gift', 'r', 'released');`);
    old.close();
    const ledger = Ledger.open(file);
    onTestFinished(() => ledger.close());
    expect(ledger.sealedAt(60_000_000n)).toBe(0n);
    expect(ledger.actions.ofMinute(60_000_000n).map((d) => [d.id, d.state, d.waitUntil, d.validUntil, d.otherwise, d.cause])).toEqual([
      ['1', 'waiting', 0n, 0n, 'hold', null],
      ['2', 'released', 0n, 0n, 'hold', null],
    ]);
  });

  test('one that is no ledger is refused by name, and left as it was', async () => {
    const folder = await folderOf();
    const text = 'this is no database, and long enough to be one by its size'.repeat(100);
    await writeFiles(folder, { 'notes.txt': text });
    expect(await failureOf(() => Ledger.open(join(folder, 'notes.txt')))).toMatchObject({
      code: 'PRLX_LEDGER',
      message: expect.stringContaining(join(folder, 'notes.txt')),
    });
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe(text);
  });
});
