/** Goal: nobody is left out of the bulk calls unseen: a close that says its time ran out is not believed, but held against the calls. */
import { describe, expect, test } from 'vitest';
import { checkAsked } from '../src/sources/live/check-asked.ts';
import type { OnlineCall } from '../src/sources/source.ts';

const SEALED = 1_000_000_000n;
const END = SEALED + 4_000_000n;
const ALL = ['1', '2', '3', '4'];

const call = (ids: readonly string[], at: bigint, status = 200): OnlineCall => ({ ids, at, status, body: null });

/** How many were not asked, and whom the finding names; null: there is none. */
function check(
  calls: readonly OnlineCall[],
  { cut = false, known = ALL, population = ALL, sealedAt = SEALED } = {},
): [number, readonly string[] | null] {
  const { notAsked, findings } = checkAsked({
    ...{ source: 'care', sealed: SEALED, sealedAt, calls, population, cut },
    known: (customer) => known.includes(customer),
  });
  const [finding, ...more] = findings;
  expect(more).toEqual([]);
  if (finding === undefined) return [notAsked, null];
  expect([finding.kind, finding.source, finding.stage]).toEqual(['not_asked', 'care', 'inputs']);
  return [notAsked, finding.customers];
}

describe('a close that does not say that its time ran out', () => {
  test('everybody was asked, by whatever calls', () => {
    expect(check([call(['1', '2'], SEALED - 20n), call(['3', '4', '9'], SEALED)])).toEqual([0, null]);
    expect(check([], { population: [] })).toEqual([0, null]);
  });

  test('who was not asked is found, also when calls went on until the end', () => {
    expect(check([call(['1', '2'], SEALED)])).toEqual([2, ['3', '4']]);
    expect(check([call(['1', '2'], END - 1n)])).toEqual([2, ['3', '4']]);
    expect(check([])).toEqual([4, ALL]);
    expect(check([call(['1'], SEALED)], { known: [] })).toEqual([3, ['2', '3', '4']]);
  });
});

describe('a close that says so', () => {
  const cut = true;

  test('is right when calls went on until shortly before the end: who was left out is counted', () => {
    expect(check([call(['1', '2'], SEALED - 9_000_000n), call(['3'], END - 2_999_999n)], { cut })).toEqual([1, null]);
  });

  test('is not believed of known customers when no call was being made any more', () => {
    expect(check([call(['1', '2'], END - 3_000_000n)], { cut })).toEqual([2, ['3', '4']]);
    expect(check([], { cut })).toEqual([4, ALL]);
  });

  test('is right of a minute that was sealed after that end: whom to ask was not known in time', () => {
    expect(check([], { cut, sealedAt: END })).toEqual([4, null]);
    expect(check([], { cut, sealedAt: END - 1n })).toEqual([4, ALL]);
    expect(check([], { sealedAt: END })).toEqual([4, ALL]);
  });

  test('may leave out who came in the minute: they are counted', () => {
    expect(check([call(['1', '2'], SEALED - 9_000_000n)], { cut, known: ['1', '2'] })).toEqual([2, null]);
    expect(check([call(['1', '2'], SEALED - 9_000_000n)], { cut, known: ['1', '2', '3'] })).toEqual([2, ['3']]);
  });

  test('is right while an answer was waited for: the last call of somebody failed', () => {
    const refused = [call(['1', '2'], SEALED - 20_000_000n, 429)];
    expect(check(refused, { cut })).toEqual([2, null]);
    expect(check([...refused, call(['1', '2'], SEALED - 19_000_000n)], { cut })).toEqual([2, ['3', '4']]);
  });
});
