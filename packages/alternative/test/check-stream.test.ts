/** Goal: a seal that is not what the log says is noticed, and this side reads what is right. Method: one seal, one wrong thing at a time. */
import { describe, expect, test } from 'vitest';
import { checkStream, type OwnTopic, type StreamCheck, type TopicSeal } from '../src/sources/live/check-stream.ts';

const seal = (ranges: readonly (readonly [number, number])[], more: Partial<TopicSeal> = {}): TopicSeal => ({
  stream: 'network',
  kind: 'topic',
  topic: 'network-quality',
  topicId: 'a',
  arrival: 'log',
  ranges: ranges.map(([from, to], partition) => ({ partition, from, to })),
  lost: [],
  ...more,
});

const own = (cutOffs: readonly number[], more: Partial<OwnTopic> = {}): OwnTopic => ({
  id: 'a',
  arrival: 'log',
  starts: cutOffs.map(() => 0),
  cutOffs,
  previousCutOffs: [],
  heldBack: new Set(),
  ...more,
});

/** What is found, and what this side reads. */
function check(input: Partial<StreamCheck> & Pick<StreamCheck, 'seal' | 'own'>): [string[], (readonly [number, number])[]] {
  const { findings, ranges } = checkStream({ previous: seal([[0, 10]]), read: null, ...input });
  expect(findings.every(({ stage, source, customers }) => stage === 'inputs' && source === 'network' && customers === null)).toBe(true);
  return [findings.map(({ kind }) => kind), ranges.map(({ from, to }) => [from, to] as const)];
}

test('a seal that follows on and ends where the minute ends', () => {
  expect(check({ seal: seal([[10, 20]]), own: own([20]) })).toEqual([[], [[10, 20]]]);
});

describe('ranges', () => {
  test('a gap and an overlap to the minute before', () => {
    expect(check({ seal: seal([[11, 20]]), own: own([20]) })).toEqual([['range_gap'], [[10, 20]]]);
    expect(check({ seal: seal([[9, 20]]), own: own([20]) })).toEqual([['range_overlap'], [[10, 20]]]);
  });
  test('what the log has lost is no gap, and is named', () => {
    const lost = [{ partition: 0, from: 10, to: 14 }];
    expect(check({ seal: seal([[14, 20]], { lost }), own: own([20], { starts: [14] }) })).toEqual([['lost'], [[14, 20]]]);
    expect(check({ seal: seal([[15, 20]], { lost }), own: own([20], { starts: [14] }) })).toEqual([['lost', 'range_gap'], [[14, 20]]]);
  });
  test('an end one offset off, either way', () => {
    expect(check({ seal: seal([[10, 19]]), own: own([20]) })).toEqual([['cut_off'], [[10, 20]]]);
    expect(check({ seal: seal([[10, 21]]), own: own([20]) })).toEqual([['cut_off'], [[10, 20]]]);
  });
  test('an end before an open transaction is right, and this side ends there too', () => {
    expect(check({ seal: seal([[10, 15]]), own: own([20], { heldBack: new Set([0]) }) })).toEqual([[], [[10, 15]]]);
  });
  test('where producers stamp, an end may be early, not late', () => {
    expect(check({ seal: seal([[10, 15]], { arrival: 'approximate' }), own: own([20]) })).toEqual([[], [[10, 15]]]);
    expect(check({ seal: seal([[10, 21]], { arrival: 'approximate' }), own: own([20]) })).toEqual([['cut_off'], [[10, 20]]]);
  });
  test('this side goes on where it has read to, also after a wrong seal', () => {
    const read = [{ partition: 0, from: 0, to: 12 }];
    expect(check({ seal: seal([[10, 20]]), own: own([20]), read })).toEqual([[], [[12, 20]]]);
  });
});

describe('partitions and topics', () => {
  test('a new partition begins at its log start; one that is missing on either side is noticed', () => {
    const two = own([20, 5], { starts: [0, 2] });
    expect(
      check({
        seal: seal([
          [10, 20],
          [2, 5],
        ]),
        own: two,
      }),
    ).toEqual([
      [],
      [
        [10, 20],
        [2, 5],
      ],
    ]);
    expect(check({ seal: seal([[10, 20]]), own: two })).toEqual([
      ['partition'],
      [
        [10, 20],
        [2, 5],
      ],
    ]);
    expect(
      check({
        seal: seal([
          [10, 20],
          [2, 5],
        ]),
        own: own([20]),
      }),
    ).toEqual([['partition'], [[10, 20]]]);
  });
  test('a topic that was made anew begins at its log start', () => {
    const anew = seal([[0, 4]], { topicId: 'b' });
    expect(check({ seal: anew, own: own([4], { id: 'b' }) })).toEqual([['topic_replaced'], [[0, 4]]]);
    expect(check({ seal: seal([[10, 20]]), own: own([20], { id: 'b' }) })[0]).toContain('topic_replaced');
  });
  test('the first minute of all begins where the one before it would have ended', () => {
    const first = { seal: seal([[7, 20]]), previous: null };
    expect(check({ ...first, own: own([20], { previousCutOffs: [7] }) })).toEqual([[], [[7, 20]]]);
  });
});
