import { describe, expect, test } from 'vitest';
import { committedRecords, type RawBatch } from '../src/act/committed-records.ts';

/**
 * Goal: what was aborted is never taken for sent, and nothing that was committed is lost. Method: batches as a broker sends them, of
 * which the client's own filter lets the first of two aborted transactions of one producer through.
 */
type Batch = RawBatch<{ readonly offsetDelta: number; readonly key: Buffer | null; readonly name: string }>;

const plain = (firstOffset: number, names: string, attributes = 0, producerId = -1): Batch => ({
  firstOffset: BigInt(firstOffset),
  lastOffsetDelta: names.length - 1,
  attributes,
  producerId: BigInt(producerId),
  records: [...names].map((name, offsetDelta) => ({ offsetDelta, key: null, name })),
});
const inTransaction = (producerId: number, firstOffset: number, names: string): Batch => plain(firstOffset, names, 0b1_0000, producerId);
const marker = (producerId: number, firstOffset: number, type: 'abort' | 'commit'): Batch => ({
  firstOffset: BigInt(firstOffset),
  lastOffsetDelta: 0,
  attributes: 0b11_0000,
  producerId: BigInt(producerId),
  records: [{ offsetDelta: 0, key: Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]), name: 'marker' }],
});
const aborted = (producerId: number, firstOffset: number) => ({ producerId: BigInt(producerId), firstOffset: BigInt(firstOffset) });
const names = (batches: readonly Batch[], list: readonly ReturnType<typeof aborted>[]): string =>
  committedRecords(batches, list)
    .map(({ offset, record }) => `${record.name}${offset}`)
    .join(' ');

describe('of a fetch are kept', () => {
  test('records outside transactions and of committed ones, with their offsets; no markers', () => {
    const batches = [plain(3, 'ab'), inTransaction(1, 5, 'c'), marker(1, 6, 'commit'), plain(7, 'd')];
    expect(names(batches, [])).toBe('a3 b4 c5 d7');
  });

  test('nothing of two aborted transactions of one producer, and the committed one between and after them', () => {
    const batches = [
      inTransaction(1, 0, 'ab'),
      marker(1, 2, 'abort'),
      inTransaction(1, 3, 'c'),
      marker(1, 4, 'commit'),
      inTransaction(1, 5, 'd'),
      marker(1, 6, 'abort'),
      inTransaction(1, 7, 'e'),
      marker(1, 8, 'commit'),
    ];
    expect(names(batches, [aborted(1, 5), aborted(1, 0)])).toBe('c3 e7');
  });

  test('what others sent while a transaction was open that was then aborted', () => {
    const batches = [inTransaction(1, 0, 'a'), inTransaction(2, 1, 'b'), plain(2, 'c'), marker(2, 3, 'commit'), marker(1, 4, 'abort')];
    expect(names(batches, [aborted(1, 0)])).toBe('b1 c2');
  });

  test('nothing of an aborted transaction that began before the fetch, or whose marker lies behind it', () => {
    expect(names([inTransaction(1, 5, 'a'), marker(1, 6, 'abort'), inTransaction(1, 7, 'b')], [aborted(1, 2), aborted(1, 7)])).toBe('');
  });

  test('records without a transaction of a producer that aborts one', () => {
    expect(names([inTransaction(1, 0, 'a'), plain(1, 'b', 0, 1), marker(1, 2, 'abort')], [aborted(1, 0)])).toBe('b1');
  });
});
