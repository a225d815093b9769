import type { OffsetRange, StreamSeal } from '@parallax/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claimSql, oldestClaims } from '../src/ingest/claimed.ts';
import { callsOf, topicEventsSql } from '../src/ingest/kafka-messages.ts';
import { beyondSlices, boundsOf, type Slice, settledPrefix, type TopicSeal } from '../src/ingest/slices.ts';
import { TOPIC_CALL_LEAST, TOPIC_CALL_MESSAGES, TOPIC_CALLS } from '../src/limits.ts';
import { at, projectOf } from './support.ts';

/** Goal: what is read before a seal can only ever be what the seal names. Method: ranges by hand, then random logs cut at random places. */
const MINUTE = at('10:20');

const topic = (ranges: readonly (readonly [from: number, to: number])[], topicId = 'T1', stream = 'network'): TopicSeal => ({
  stream,
  kind: 'topic',
  topic: stream,
  topicId,
  arrival: 'log',
  ranges: ranges.map(([from, to], partition) => ({ partition, from, to })),
  lost: [],
});
const slice = (folder: string, ...streams: TopicSeal[]): Slice => ({ folder, streams, settled: null });
const rangesOf = (streams: readonly StreamSeal[]): OffsetRange[][] => streams.map((s) => (s.kind === 'topic' ? [...s.ranges] : []));
const ranges = (...pairs: readonly (readonly [number, number])[]): OffsetRange[] =>
  pairs.map(([from, to], partition) => ({ partition, from, to }));

describe('what was settled before the seal', () => {
  const settled = (name: string, streams: TopicSeal): Slice => ({
    folder: name,
    streams: [streams],
    settled: { claimed: `claimed ${name}`, panes: `panes ${name}` },
  });
  const [first, second] = [settled('a', topic([[5, 7]])), settled('b', topic([[7, 9]]))];

  test('stands while all slices from the first on lie within the seal', () => {
    expect(settledPrefix([first, second], [first, second])).toEqual([first.settled, second.settled]);
    expect(settledPrefix([first, second], [first])).toEqual([first.settled]);
  });

  test('falls when one before it is left out, or could not be settled, and there is nothing without a slice', () => {
    expect(settledPrefix([first, second], [second])).toBeNull();
    expect(settledPrefix([first, { ...second, settled: null }], [first, { ...second, settled: null }])).toBeNull();
    expect(settledPrefix([], [])).toBeNull();
  });
});

describe('what the seal names beyond the slices', () => {
  test('is all of it without slices', () => {
    const sealed = [topic([[5, 9]])];
    expect(beyondSlices(sealed, [])).toEqual({ used: [], rest: sealed });
  });

  test('is what follows them, partition by partition; a partition added meanwhile is read whole', () => {
    const sealed = [topic([[5, 30], [0, 8], [0, 4]])]; // biome-ignore format: ranges by partition
    const slices = [slice('a', topic([[5, 20], [0, 8]])), slice('b', topic([[20, 29], [8, 8]]))]; // biome-ignore format: ranges by partition
    const { used, rest } = beyondSlices(sealed, slices);
    expect(used.map((s) => s.folder)).toEqual(['a', 'b']);
    expect(rangesOf(rest)).toEqual([ranges([29, 30], [8, 8], [0, 4])]);
  });

  test('a slice that reaches past the seal is left out whole, and with it what follows it', () => {
    const slices = [slice('a', topic([[0, 10]])), slice('b', topic([[10, 21]])), slice('c', topic([[21, 25]]))];
    const { used, rest } = beyondSlices([topic([[0, 20]])], slices);
    expect(used.map((s) => s.folder)).toEqual(['a']);
    expect(rangesOf(rest)).toEqual([ranges([10, 20])]);
  });

  test('a topic made anew, and a log that lost its beginning, make slices worthless', () => {
    expect(beyondSlices([topic([[0, 20]], 'T2')], [slice('a', topic([[0, 10]]))]).used).toEqual([]);
    expect(beyondSlices([topic([[3, 20]])], [slice('a', topic([[0, 10]]))]).used).toEqual([]);
    expect(beyondSlices([topic([[0, 20]])], [slice('a', topic([[0, 10], [0, 5]]))]).used).toEqual([]); // biome-ignore format: ranges by partition
  });

  test('slices and rest together are the seal, nothing twice, whatever the cuts', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(cuts, fc.integer({ min: 0, max: 100 }), (points, to) => {
        const ends = [...points].sort((a, b) => a - b);
        const slices = ends.map((end, i) => slice(String(i), topic([[ends[i - 1] ?? 0, end]])));
        const { used, rest } = beyondSlices([topic([[0, to]])], slices);
        const read = [...used.flatMap((s) => rangesOf(s.streams).flat()), ...rangesOf(rest).flat()];
        const offsets = read.flatMap((r) => Array.from({ length: r.to - r.from }, (_, i) => r.from + i));
        expect(offsets).toEqual(Array.from({ length: to }, (_, i) => i));
      }),
    );
  });
});

describe('classes', () => {
  test('late is before m − lateness, ahead from m + 1 + max_ahead on, both in microseconds', async () => {
    expect(boundsOf(await projectOf(), MINUTE)).toEqual({ late: at('10:10'), ahead: at('10:23') });
  });

  test('messages that are read from their log are packed alike wherever they are wanted, so that Spark reads them once', async () => {
    const sql = claimSql(await projectOf(), MINUTE, { slices: 's', isQuery: true, before: 'b', own: null, payloads: null }, 8);
    const packed = '(SELECT bucket, collect_list(events) AS lists FROM s WHERE bucket IS NOT NULL GROUP BY bucket)';
    expect(sql.split(packed)).toHaveLength(3);
    expect(sql.replaceAll(packed, '')).not.toContain('FROM s');
  });

  test('an id is claimed by accepted events no older than m − lateness only', async () => {
    const project = await projectOf();
    const relations = { slices: 's', isQuery: false, before: 'b', own: null, payloads: null };
    const sql = claimSql(project, MINUTE, relations, 8);
    expect(sql).toContain(`, ${at('10:10')}L, '{"buckets":8}')`);
    expect(sql).not.toContain("'payload'");
    expect(claimSql(project, MINUTE, { ...relations, own: 'o', payloads: 'p' }, 8)).toContain("'payload', blob FROM p");
    // An event of iteration i is younger than i + 1 + max_ahead.
    expect(oldestClaims(project, MINUTE)).toBe(at('10:07'));
  });
});

describe('calls that read a topic', () => {
  /** Ranges of which one begins where the one before it ends, as one. */
  const read = (calls: OffsetRange[][]) => {
    const all: OffsetRange[] = [];
    for (const range of calls.flat()) {
      const before = all.at(-1);
      if (range.from === range.to) continue;
      if (before?.partition === range.partition && before.to === range.from) all[all.length - 1] = { ...before, to: range.to };
      else all.push(range);
    }
    return all;
  };

  test('share its ranges: every message once, in calls of about equal size; few messages are one call', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: TOPIC_CALL_LEAST }), { maxLength: 6 }), (sizes) => {
        const ranges = sizes.map((size, partition) => ({ partition, from: 10 * partition, to: 10 * partition + size }));
        const calls = callsOf(ranges);
        expect(read(calls)).toEqual(read([ranges]));
        const total = sizes.reduce((sum, size) => sum + size, 0);
        expect(calls.length).toBe(Math.min(TOPIC_CALLS, Math.ceil(total / TOPIC_CALL_LEAST)));
      }),
    );
  });

  test('of a large range hold no more than one call may', () => {
    const calls = callsOf([{ partition: 0, from: 5, to: 5 + 4 * TOPIC_CALL_MESSAGES + 1 }]);
    expect(calls.map((call) => call.reduce((n, r) => n + r.to - r.from, 0))).toEqual([...Array(4).fill(TOPIC_CALL_MESSAGES), 1]);
  });

  test('name exact offsets as text; an empty range needs none', () => {
    const seal = topic([[7, 9]]);
    if (seal.kind !== 'topic') throw new Error('no topic');
    expect(topicEventsSql('h:1', seal, '{}')).toContain('[{"partition":0,"from":"7","to":"9"}]');
    expect(topicEventsSql('h:1', { ...seal, ranges: [{ partition: 0, from: 7, to: 7 }] }, '{}')).toBeNull();
  });
});
