import { expect, test } from 'vitest';
import { namesIn } from '../src/score/wanted-columns.ts';

/** Goal: a column that the user's SQL names is in its view, also when the optimiser finds that it comes to nothing. */
test('every name that a query can mean a column by is found, whatever its case and quotes', () => {
  const names = namesIn('SELECT s.Network_X_sum, `care-desk_wait_last`, `a``b`, größe FROM stream s -- unused_in_a_comment\nWHERE 1=1');
  for (const name of ['network_x_sum', 'care-desk_wait_last', 'a`b', 'größe', 's', 'unused_in_a_comment'])
    expect(names.has(name)).toBe(true);
  expect(names.has('network_x')).toBe(false);
  expect(names.has('1')).toBe(false);
  // A quote in a comment quotes nothing.
  expect(namesIn('SELECT a -- don`t\n, hidden_by_it FROM stream').has('hidden_by_it')).toBe(true);
  expect(namesIn('SELECT a -- don`t\n, `b` FROM stream').has('b')).toBe(true);
});
