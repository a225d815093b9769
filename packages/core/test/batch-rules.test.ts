import { describe, expect, test } from 'vitest';
import { load, refusals } from './project-folder.ts';

/** Goal: what a batch table may declare of its shape and its quality is read, and a mistake names its place. */
const table = (rest: string): { readonly 'batch/dwh.yaml': string } => ({
  'batch/dwh.yaml': `tables:\n  - name: profile\n    key: k\n    columns: [{ name: age, places: 0 }, { name: tier, type: text, field: plan.tier }]\n${rest}`,
});

describe('a batch table', () => {
  test('says how its rows make one a customer', async () => {
    const read = async (rest: string) => (await load(table(rest))).batch[0]?.tables[0];
    expect(await read('')).toMatchObject({
      shape: { kind: 'rows' },
      keyPrefix: '',
      columns: [{ field: null }, { field: ['plan', 'tier'] }],
    });
    expect(await read('    key_prefix: "C-"\n    shape: { long: { type: metric, value: amount } }\n')).toMatchObject({
      keyPrefix: 'C-',
      shape: { kind: 'long', type: 'metric', value: 'amount' },
    });
    expect((await read('    shape: { latest: { by: updated_at } }\n'))?.shape).toEqual({ kind: 'latest', by: 'updated_at' });
    expect((await read('    shape: { reduce: max }\n'))?.shape).toEqual({ kind: 'reduce', how: 'max' });
  });

  test('says what it expects of a column and of a day', async () => {
    const rest =
      '    expect: [{ column: age, not_null: true, min: 0, max: 120.5, otherwise: refuse }]\n    day: { rows_min: 1, change_percent_max: 20, fresh_within: 6h, drift_max: 3, keyless_max: 0, key_twice_max: 2, repeated: refuse }\n';
    expect((await load(table(rest))).batch[0]?.tables[0]).toMatchObject({
      expect: [{ column: 'age', notNull: true, min: { unscaled: 0n, scale: 0 }, max: { unscaled: 1205n, scale: 1 }, otherwise: 'refuse' }],
      day: {
        rowsMin: 1,
        rowsMax: null,
        changePercentMax: 20,
        freshWithinUs: 21_600_000_000n,
        driftMax: 3,
        keylessMax: 0,
        keyTwiceMax: 2,
        repeated: 'refuse',
      },
    });
  });

  test.each([
    ['two shapes', '    shape: { reduce: sum, latest: { by: t } }\n', '(tables[0].shape)', /one of long, latest, reduce/],
    ['an unknown way to reduce', '    shape: { reduce: mean }\n', '(tables[0].shape.reduce)', /sum, min, max/],
    ['a long form without its value', '    shape: { long: { type: t } }\n', '(tables[0].shape.long.value)', /missing/],
    [
      'a column that is not there',
      '    expect: [{ column: agee, not_null: true }]\n',
      '(tables[0].expect[0].column)',
      /did you mean "age"/,
    ],
    ['nothing expected', '    expect: [{ column: age }]\n', '(tables[0].expect[0])', /expects nothing/],
    ['bounds of a text', '    expect: [{ column: tier, min: 1 }]\n', '(tables[0].expect[0])', /is text/],
    ['bounds crossed', '    expect: [{ column: age, min: 2, max: 1 }]\n', '(tables[0].expect[0].min)', /above max/],
    [
      'a column twice',
      '    expect: [{ column: age, min: 2 }, { column: age, max: 9 }]\n',
      '(tables[0].expect[1].column)',
      /declared twice/,
    ],
    ['a time without a unit', '    day: { fresh_within: 6 }\n', '(tables[0].day.fresh_within)', /duration|unit|ms, s, m/],
    ['an unknown answer to a repeated day', '    day: { repeated: no }\n', '(tables[0].day.repeated)', /refuse, accept/],
    ['rows crossed', '    day: { rows_min: 2, rows_max: 1 }\n', '(tables[0].day.rows_min)', /above rows_max/],
  ])('with %s is refused', async (_, rest, place, message) => {
    const found = await refusals(table(rest));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(place);
    expect(found[0]).toMatch(message);
  });
});
