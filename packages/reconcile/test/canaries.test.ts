/**
 * Goal: what is wrong on both sides alike is no match when a canary knows better; a canary that one side alone has wrong leaves the cause to the
 * comparison. Method: a small recording with a canary, whose file says something else than both sides in turn.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject } from '@parallax/core/load-project.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { writeCase } from '../../../test/contract/case.ts';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import { type Canaries, type CanaryAnswers, type CanaryAt, loadCanaries } from '../src/canaries/declared.ts';
import { linesWith } from '../src/lines/lines-with.ts';
import type { AlternativeLookups } from '../src/sides.ts';
import { compareBoth } from './both.ts';

const PROJECT = {
  ...buildProject({
    streams: { s: { variables: [{ name: 'x', places: 1, aggregates: ['sum', 'count', 'last'] }] } },
    batch: { dwh: [{ name: 'profile', columns: { tier: 'text', limit: 2 } }] },
    online: { care: { max_age: 2, fields: [{ name: 'open', field: 'open', places: 0 }] } },
  }),
  'alternative.ts': `const of = (value) => (value === null ? 0n : value.unscaled);
export function satisfaction(c) {
  return { satisfaction: { unscaled: 10n * of(c.stream.s_x_sum_1h), places: 2 }, tier: c.batch.profile_tier };
}
export function actions(c, result) {
  return result.satisfaction.unscaled >= 500n ? [{ action: 'call', reason: null }] : [];
}
`,
};

const MINUTES = ['10:58', '10:59', '11:00'];
const RECORDING = buildRecording({
  from: instant('10:58'),
  iterations: MINUTES.length,
  messages: MINUTES.flatMap((minute, i) =>
    ['1', '7'].map((key) => ({
      iteration: instant(minute),
      stream: 's',
      payload: payload(key, `${minute}:03`, `${key}-${i}`, { x: key === '7' ? '1.25' : '4' }),
    })),
  ),
  online: MINUTES.map((minute) => ({
    iteration: instant(minute),
    source: 'care',
    ids: ['1', '7'],
    body: JSON.stringify({ customers: [{ customer_id: 7, open: 2 }] }),
  })),
  batch: { '2026-01-04': { tables: { 'dwh/profile': 'customer_id,tier,limit\n1,gold,1\n7,basic,2.50\n' } } },
});

/** 1.25 rounds to 1.3, half away from zero. */
const truth = ({ windows }: CanaryAt): CanaryAnswers => {
  const [hour, last] = [windows.hour_to_date.length, windows.last_hour.length];
  const total = (n: number) => (1.3 * n).toFixed(1);
  return {
    stream: { s_x_sum: total(hour), s_x_sum_1h: total(last), s_x_count: `${hour}`, s_x_last_1h: '1.3' },
    batch: { profile_tier: 'basic', profile_limit: '2.50' },
    online: { care_open: '2', care_age_minutes: '0' },
    result: { satisfaction: (1.3 * last).toFixed(2), tier: 'basic' },
    actions: [],
  };
};

const canaries = (expected: (at: CanaryAt) => CanaryAnswers, since = '2026-01-05T10:58:00Z'): Canaries => ({
  customers: ['7'],
  since: BigInt(Date.parse(since)) * 1000n,
  expected: (_customer, at) => expected(at),
});

const run = (declared: Canaries, tampering = {}) => compareBoth({ project: PROJECT, recording: RECORDING }, tampering, declared);
const shown = ({ verdict, reason, stage, source, variable }: Awaited<ReturnType<typeof run>>[number]) =>
  [verdict, reason, stage, source, variable].map(String).join(' ');

const work = mkdtempSync(join(tmpdir(), 'prlx-canaries-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('a minute with canaries', () => {
  test('that are right on both sides matches, and says how many there were', async () => {
    const verdicts = await run(canaries(truth));
    expect(verdicts.map(shown)).toEqual(MINUTES.map(() => 'match null null null null'));
    for (const { coverage } of verdicts) expect(coverage).toMatchObject({ canaries: 1 });
  });

  test.each([
    ['throws', 'expected() throws: no idea'],
    ['says nothing', 'expected() returns no object: undefined'],
    ['names what no view has', 'expected() names stream s_y_sum, which no view has'],
    ['gives a word for actions', 'expected() returns actions that are no list'],
  ])('whose function %s is inconclusive in that minute, and holds everyone back; the next is judged', async (how, message) => {
    const failing = (at: CanaryAt): CanaryAnswers => {
      if (at.minute !== instant('10:59')) return truth(at);
      if (how === 'throws') throw new Error('no idea');
      if (how === 'names what no view has') return { stream: { s_y_sum: '1' } };
      const answers: unknown = how === 'says nothing' ? undefined : { actions: 'call' };
      return answers as CanaryAnswers;
    };
    const verdicts = await run(canaries(failing));
    expect(verdicts.map(shown)).toEqual([
      'match null null null null',
      'inconclusive canary_failed null canaries.ts null',
      'match null null null null',
    ]);
    expect(verdicts[1]).toMatchObject({ blocks: { kind: 'all' }, coverage: { canaries: 0, canaries_failed: 1 } });
    expect(verdicts[1]?.witnesses).toEqual([{ customer: '7', column: 'expected', spark: null, alternative: null, detail: [message] }]);
  });

  test('whose windows hold more minutes than there were events of is no match', async () => {
    const verdicts = await run(canaries(truth, '2026-01-05T10:57:00Z'));
    expect(verdicts.map(shown)).toEqual([
      'mismatch common_mode windows s s_x_sum',
      'mismatch common_mode windows s s_x_sum',
      'mismatch common_mode windows s s_x_sum_1h',
    ]);
    expect(verdicts[0]).toMatchObject({ blocks: { kind: 'all' }, coverage: { canaries: 1, canaries_wrong: 1 } });
    expect(verdicts[0]?.witnesses[0]).toEqual({
      customer: '7',
      column: 's_x_sum',
      spark: '1.3',
      alternative: '1.3',
      detail: ['known to be 2.6: both sides are wrong'],
    });
  });

  test.each([
    ['batch', { batch: { profile_limit: '2.51' } }, 'mismatch common_mode batch dwh profile_limit'],
    ['online', { online: { care_open: null } }, 'mismatch common_mode online care care_open'],
    ['result', { result: { tier: 'gold' } }, 'mismatch common_mode satisfaction satisfaction.sql tier'],
    ['actions', { actions: ['call'] }, 'mismatch common_mode actions actions.sql actions'],
  ] as const)('that both sides have wrong at %s is no match', async (_view, wrong, expected) => {
    const verdicts = await run(canaries((at) => ({ ...truth(at), ...wrong })));
    expect(verdicts.map(shown)).toEqual(MINUTES.map(() => expected));
  });

  test('that one side alone has wrong has the cause that the comparison finds', async () => {
    const tampering = {
      lines: (_at: bigint, name: string, all: readonly string[]) =>
        name === 'results' ? all.map((line) => line.replace('"tier":"basic"', '"tier":"gold"')) : all,
    };
    const verdicts = await run(canaries(truth), tampering);
    for (const verdict of verdicts) {
      expect(shown(verdict)).toMatch(/^mismatch (?!common_mode)\w+ satisfaction/);
      expect(verdict.coverage).not.toHaveProperty('canaries_wrong');
    }
  });

  test('whose batch row the alternative reads again, and wrongly, is wrong on one side only', async () => {
    // The comparison begins anew before the second minute: in the third it knows that the row was equal.
    const lookups = (own: AlternativeLookups): AlternativeLookups =>
      new Proxy(own, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name === 'batchRow' && own.facts.minute === instant('11:00'))
            return (key: string) => (key === '7' ? ['gold', 250n] : own.batchRow(key));
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const verdicts = await run(canaries(truth), { lookups });
    expect(verdicts.map(shown)).toEqual(['match null null null null', 'match null null null null', 'mismatch value batch dwh tier']);
    expect(verdicts[2]?.coverage).not.toHaveProperty('canaries_wrong');
  });

  test('that is not scored at all is no match', async () => {
    const verdicts = await run({ ...canaries(() => ({ result: { satisfaction: '1.30' } })), customers: ['8'] });
    expect(verdicts.map(shown)).toEqual(MINUTES.map(() => 'mismatch common_mode satisfaction satisfaction.sql satisfaction'));
  });
});

describe('canaries.ts', () => {
  const load = async (text: string | null, env = {}) => {
    const folder = mkdtempSync(join(work, 'project-'));
    const { project } = writeCase({ project: PROJECT, recording: RECORDING }, folder);
    if (text !== null) writeFileSync(join(project, 'canaries.ts'), text);
    return loadCanaries(await loadProject(project), env);
  };
  const FILE =
    "export const from = 'env:SINCE'; export const customers = ['7']; export const expected = () => ({ stream: { s_x_sum: '1.0' } });";

  test('is not needed; is off when its variable is not set; else says since when', async () => {
    expect(await load(null)).toEqual({ off: null });
    expect(await load(FILE)).toEqual({ off: 'the environment variable SINCE is not set' });
    expect(await load(FILE, { SINCE: '2026-01-05T10:57:30Z' })).toMatchObject({ customers: ['7'], since: 1_767_610_620_000_000n });
  });

  test.each([
    ["export const from = 5; export const customers = ['7']; export const expected = () => ({});", '(from)'],
    ["export const from = 'now'; export const customers = ['7']; export const expected = () => ({});", 'is no time'],
    ["export const from = 'env:SINCE'; export const customers = [7]; export const expected = () => ({});", '(customers)'],
    ["export const from = 'env:SINCE'; export const customers = ['7'];", '(expected)'],
    [FILE.replace('s_x_sum', 's_y_sum'), 'the view stream has no column s_y_sum'],
    ['export const from = ;', 'cannot be loaded'],
    [
      "export const from = 'env:SINCE'; export const customers = ['7']; export const expected = () => { throw new Error('no idea'); };",
      'expected() throws for 7: no idea',
    ],
  ])('says what is wrong with it: %s', async (text, message) => {
    await expect(load(text, { SINCE: '2026-01-05T10:57:30Z' })).rejects.toThrow(message);
  });
});

test('a few lines are found among many, whole, however the file is cut into pieces', async () => {
  const file = join(work, 'lines.ndjson');
  const lines = Array.from({ length: 40_000 }, (_, i) => `{"customer_id":"${i}","text":"${'x'.repeat(i % 90)}"}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  const marks = [0, 17, 20_000, 39_999].map((i) => `"customer_id":"${i}"`);
  expect([...(await linesWith(file, marks))].sort()).toEqual([0, 17, 20_000, 39_999].map((i) => lines[i]).sort());
  expect(await linesWith(file, ['"customer_id":"40000"'])).toEqual([]);
});
