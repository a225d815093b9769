/** Goal: the rest of the session against Spark itself: statements, views, jars, errors, cancel, large results. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SparkSession } from '../src/session.ts';
import { realSession } from './real-spark.ts';

let spark: SparkSession;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-spark-'));
  spark = await realSession();
});
afterAll(async () => {
  await spark.close();
  rmSync(directory, { recursive: true, force: true });
});

it('sets UTC and ANSI, and tells its version', async () => {
  expect(spark.sparkVersion).toMatch(/^4\./);
  expect(await spark.collect('SELECT current_timezone() AS zone, try_divide(1, 0) AS safe')).toEqual([{ zone: 'UTC', safe: null }]);
  await expect(spark.collect("SELECT CAST('x' AS INT) AS i")).rejects.toMatchObject({ errorClass: 'CAST_INVALID_INPUT' });
  await spark.setConf({ 'spark.sql.shuffle.partitions': '2' });
  expect(await spark.collect('SET spark.sql.shuffle.partitions')).toEqual([{ key: 'spark.sql.shuffle.partitions', value: '2' }]);
});

it('a command runs once and tells what it measured; a query is no command', async () => {
  const path = join(directory, 'written');
  const written = await spark.command(`INSERT OVERWRITE DIRECTORY '${path}' USING parquet SELECT id, id % 3 AS k FROM range(?)`, {
    args: [1_000n],
  });
  expect(written.operationId).toMatch(/^[0-9a-f-]{36}$/);
  await spark.createSourceView('written', { format: 'parquet', paths: [path] });
  expect(await spark.collect('SELECT count(*) AS n, sum(k) AS k FROM written')).toEqual([{ n: 1_000n, k: 999n }]);
  await expect(spark.command('SELECT 1')).rejects.toMatchObject({ code: 'PRLX_SPARK_NOT_A_COMMAND' });
});

it('schema and explain analyse without running', async () => {
  const schema = await spark.schema('SELECT CAST(? AS DECIMAL(20,2)) AS d, array(1L) AS a', { args: [{ int: 1 }] });
  expect(schema.fields).toEqual([
    { name: 'd', type: { kind: 'decimal', precision: 20, scale: 2 }, nullable: false },
    { name: 'a', type: { kind: 'array', element: { kind: 'long' }, containsNull: false }, nullable: false },
  ]);
  expect(await spark.explain('SELECT count(*) FROM range(10)', 'simple')).toContain('Range (0, 10');
  await spark.schema(`CREATE TABLE never_made (a INT) USING parquet`);
  await expect(spark.collect('SELECT * FROM never_made')).rejects.toMatchObject({ errorClass: 'TABLE_OR_VIEW_NOT_FOUND' });
});

it('views come, are replaced, and go', async () => {
  await spark.createLocalView('v', 'a INT', [[1]]);
  await spark.createLocalView('v', 'b STRING', [['x'], [null]]);
  expect(await spark.collect('SELECT * FROM v')).toEqual([{ b: 'x' }, { b: null }]);
  expect([await spark.dropView('v'), await spark.dropView('v')]).toEqual([true, false]);
  const csv = join(directory, 'a.csv');
  writeFileSync(csv, 'a;b\n1;x\n2;y\n');
  await spark.createSourceView('from_csv', {
    format: 'csv',
    schema: 'a BIGINT, b STRING',
    options: { sep: ';', header: 'true' },
    paths: [csv],
  });
  expect(await spark.collect('SELECT * FROM from_csv ORDER BY a')).toEqual([
    { a: 1n, b: 'x' },
    { a: 2n, b: 'y' },
  ]);
});

it('a statement brings relations of its own, which are gone after it', async () => {
  const paths = [join(directory, 'own')];
  const numbers = { sql: 'SELECT id FROM range(4)' };
  await spark.command(`INSERT OVERWRITE DIRECTORY '${paths[0]}' USING parquet SELECT id + :more AS id FROM own_numbers`, {
    args: { more: 10n },
    relations: { own_numbers: numbers },
  });
  const relations = { own_numbers: numbers, own_written: { format: 'parquet', schema: 'id BIGINT', paths } };
  const sql = 'SELECT max(w.id) AS w, max(n.id) AS n FROM own_written w JOIN own_numbers n ON n.id = w.id - 10';
  expect(await spark.collect(sql, { relations })).toEqual([{ w: 13n, n: 3n }]);
  expect((await spark.schema(sql, { relations })).fields.map(({ name }) => name)).toEqual(['w', 'n']);
  await expect(spark.collect('SELECT * FROM own_numbers')).rejects.toMatchObject({ errorClass: 'TABLE_OR_VIEW_NOT_FOUND' });
});

it('two columns of one name are readable by column, and refused as rows', async () => {
  await expect(spark.collect('SELECT 1 AS a, 2 AS a')).rejects.toMatchObject({ code: 'PRLX_SPARK_DUPLICATE_COLUMN' });
  for await (const batch of spark.queryBatches('SELECT 1 AS a, 2 AS a'))
    expect(batch.columns.map((column) => column.get(0))).toEqual([1, 2]);
});

it('a Java function of an added jar runs by its name, also from a jar sent in pieces', async () => {
  await spark.addJar(functionJar('small', 0));
  await spark.registerJavaFunction('twice_small', 'small.Twice', 'BINARY');
  await spark.addJar(functionJar('large', 700_000));
  await spark.registerJavaFunction('twice_large', 'large.Twice', 'BINARY');
  expect(await spark.collect("SELECT twice_small(X'0102') AS s, twice_large(CAST(NULL AS BINARY)) AS n")).toEqual([
    { s: new Uint8Array([1, 2, 1, 2]), n: null },
  ]);
  await expect(spark.addJar(join(directory, 'absent.jar'))).rejects.toMatchObject({ code: 'PRLX_SPARK_JAR' });
});

/** A jar with one function; `ballast` bytes that do not compress make it larger than one piece. */
function functionJar(name: string, ballast: number): string {
  const sources = join(directory, name);
  mkdirSync(join(sources, name), { recursive: true });
  const text = `package ${name}; public class Twice implements org.apache.spark.sql.api.java.UDF1<byte[], byte[]> {
    public byte[] call(byte[] in) { if (in == null) return null; byte[] out = java.util.Arrays.copyOf(in, 2 * in.length); System.arraycopy(in, 0, out, in.length, in.length); return out; } }`;
  writeFileSync(join(sources, name, 'Twice.java'), text);
  if (ballast > 0) writeFileSync(join(sources, 'ballast'), randomBytes(ballast));
  const jars = resolve(import.meta.dirname, '../../../.parallax/jars/spark/*');
  execFileSync('javac', ['-cp', jars, join(sources, name, 'Twice.java')], { stdio: 'pipe' });
  const jar = join(directory, `${name}.jar`);
  execFileSync('jar', ['cf', jar, '-C', sources, '.'], { stdio: 'pipe' });
  return jar;
}

it('errors carry class, state, parameters and the line', async () => {
  const failing = (sql: string) => spark.collect(sql).catch((error: unknown) => error);
  expect(await failing('SELECT\n  1/0 AS x')).toMatchObject({
    code: 'PRLX_SPARK_ERROR',
    errorClass: 'DIVIDE_BY_ZERO',
    sqlState: '22012',
    line: 2,
  });
  expect(await failing('SELECT 1,\n\n  nope FROM range(1)')).toMatchObject({
    errorClass: 'UNRESOLVED_COLUMN.WITH_SUGGESTION',
    sqlState: '42703',
    line: 3,
    exitCode: 2,
    messageParameters: { objectName: '`nope`', proposal: '`id`' },
  });
  expect(await failing('SELECT 1\nFROM (SELECT')).toMatchObject({ errorClass: 'PARSE_SYNTAX_ERROR', sqlState: '42601', line: 2 });
  expect(await spark.schema('SELECT *\nFROM nowhere').catch((error: unknown) => error)).toMatchObject({
    errorClass: 'TABLE_OR_VIEW_NOT_FOUND',
    line: 2,
  });
  const huge = `SELECT raise_error('${'long '.repeat(2_000)}')`;
  expect(await failing(huge)).toMatchObject({ message: expect.stringContaining('long '.repeat(2_000).trimEnd()) });
});

it('a large result streams whole', async () => {
  let rows = 0;
  let sum = 0n;
  for await (const batch of spark.queryBatches("SELECT id, repeat('x', 50) AS s FROM range(0, 400000, 1, 4)")) {
    const ids = batch.column('id');
    for (let row = 0; row < batch.rowCount; row++) sum += ids.int64?.(row) ?? 0n;
    rows += batch.rowCount;
  }
  expect([rows, sum]).toEqual([400_000, (400_000n * 399_999n) / 2n]);
});

it('an aborted query ends, its work with it, and the session goes on', async () => {
  // Warmed up first: Spark that is interrupted while it compiles its first stages can leave one running.
  const slow = (rows: number) => `SELECT count(DISTINCT id % 1000) AS n FROM range(0, ${rows}, 1, 4)`;
  await spark.collect(slow(1_000));
  const abort = new AbortController();
  const query = spark.collect(slow(1e14), { signal: abort.signal });
  setTimeout(() => abort.abort(), 1_500);
  await expect(query).rejects.toMatchObject({ code: 'PRLX_SPARK_CANCELLED' });
  expect(await spark.collect(slow(1_000))).toEqual([{ n: 1_000n }]);
});

it('leaving a loop stops the query', async () => {
  let seen = 0;
  for await (const row of spark.query('SELECT id FROM range(0, 3000000, 1, 30)')) {
    expect(row).toEqual({ id: 0n });
    seen++;
    break;
  }
  expect(seen).toBe(1);
  expect(await spark.collect('SELECT 1 AS x')).toEqual([{ x: 1 }]);
});

it('interruptAll stops what runs in this session, and nothing else', async () => {
  const other = await realSession();
  const endless = 'SELECT count(DISTINCT id % 1000) AS n FROM range(0, 100000000000000, 1, 2)';
  const running = other.collect(endless).catch((error: unknown) => error);
  expect(await spark.interruptAll()).toEqual([]);
  let interrupted: readonly string[] = [];
  while (interrupted.length === 0) {
    await new Promise((wake) => setTimeout(wake, 3_000));
    interrupted = await other.interruptAll();
  }
  expect(await running).toMatchObject({ code: 'PRLX_SPARK_CANCELLED' });
  await other.close();
});
