import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '../src/project/duration.ts';
import { compareExactDecimals, parseExactDecimal } from '../src/project/exact-decimal.ts';
import { didYouMean, editDistance } from '../src/project/names.ts';
import { describeSecretRef, parseSecretRef, resolveSecret } from '../src/secrets.ts';

describe('durations', () => {
  test.each([
    ['500ms', 500_000n],
    ['0s', 0n],
    ['2s', 2_000_000n],
    ['10m', 600_000_000n],
    ['1h', 3_600_000_000n],
    ['3d', 259_200_000_000n],
    ['007s', 7_000_000n],
  ])('%s', (text, micros) => {
    expect(parseDuration(text)).toBe(micros);
  });

  test.each(['', '10', 'm', '-1s', '+1s', '1.5s', '1 s', ' 1s', '1S', '1us', '1h30m', '99999999999999999999s', '3651d'])(
    'not "%s"',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );
});

describe('exact decimals', () => {
  test.each([
    ['0', 0n, 0],
    ['-0.000', 0n, 0],
    ['0.500', 5n, 1],
    ['-1.234567', -1_234_567n, 6],
    ['+12', 12n, 0],
    ['1e3', 1000n, 0],
    ['1.50E-2', 15n, 3],
    ['100', 100n, 0],
    ['0.1000000000000000055511151231257827', null, null],
    ['1e400', null, null],
    ['.5', null, null],
    ['5.', null, null],
    ['1_000', null, null],
    ['NaN', null, null],
    ['', null, null],
    [' 1', null, null],
  ])('%s', (text, unscaled, scale) => {
    expect(parseExactDecimal(text)).toEqual(unscaled === null ? null : { unscaled, scale });
  });

  test('what is written with n decimals is read back as the same number, and ordered as integers are', () => {
    const scaled = fc.tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 1, max: 12 }));
    const write = ([unscaled, scale]: [bigint, number]): string => {
      const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
      return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
    };
    fc.assert(
      fc.property(scaled, scaled, (a, b) => {
        const [left, right] = [parseExactDecimal(write(a)), parseExactDecimal(write(b))];
        if (left === null || right === null) throw new Error('not read');
        expect(left.unscaled * 10n ** BigInt(a[1] - left.scale)).toBe(a[0]);
        const difference = a[0] * 10n ** BigInt(b[1]) - b[0] * 10n ** BigInt(a[1]);
        expect(compareExactDecimals(left, right)).toBe(difference === 0n ? 0 : difference < 0n ? -1 : 1);
      }),
    );
  });
});

describe('did you mean', () => {
  test('counts insertions, deletions, substitutions and swaps', () => {
    expect(editDistance('places', 'places')).toBe(0);
    expect(editDistance('place', 'places')).toBe(1);
    expect(editDistance('plcaes', 'places')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });

  test('names the nearest and only a near one', () => {
    expect(didYouMean('Agregates', ['aggregates', 'places'])).toBe(' (did you mean "aggregates"?)');
    expect(didYouMean('colour', ['key', 'name', 'field'])).toBe('');
  });
});

describe('secrets', () => {
  test('references', () => {
    expect(parseSecretRef('env:DWH_URL')).toEqual({ kind: 'env', name: 'DWH_URL' });
    expect(parseSecretRef('file:/run/x')).toEqual({ kind: 'file', path: '/run/x' });
    expect(parseSecretRef('https://x/y')).toEqual({ kind: 'literal', value: 'https://x/y' });
    for (const bad of ['', 'env:', 'env:A-B', 'env:1A', 'file:']) expect(parseSecretRef(bad)).toBeNull();
  });

  test('values, and errors that name the reference', async () => {
    const env = { FULL: 'hunter2', EMPTY: '' };
    expect(resolveSecret({ kind: 'env', name: 'FULL' }, env)).toBe('hunter2');
    expect(resolveSecret({ kind: 'literal', value: 'x' }, env)).toBe('x');
    expect(() => resolveSecret({ kind: 'env', name: 'NONE' }, env)).toThrow(/NONE is not set/);
    expect(() => resolveSecret({ kind: 'env', name: 'EMPTY' }, env)).toThrow(/EMPTY is empty/);
    const folder = await mkdtemp(join(tmpdir(), 'parallax-secret-'));
    try {
      const path = join(folder, 's');
      await writeFile(path, 'hunter2\r\n');
      expect(resolveSecret({ kind: 'file', path }, {})).toBe('hunter2');
      await writeFile(path, '\n');
      expect(() => resolveSecret({ kind: 'file', path }, {})).toThrow(/is empty/);
      expect(() => resolveSecret({ kind: 'file', path: `${path}.gone` }, {})).toThrow(
        expect.objectContaining({ code: 'PRLX_SECRET', exitCode: 2 }),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a description never has a literal value', () => {
    expect(describeSecretRef({ kind: 'literal', value: 'postgres://u:hunter2@h' })).not.toContain('hunter2');
    expect(describeSecretRef({ kind: 'env', name: 'A' })).toBe('env:A');
    expect(describeSecretRef({ kind: 'file', path: '/x' })).toBe('file:/x');
  });
});
