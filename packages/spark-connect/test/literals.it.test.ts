/**
 * Goal: values are right by themselves, not only the same on both ways. Method: Spark's own literals against values written here by
 * hand, and values sent to Spark against what Spark's SQL says of them.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SparkSession } from '../src/session.ts';
import type { SqlArg } from '../src/sql-args.ts';
import type { SparkValue } from '../src/values.ts';
import { realSession } from './real-spark.ts';

let spark: SparkSession;
beforeAll(async () => {
  spark = await realSession();
});
afterAll(async () => {
  await spark.close();
});

/** Spark SQL, what it is here. */
const LITERALS: readonly (readonly [string, SparkValue])[] = [
  ['true', true],
  ['-128Y', -128],
  ['32767S', 32_767],
  ['-2147483648', -2_147_483_648],
  ['9223372036854775807L', 2n ** 63n - 1n],
  ['CAST(-9223372036854775807L - 1L AS BIGINT)', -(2n ** 63n)],
  ['CAST(1.5 AS FLOAT)', 1.5],
  ['0.1D', 0.1],
  ["CAST('-0.0' AS DOUBLE)", -0],
  ["CAST('NaN' AS DOUBLE)", Number.NaN],
  ["CAST('-Infinity' AS DOUBLE)", Number.NEGATIVE_INFINITY],
  ['CAST(1.005 AS DECIMAL(20,3))', { unscaled: 1005n, scale: 3 }],
  ["CAST('-99999999999999999999999999999999999999' AS DECIMAL(38,0))", { unscaled: -(10n ** 38n) + 1n, scale: 0 }],
  ["CAST('0.00000000000000000000000000000000000001' AS DECIMAL(38,38))", { unscaled: 1n, scale: 38 }],
  ["CAST('-9223372036854775809' AS DECIMAL(19,0))", { unscaled: -(2n ** 63n) - 1n, scale: 0 }],
  ["CAST('18446744073709551616' AS DECIMAL(20,0))", { unscaled: 2n ** 64n, scale: 0 }],
  ["TIMESTAMP '1969-12-31 23:59:59.999999'", -1n],
  ["TIMESTAMP '2026-01-05 10:00:00.123456'", 1_767_607_200_123_456n],
  ["TIMESTAMP '2026-01-05 10:00:00.123456+05:30'", 1_767_587_400_123_456n],
  ["TIMESTAMP_NTZ '0001-01-01 00:00:00'", -62_135_596_800_000_000n],
  ["DATE '1969-12-31'", -1],
  ["DATE '9999-12-31'", 2_932_896],
  ["X'00ff'", new Uint8Array([0, 255])],
  ["X''", new Uint8Array()],
  ["'a😀é'", 'a😀é'],
  ["''", ''],
  ['CAST(NULL AS DECIMAL(20,2))', null],
  ['NULL', null],
  ['array(1, NULL, 3)', [1, null, 3]],
  ['CAST(array() AS ARRAY<BIGINT>)', []],
  [
    "map('a', 1L, 'b', CAST(NULL AS BIGINT))",
    new Map([
      ['a', 1n],
      ['b', null],
    ] as [string, bigint | null][]),
  ],
  ["named_struct('x', 1L, 'y', array(named_struct('z', X'01')))", { x: 1n, y: [{ z: new Uint8Array([1]) }] }],
  ["INTERVAL '1-2' YEAR TO MONTH", 14],
  ["INTERVAL '1 00:00:00.000001' DAY TO SECOND", 86_400_000_001n],
  ["TIME '00:00:01.000001'", 1_000_001_000n],
];

it('literals arrive as they are meant', async () => {
  await spark.setConf({ 'spark.sql.timeType.enabled': 'true' });
  const columns = LITERALS.map(([sql], index) => `${sql} AS c${index}`);
  const [row] = await spark.collect(`SELECT ${columns.join(', ')}`);
  LITERALS.forEach(([sql, expected], index) => {
    expect(row?.[`c${index}`], sql).toStrictEqual(expected);
  });
});

/** A parameter, and a condition on `x` that holds of it and of little else. */
const PARAMETERS: readonly (readonly [SqlArg, string])[] = [
  [null, "typeof(x) = 'void' AND x IS NULL"],
  [true, "typeof(x) = 'boolean' AND x"],
  [-(2n ** 63n), "typeof(x) = 'bigint' AND CAST(x AS STRING) = '-9223372036854775808'"],
  ["it's ? :x \\ 😀", "typeof(x) = 'string' AND hex(x) = '69742773203F203A78205C20F09F9880'"],
  [new Uint8Array([0, 255]), "typeof(x) = 'binary' AND hex(x) = '00FF'"],
  [{ int: -5 }, "typeof(x) = 'int' AND x = -5"],
  [{ double: 0.1 }, "typeof(x) = 'double' AND x = 0.1D"],
  [{ decimal: { unscaled: -1005n, scale: 3 } }, "typeof(x) = 'decimal(4,3)' AND CAST(x AS STRING) = '-1.005'"],
  [{ decimal: { unscaled: 5n, scale: 3 } }, "typeof(x) = 'decimal(3,3)' AND CAST(x AS STRING) = '0.005'"],
  [{ timestamp: -1n }, "typeof(x) = 'timestamp' AND CAST(x AS STRING) = '1969-12-31 23:59:59.999999'"],
  [{ timestampNtz: 1n }, "typeof(x) = 'timestamp_ntz' AND CAST(x AS STRING) = '1970-01-01 00:00:00.000001'"],
  [{ date: -1 }, "typeof(x) = 'date' AND CAST(x AS STRING) = '1969-12-31'"],
];

it('parameters arrive as they are meant, by position and by name', async () => {
  for (const [arg, condition] of PARAMETERS) {
    expect(await spark.collect(`SELECT ${condition} AS ok FROM (SELECT ? AS x)`, { args: [arg] }), condition).toEqual([{ ok: true }]);
    expect(await spark.collect(`SELECT ${condition} AS ok FROM (SELECT :p AS x)`, { args: { p: arg } }), condition).toEqual([{ ok: true }]);
  }
});

it('local rows arrive as they are meant', async () => {
  const ddl = 'l BIGINT, d DECIMAL(38,3), t TIMESTAMP, n TIMESTAMP_NTZ, s STRING, b BINARY, a DATE, y TINYINT, m MAP<STRING, ARRAY<INT>>';
  await spark.createLocalView('literal_rows', ddl, [
    [
      2n ** 53n + 1n,
      { unscaled: -(10n ** 38n) + 1n, scale: 3 },
      -1n,
      0n,
      'é😀',
      new Uint8Array([0, 255]),
      -1,
      -128,
      new Map([['k', [1, null]]]),
    ],
    Array.from({ length: 9 }, () => null),
  ]);
  const text =
    'CAST(l AS STRING), CAST(d AS STRING), CAST(t AS STRING), CAST(n AS STRING), hex(s), hex(b), CAST(a AS STRING), CAST(y AS STRING), to_json(m)';
  const sql = `SELECT concat_ws('|', ${text}) AS x FROM literal_rows ORDER BY l NULLS LAST`;
  expect(await spark.collect(sql)).toEqual([
    {
      x: '9007199254740993|-99999999999999999999999999999999999.999|1969-12-31 23:59:59.999999|1970-01-01 00:00:00|C3A9F09F9880|00FF|1969-12-31|-128|{"k":[1,null]}',
    },
    { x: '' },
  ]);
});

it('text that is no UTF-8 is refused rather than changed, and readable as bytes', async () => {
  const sql = "SELECT CAST(X'61ff' AS STRING) AS s";
  await expect(spark.collect(sql)).rejects.toMatchObject({ code: 'PRLX_SPARK_TEXT' });
  expect(await spark.collect("SELECT CAST(CAST(X'61ff' AS STRING) AS BINARY) AS s")).toEqual([{ s: new Uint8Array([0x61, 0xff]) }]);
});

it('a type that is not carried is refused by name, and only when it is read', async () => {
  await expect(spark.collect("SELECT parse_json('1') AS v")).rejects.toMatchObject({ code: 'PRLX_SPARK_TYPE' });
  expect((await spark.schema("SELECT parse_json('1') AS v")).fields[0]?.type).toEqual({ kind: 'unsupported', name: 'VARIANT' });
});
