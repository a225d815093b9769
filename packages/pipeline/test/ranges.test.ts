import { describe, expect, test } from 'vitest';
import { rangesOf } from '../src/ingest/kafka-offsets.ts';

const previous = [
  { partition: 0, from: 0, to: 10 },
  { partition: 1, from: 5, to: 20 },
];

describe('the ranges of a minute', () => {
  test('go on where the previous iteration ended', () => {
    expect(rangesOf(previous, [0, 0], [0, 0], [15, 30])).toEqual({
      ranges: [
        { partition: 0, from: 10, to: 15 },
        { partition: 1, from: 20, to: 30 },
      ],
      lost: [],
    });
  });

  test('are found by the partition’s number, whatever the order of the previous ones', () => {
    expect(rangesOf(previous.toReversed(), [0, 0], [0, 0], [15, 30]).ranges.map((r) => r.from)).toEqual([10, 20]);
  });

  test('a partition that is new begins at its log start', () => {
    expect(rangesOf(previous, [1, 2, 3], [0, 0, 7], [10, 20, 9]).ranges[2]).toEqual({ partition: 2, from: 7, to: 9 });
  });

  test('a minute without messages is an empty range that the next one goes on from', () => {
    expect(rangesOf(previous, [0, 0], [0, 0], [10, 20]).ranges).toEqual([
      { partition: 0, from: 10, to: 10 },
      { partition: 1, from: 20, to: 20 },
    ]);
  });

  test('a cut-off before the previous end (a producer’s clock that went back) takes nothing twice', () => {
    expect(rangesOf(previous, [0, 0], [0, 0], [4, 20]).ranges[0]).toEqual({ partition: 0, from: 10, to: 10 });
  });

  test('what the log lost is named and left out', () => {
    expect(rangesOf(previous, [0, 0], [12, 0], [15, 30])).toEqual({
      ranges: [
        { partition: 0, from: 12, to: 15 },
        { partition: 1, from: 20, to: 30 },
      ],
      lost: [{ partition: 0, from: 10, to: 12 }],
    });
  });

  test('a log that was lost beyond the cut-off leaves an empty range at its start', () => {
    expect(rangesOf(previous, [0, 0], [18, 0], [15, 30])).toMatchObject({
      ranges: [{ partition: 0, from: 18, to: 18 }, {}],
      lost: [{ partition: 0, from: 10, to: 18 }],
    });
  });

  test('the first minute of all begins at the cut-off before it, and what was before that is not lost', () => {
    expect(rangesOf(null, [6, 0], [2, 0], [9, 3])).toEqual({
      ranges: [
        { partition: 0, from: 6, to: 9 },
        { partition: 1, from: 0, to: 3 },
      ],
      lost: [],
    });
  });

  test('a topic without partitions has no range', () => {
    expect(rangesOf(previous, [], [], [])).toEqual({ ranges: [], lost: [] });
  });
});
