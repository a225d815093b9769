/**
 * Goal: `explain` shows every input of a customer on both sides with its source and age, and what differs. Method: a small recording on a fake Spark side and by
 * the alternative, looked at in each minute, plain and with one line of Spark's changed.
 */
import { expect, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import { type CustomerSides, customerSides, type SideValue } from '../src/customer-sides.ts';
import { ParquetReader } from '../src/spark-side/parquet.ts';
import { compareBoth } from './both.ts';

const PROJECT = {
  ...buildProject({
    streams: { s: { variables: [{ name: 'x', places: 2, aggregates: ['sum', 'count', 'last'] }] } },
    batch: { dwh: [{ name: 'profile', columns: { tier: 'text', limit: 2 } }] },
    online: { care: { max_age: 2, fields: [{ name: 'open', field: 'open', places: 0 }] } },
  }),
  'alternative.ts': `export function satisfaction(c) {
  return { satisfaction: c.stream.s_x_sum_1h, tier: c.batch.profile_tier };
}
export function actions(c, result) {
  return result.satisfaction?.unscaled > 500n ? [{ action: 'call', reason: 'above 5' }] : [];
}
`,
};
const RECORDING = buildRecording({
  from: instant('10:59'),
  iterations: 2,
  messages: [
    { iteration: instant('10:59'), stream: 's', payload: payload('1', '10:59:10', 'b', { x: '1.005' }) },
    { iteration: instant('10:59'), stream: 's', payload: payload('1', '10:59:10', 'a', { x: '2' }) },
    { iteration: instant('10:59'), stream: 's', payload: payload('2', '10:59:10', 'c', { x: '3' }) },
    { iteration: instant('11:00'), stream: 's', payload: payload('1', '11:00:01', 'd', { x: '4' }) },
  ],
  online: [
    { iteration: instant('10:59'), source: 'care', ids: ['1', '2'], body: JSON.stringify({ customers: [{ customer_id: 1, open: 3 }] }) },
  ],
  batch: { '2026-01-04': { tables: { 'dwh/profile': 'customer_id,tier,limit\n1,gold,1.5\n2,,2\n' } } },
});

async function sidesOf(customer: string, tampering = {}): Promise<readonly CustomerSides[]> {
  const parquet = await ParquetReader.open();
  const seen: CustomerSides[] = [];
  try {
    await compareBoth({ project: PROJECT, recording: RECORDING }, tampering, undefined, async (project, spark, alternative) => {
      seen.push(await customerSides({ project, spark, alternative, parquet }, customer));
    });
  } finally {
    parquet.close();
  }
  return seen;
}

const shown = (values: readonly SideValue[]) =>
  Object.fromEntries(values.map(({ group, column, spark, alternative, age }) => [`${group} ${column}`, [spark, alternative, age]]));

test('every value of a customer on both sides, with its age, and the events behind its windows', async () => {
  const [first, second] = await sidesOf('1');
  expect(first?.values.filter(({ equal }) => !equal)).toEqual([]);
  expect(shown(second?.values ?? [])).toEqual({
    'stream s_x_sum': ['4.00', '4.00', null],
    'stream s_x_sum_1h': ['7.01', '7.01', null],
    'stream s_x_count': ['1', '1', null],
    'stream s_x_count_1h': ['3', '3', null],
    'stream s_x_last': ['4.00', '4.00', null],
    'stream s_x_last_1h': ['4.00', '4.00', null],
    'batch profile_tier': ['gold', 'gold', 'day 2026-01-04'],
    'batch profile_limit': ['1.50', '1.50', 'day 2026-01-04'],
    'online care_open': ['3', '3', '1 minutes old'],
    'online care_age_minutes': ['1', '1', '1 minutes old'],
    'result satisfaction': ['7.01', '7.01', null],
    'result tier': ['gold', 'gold', null],
    'action call': ['above 5', 'above 5', null],
  });
  expect(second?.contributions).toEqual([]);
  expect(second?.events).toEqual([
    '2026-01-05T10:59:10.000000Z  s  a  x 2.00',
    '2026-01-05T10:59:10.000000Z  s  b  x 1.01',
    '2026-01-05T11:00:01.000000Z  s  d  x 4.00',
  ]);
});

test('a value that differs is marked, and only that', async () => {
  const tampering = {
    lines: (_minute: bigint, name: string, all: readonly string[]) =>
      name === 'results' ? all.map((line) => line.replace('"tier":"gold"', '"tier":"silver"')) : all,
  };
  const [, second] = await sidesOf('1', tampering);
  expect(second?.values.filter(({ equal }) => !equal)).toMatchObject([
    { group: 'result', column: 'tier', spark: 'silver', alternative: 'gold' },
  ]);
});

test('a customer that nobody knows has nothing on either side', async () => {
  const [first] = await sidesOf('99');
  expect(first?.values.every(({ equal }) => equal)).toBe(true);
  expect(first?.values.filter(({ group }) => group === 'result' || group === 'action')).toEqual([]);
  expect(first?.events).toEqual([]);
});
