/** Goal: small pure functions keep exactly to what they say. Method: tables, and properties where there is an inverse. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sqlRelation } from '../src/sql-args.ts';
import { isPureQuery } from '../src/statement.ts';
import { structToDdl, typeToDdl } from '../src/types.ts';
import { parseConnectUrl } from '../src/url.ts';
import { decimalFromString, decimalToString, isSparkDecimal, quoteIdentifier, quoteText } from '../src/values.ts';

describe('decimalToString', () => {
  it.each([
    [0n, 0, '0'],
    [0n, 2, '0.00'],
    [-5n, 3, '-0.005'],
    [150n, 2, '1.50'],
    [-(10n ** 37n), 38, '-0.10000000000000000000000000000000000000'],
    [12n, -2, '1200'],
  ])('%s e-%s is %s', (unscaled, scale, text) => {
    expect(decimalToString({ unscaled, scale })).toBe(text);
  });

  it('is undone by decimalFromString', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.nat(38), (unscaled, scale) => {
        expect(decimalFromString(decimalToString({ unscaled, scale }))).toEqual({ unscaled, scale });
      }),
    );
  });

  it.each(['', '.', '1.', '.5', '1e3', '+1', ' 1', '0x1', '1,5'])('refuses %j', (text) => {
    expect(() => decimalFromString(text)).toThrow(RangeError);
  });

  it('a decimal is told from other objects', () => {
    expect([{ unscaled: 1n, scale: 0 }, { unscaled: 1, scale: 0 }, null, 1n, {}].map(isSparkDecimal)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('parseConnectUrl', () => {
  it.each([
    ['sc://127.0.0.1:15002', 'http://127.0.0.1:15002'],
    ['sc://localhost', 'http://localhost:15002'],
    ['sc://[::1]:7/', 'http://[::1]:7'],
    ['sc://spark.example.com:443/;use_ssl=true', 'https://spark.example.com:443'],
    ['sc://spark.example.com/;token=abc', 'https://spark.example.com:15002'],
    ['sc://127.0.0.1/;token=abc', 'http://127.0.0.1:15002'],
    ['sc://127.0.0.1/;token=abc;use_ssl=true', 'https://127.0.0.1:15002'],
    ['sc://127.0.0.1/;token=abc;use_ssl=false', 'http://127.0.0.1:15002'],
  ])('%s is %s', (url, baseUrl) => {
    expect(parseConnectUrl(url).baseUrl).toBe(baseUrl);
  });

  it('reads token, user and headers, percent-decoded', () => {
    const address = parseConnectUrl('sc://h.example/;token=a%3Bb;user_id=me;x-tenant=t%20u');
    expect(address).toMatchObject({ token: 'a;b', userId: 'me', display: 'sc://h.example:15002' });
    expect([...address.headers]).toEqual([['x-tenant', 't u']]);
  });

  it.each([
    'http://h:1',
    'sc://',
    'sc://h:0',
    'sc://h:99999',
    'sc://h:1/path',
    'sc://h:1/;use_ssl=yes',
    'sc://h:1/;colour=red',
    'sc://h:1/;token=s3cret;token=s3cret',
    'sc://h:1/;token=s3cret;use_ssl=false',
    'sc://h:1/;token=%s3cret',
    'sc://user:s3cret@h:1',
  ])('refuses %s without telling a secret', (url) => {
    const refuse = () => parseConnectUrl(url);
    expect(refuse).toThrow(expect.objectContaining({ code: 'PRLX_SPARK_URL', exitCode: 2 }));
    expect(refuse).toThrow(expect.objectContaining({ message: expect.not.stringContaining('s3cret') }));
  });
});

describe('isPureQuery', () => {
  it.each([
    ['SELECT 1', true],
    ['  -- note\n /* x */ (select 1)', true],
    ['WITH a AS (SELECT 1) SELECT * FROM a', true],
    ['SELECT \'INSERT INTO t\', `delete`, "merge" FROM t -- UPDATE', true],
    ['VALUES (1)', true],
    ['TABLE t', true],
    ['FROM t SELECT a', true],
    ['INSERT INTO t VALUES (1)', false],
    ['WITH a AS (SELECT 1) INSERT INTO t TABLE a', false],
    ['FROM t INSERT OVERWRITE u SELECT a', false],
    ['CREATE TABLE t (a INT)', false],
    ['SHOW TABLES', false],
    ['', false],
  ])('%j: %s', (sql, pure) => {
    expect(isPureQuery(sql)).toBe(pure);
  });
});

describe('bound parameters', () => {
  it('keep their types, positional and named', () => {
    const literals = sqlRelation('…', [
      null,
      true,
      1n,
      'a',
      new Uint8Array([1]),
      { int: 1 },
      { double: 1 },
      { timestamp: -1n },
      { date: -1 },
    ]);
    const cases = literals.posArguments.map((each) =>
      each.exprType.case === 'literal' ? each.exprType.value.literalType.case : undefined,
    );
    expect(cases).toEqual(['null', 'boolean', 'long', 'string', 'binary', 'integer', 'double', 'timestamp', 'date']);
    expect(Object.keys(sqlRelation('…', { a: 1n, b: 2n }).namedArguments)).toEqual(['a', 'b']);
  });

  it.each([
    ['a fraction as int', { int: 1.5 }],
    ['an int that is too large', { int: 2 ** 31 }],
    ['a bigint past 64 bits', 2n ** 63n],
    ['a decimal of 39 digits', { decimal: { unscaled: 10n ** 38n, scale: 0 } }],
    ['a decimal of 39 places', { decimal: { unscaled: 1n, scale: 39 } }],
    ['a bare number', 1 as unknown as bigint],
    ['an unknown wrapper', { float: 1 } as unknown as bigint],
  ])('refuse %s', (_, arg) => {
    expect(() => sqlRelation('?', [arg])).toThrow(expect.objectContaining({ code: 'PRLX_SPARK_ARGUMENT' }));
  });
});

describe('SQL text', () => {
  it('quotes what would end the quotation', () => {
    expect(quoteIdentifier('a`b.c')).toBe('`a``b.c`');
    expect(quoteText("it's \\ here")).toBe("'it\\'s \\\\ here'");
  });

  it('writes types as Spark does', () => {
    const item = {
      kind: 'struct',
      fields: [{ name: 'x`y', type: { kind: 'decimal', precision: 20, scale: 2 }, nullable: false }],
    } as const;
    expect(
      typeToDdl({
        kind: 'map',
        key: { kind: 'string' },
        value: { kind: 'array', element: item, containsNull: true },
        valueContainsNull: true,
      }),
    ).toBe('MAP<STRING, ARRAY<STRUCT<`x``y`: DECIMAL(20,2) NOT NULL>>>');
    expect(structToDdl(item)).toBe('`x``y` DECIMAL(20,2) NOT NULL');
  });
});
