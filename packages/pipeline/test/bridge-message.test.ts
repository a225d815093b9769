import { describe, expect, it } from 'vitest';
import { bridgeMessage } from '../src/ingest/bridge-message.ts';

const bytes = Buffer.from([1, 2, 3]);
const section = (content: unknown) => ({ typecode: 0x75, content });

describe('the record of an AMQP message', () => {
  it.each([
    ['text', 'a-1', 'a-1'],
    ['empty text', '', ''],
    ['a number', 42, '42'],
    ['a big number', 18_446_744_073_709_551_615n, '18446744073709551615'],
    ['bytes (uuid, binary)', Buffer.from('00ff', 'hex'), '00ff'],
  ])('has %s as id', (_, id, expected) => {
    expect(bridgeMessage({ message_id: id, body: section(bytes) }).key?.toString()).toBe(expected);
  });

  it.each([[undefined], [null], [{}]])('has no key when the id is %s', (id) => {
    expect(bridgeMessage({ message_id: id, body: section(bytes) }).key).toBeNull();
  });

  it.each([
    ['a data section', section(bytes), bytes],
    ['several', section([bytes, Buffer.from([4])]), Buffer.from([1, 2, 3, 4])],
    ['text', 'ü', Buffer.from('ü')],
    ['a binary value', bytes, bytes],
  ])('has the bytes of %s', (_, body, expected) => {
    expect(bridgeMessage({ body })).toMatchObject({ value: expected, unsupported: false });
  });

  it.each([
    ['a map', { a: 1 }],
    ['a list', [1]],
    ['a sequence section', { typecode: 0x76, content: [1] }],
    ['a number', 7],
    ['nothing', undefined],
  ])('has no value for %s', (_, body) => {
    expect(bridgeMessage({ message_id: 'x', body })).toMatchObject({ value: null, unsupported: true });
  });

  it('keeps 1 MiB whole and of more one byte more', () => {
    for (const [length, kept] of [
      [1_048_576, 1_048_576],
      [1_048_577, 1_048_577],
      [5_000_000, 1_048_577],
    ] as const) {
      expect(bridgeMessage({ body: section(Buffer.alloc(length)) }).value?.length).toBe(kept);
    }
  });

  it('reads the creation time as a date or as milliseconds', () => {
    expect(bridgeMessage({ creation_time: new Date(1_234) }).createdMs).toBe(1_234);
    expect(bridgeMessage({ creation_time: 1_234 }).createdMs).toBe(1_234);
    expect(bridgeMessage({}).createdMs).toBeNull();
  });
});
