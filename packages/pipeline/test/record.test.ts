import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { csvText } from '../src/record/record.ts';

test('a recorded table keeps null and the empty text apart, as a recording’s CSV does', async () => {
  const records = [
    ['1', null, ''],
    [null, 'a"b,c\nd', ' '],
  ];
  expect(await text(Readable.from(records).pipe(csvText(['k', 'a', 'b'])))).toBe('k,a,b\n1,,""\n,"a""b,c\nd", \n');
});
