import { expect, test } from 'vitest';
import { parseProgress } from '../src/streaming.ts';

/** Goal: the rows of a micro-batch are those of all its sources, as the JSON of Spark Connect has them. */
test('rows are counted by source', () => {
  const json =
    '{"batchId":3,"durationMs":{"addBatch":12},"sources":[{"description":"a","numInputRows":5},{"description":"b","numInputRows":7}],"sink":{}}';
  expect(parseProgress(json)).toEqual({ batchId: 3, durationMs: { addBatch: 12 }, numInputRows: 12 });
  expect(parseProgress('{"batchId":0,"durationMs":{},"sources":[]}').numInputRows).toBe(0);
});
