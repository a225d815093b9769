import { expect, test } from 'vitest';
import { mergeLines, parseResult } from '../src/lines/merge-lines.ts';
import { ResultCheck } from '../src/score/result-check.ts';

/** Goal: the lines of a draft and those made anew are, together, the lines of the minute: by key, each once, each seen by the check. */

async function* of<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

const line = (key: string, satisfaction: string | null, rest = '') =>
  `{"minute":"2026-01-05T10:00:00Z","customer_id":${JSON.stringify(key)},"satisfaction":${satisfaction === null ? 'null' : `"${satisfaction}"`}${rest}}`;

async function merged(drafted: readonly string[], amended: readonly string[], anew: readonly string[], pieceBytes = 1 << 20) {
  const seen = new ResultCheck();
  for (const each of drafted) {
    const { key, hundredths } = parseResult(each, ',"customer_id":');
    seen.add(key, hundredths);
  }
  const check = seen.copy();
  const bytes = Buffer.from(drafted.map((each) => `${each}\n`).join(''));
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, i) =>
    bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes),
  );
  const parts = { drafted: of(pieces), amended, anew: of(anew.map((each) => `${each}\n`)) };
  const given: Buffer[] = [];
  for await (const each of mergeLines(parts, 'customer_id', check)) given.push(Buffer.from(each));
  const lines = Buffer.concat(given)
    .toString()
    .split(/(?<=\n)/);
  return { lines: lines[0] === '' ? [] : lines, check };
}

test('a customer that is done again has its new line, or none; all others their drafted ones', async () => {
  const drafted = [line('1', '10.00'), line('2', '20.00'), line('4', null), line('7', '70.50')];
  const { lines, check } = await merged(drafted, ['2', '3', '4', '9'], [line('2', '21.00'), line('3', '30.00'), line('9', '90.00')]);
  expect(lines).toEqual(
    [line('1', '10.00'), line('2', '21.00'), line('3', '30.00'), line('7', '70.50'), line('9', '90.00')].map((l) => `${l}\n`),
  );
  expect(check.summary()).toMatchObject({ scored: 5, mean: '44.3000', p50: '30.00' });
});

test('a customer that the SQL gives twice is refused, wherever its rows come from', async () => {
  const { check } = await merged([line('1', '1.00')], ['2'], [line('2', '2.00'), line('2', '2.00')]);
  expect(() => check.summary()).toThrow('returned 3 rows for 2 customers');
});

test('random parts, keys of any text', async () => {
  let state = Number(process.env.PRLX_SEED ?? Date.now() % 1e9);
  console.log(`PRLX_SEED=${state}`);
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const letters = ['a', 'b', '"', '\\', 'é', '\u{ffff}', '\u{1f600}', '\u{e000}', ',', '0', '10', '9'];
  for (let round = 0; round < 300; round++) {
    const keys = [
      ...new Set(
        Array.from({ length: random(12) }, () => Array.from({ length: 1 + random(3) }, () => letters[random(letters.length)]).join('')),
      ),
    ];
    keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const amended = keys.filter(() => random(3) === 0);
    const drafted = keys.filter((key) => !amended.includes(key) || random(2) === 0);
    const anew = amended.filter(() => random(4) > 0);
    const { lines, check } = await merged(
      drafted.map((key) => line(key, '1.00', ',"x":"\\",\\""')),
      amended,
      anew.map((key) => line(key, '7.25')),
      1 + random(90),
    );
    const expected = keys.flatMap((key) =>
      anew.includes(key) ? [line(key, '7.25')] : amended.includes(key) ? [] : [line(key, '1.00', ',"x":"\\",\\""')],
    );
    expect(lines).toEqual(expected.map((each) => `${each}\n`));
    const whole = new ResultCheck();
    for (const each of expected) {
      const { key, hundredths } = parseResult(each, ',"customer_id":');
      whole.add(key, hundredths);
    }
    expect(check.summary()).toEqual(whole.summary());
    for (const each of expected) expect(keys).toContain(parseResult(each, ',"customer_id":').key);
  }
});

test('key and satisfaction of a line', () => {
  expect(parseResult(line('a"b', '-0.05'), ',"customer_id":')).toEqual({ key: 'a"b', hundredths: -5 });
  expect(parseResult(line('\\', null, ',"satisfaction_2":"1.00"'), ',"customer_id":')).toEqual({ key: '\\', hundredths: null });
});
