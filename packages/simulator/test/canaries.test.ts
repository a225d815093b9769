import { expect, test } from 'vitest';
import { profileRow, wideRows } from '../src/batch-values.ts';
import { CANARIES, COUNTING, canaryMessages, STEADY, STEADY_WIDE_VALUE } from '../src/canaries.ts';
import { careRecord } from '../src/care-record.ts';
import { WIDE_TABLES } from '../src/catalogue/batch.ts';
import { STREAMS } from '../src/catalogue/example-files.ts';
import { createEnterprise } from '../src/enterprise.ts';

const MINUTE_US = 60_000_000;
const FROM = 29_461_560 * MINUTE_US;

test('each canary says one strict JSON object a minute on its streams, the same whenever it is asked', () => {
  for (const stream of STREAMS) {
    const whole = [...canaryMessages(CANARIES, stream, FROM, FROM + 120 * MINUTE_US)];
    const halves = [FROM, FROM + 61.5 * MINUTE_US].flatMap((from, i) => [
      ...canaryMessages(CANARIES, stream, from, [FROM + 61.5 * MINUTE_US, FROM + 120 * MINUTE_US][i] ?? 0),
    ]);
    expect(halves).toEqual(whole);
    expect(whole).toHaveLength(stream.name === 'care' ? 120 : 240);
    expect(new Set(whole.map(({ eventId }) => eventId)).size).toBe(whole.length);
    const arrivals = whole.map(({ arrivalUs }) => arrivalUs);
    expect([...arrivals].sort((a, b) => a - b)).toEqual(arrivals);
    for (const { payload, customerId, eventId, eventTimeUs } of whole) {
      const said = JSON.parse(String(payload)) as Record<string, unknown>;
      expect(said).toMatchObject({ customer_id: customerId, event_id: eventId });
      expect(Date.parse(String(said.event_time))).toBe(Math.floor(eventTimeUs / 1000));
    }
  }
  expect([...canaryMessages([], STREAMS[0] as (typeof STREAMS)[number], FROM, FROM + MINUTE_US)]).toEqual([]);
});

test('the values that a canary says have fields that its stream declares', () => {
  for (const stream of STREAMS) {
    const declared = new Set(stream.variables.map(({ field }) => field));
    for (const { payload } of canaryMessages(CANARIES, stream, FROM, FROM + 4 * MINUTE_US)) {
      const { event_id, event_time, customer_id, ...groups } = JSON.parse(String(payload)) as Record<string, Record<string, unknown>>;
      expect([typeof event_id, typeof event_time, typeof customer_id]).toEqual(['string', 'string', 'number']);
      for (const [group, leaves] of Object.entries(groups))
        for (const leaf of Object.keys(leaves)) expect(declared).toContain(`${group}.${leaf}`);
    }
  }
});

test('stores and care know them, and nobody else has their keys', () => {
  const plain = createEnterprise({ seed: 7, customers: 100 });
  const enterprise = createEnterprise({ seed: 7, customers: 100, canaries: true });
  expect(plain.canaries).toEqual([]);
  expect(enterprise.canaries).toEqual([STEADY, COUNTING]);
  expect(profileRow(enterprise, STEADY, 1)).toContain('islands');
  expect(profileRow(enterprise, STEADY, 1)).toEqual(profileRow(enterprise, STEADY, 99));
  const [table] = WIDE_TABLES;
  if (table === undefined) throw new Error('no wide table');
  const row = new Int8Array(table.columns.length);
  wideRows(enterprise, table, 1)(STEADY, row);
  expect(new Set(row)).toEqual(new Set([STEADY_WIDE_VALUE]));
  expect(careRecord(enterprise, COUNTING, 5)).toBeNull();
  expect(JSON.parse(careRecord(enterprise, STEADY, 5) ?? '')).toMatchObject({ customer_id: STEADY, tickets: { open: 1 } });
  expect(careRecord(plain, STEADY, 5)).toBeNull();
});
