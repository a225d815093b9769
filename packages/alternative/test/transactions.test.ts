/** Goal: only what is committed is read, and each range holds its own messages. Method: batches by hand, in the order of a log. */
import { expect, test } from 'vitest';
import { AheadBuffer } from '../src/sources/live/ahead-buffer.ts';
import { type LogBatch, type LogRecord, Transactions } from '../src/sources/live/transactions.ts';

const record = (offset: number): LogRecord => ({ offset, timestampMs: offset, key: null, value: Buffer.from(`v${offset}`) });

function batch(firstOffset: number, count: number, producerId: bigint, transactional: boolean): LogBatch {
  const records = Array.from({ length: count }, (_, i) => record(firstOffset + i));
  return { firstOffset, lastOffset: firstOffset + count - 1, producerId, transactional, marker: null, timestampMs: 0, records };
}

const marker = (offset: number, producerId: bigint, kind: 'commit' | 'abort'): LogBatch => ({
  ...batch(offset, 1, producerId, true),
  marker: kind,
  records: [],
});

test('messages of a transaction come when it commits, not when it aborts, each producer by itself', () => {
  const transactions = new Transactions();
  const given = [
    batch(0, 2, 1n, true),
    batch(2, 1, 2n, true),
    batch(3, 1, -1n, false),
    marker(4, 1n, 'abort'),
    batch(5, 1, 1n, true),
    marker(6, 2n, 'commit'),
    marker(7, 1n, 'commit'),
    // The end of a transaction that began before what is read.
    marker(8, 3n, 'commit'),
  ].map((each) => [...transactions.offer(each)].map(({ offset }) => offset));
  expect(given).toEqual([[], [], [3], [], [], [2], [5], []]);
  expect(transactions.decided).toBe(true);
});

test('what was read ahead is given once, to the minute that it lies in', () => {
  const ahead = new AheadBuffer();
  expect(ahead.next(0, 10)).toBe(10);
  ahead.add(
    0,
    14,
    [10, 11, 13].map((offset) => record(offset)),
  );
  expect(ahead.next(0, 10)).toBe(14);
  const taken: number[] = [];
  expect(ahead.take({ partition: 0, from: 10, to: 12 }, ({ offset }) => taken.push(offset))).toBeNull();
  expect(taken).toEqual([10, 11]);
  expect(ahead.next(0, 12)).toBe(14);
  expect(ahead.take({ partition: 0, from: 12, to: 20 }, ({ offset }) => taken.push(offset))).toEqual({
    partition: 0,
    from: 14,
    to: 20,
  });
  expect(taken).toEqual([10, 11, 13]);
  expect(ahead.bytes).toBe(0);
  expect(ahead.next(0, 20)).toBe(20);
  // A minute that begins elsewhere: what was read does not count.
  ahead.add(0, 22, [record(20)]);
  expect(ahead.next(0, 30)).toBe(30);
  expect(ahead.bytes).toBe(0);
});

test('what is of the minute for certain is taken before it has a range, and shows when the range is another', () => {
  const ahead = new AheadBuffer();
  ahead.next(0, 10);
  ahead.add(
    0,
    16,
    [10, 11, 12, 14, 15].map((offset) => record(offset)),
  );
  const taken: number[] = [];
  const take = (most: number) =>
    ahead.offer(
      ({ offset }) => offset === 14,
      // What its own queue has not handed over stays.
      ({ offset }) => offset !== 11 && taken.push(offset) > 0,
      most,
    );
  take(1);
  expect(taken).toEqual([10]);
  expect(ahead.hasTaken).toBe(true);
  take(10);
  take(10);
  // Behind the first record of the next minute nothing is certain.
  expect(taken).toEqual([10, 12]);
  const rest: number[] = [];
  const give = ({ offset }: { readonly offset: number }) => rest.push(offset);
  expect(ahead.take({ partition: 0, from: 10, to: 12 }, give)).toBe('wrong');
  expect(ahead.take({ partition: 0, from: 11, to: 14 }, give)).toBe('wrong');
  expect(ahead.take({ partition: 0, from: 10, to: 14 }, give)).toBeNull();
  expect(rest).toEqual([11]);
  expect(ahead.hasTaken).toBe(false);
  take(10);
  expect(taken).toEqual([10, 12]);
  ahead.offer(
    () => false,
    ({ offset }) => taken.push(offset) > 0,
    10,
  );
  expect(taken).toEqual([10, 12]);
  expect(ahead.take({ partition: 0, from: 14, to: 16 }, give)).toBeNull();
  expect(rest).toEqual([11, 14, 15]);
  expect(ahead.bytes).toBe(0);
});
