/**
 * Goal: a lake in an object store that speaks S3's protocol is read by both sides, each with a client of its own, to the same rows.
 * Method: `versitygw`, a real S3 server that checks signatures, built from the Go module proxy (skipped where there is no Go), over a folder; Spark by
 * S3A, the alternative by its own requests; batch rows of the two compared, and the bytes of the version that both find.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { startSpark } from '@parallax/local';
import { expect, onTestFinished, test } from 'vitest';
import { goTool, runForTest } from '../../../test/setup/go-tool.ts';
import { batchProject, bothViews, freePort } from './both-views.ts';

const DAY = '2026-01-04';
const CUSTOMERS = 500;
const KEY = 'parallax-test';
const SECRET = 'not a secret: a server of this test, on loopback';

const gateway = await goTool('github.com/versity/versitygw/cmd/versitygw@v1.8.0');

/** The object store over a folder, of which each folder is a bucket. */
async function serve(program: string, folder: string): Promise<string> {
  const port = await freePort();
  const said = runForTest(program, ['--access', KEY, '--secret', SECRET, '--port', `127.0.0.1:${port}`, 'posix', folder], 'SIGTERM');
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries++) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return url;
    await delay(100);
  }
  throw new Error(`the object store did not answer: ${said()}`);
}

async function fill(bucket: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const write = async (table: string, file: string, sql: string) => {
    const target = join(bucket, 'lake', table, `day=${DAY}`);
    await mkdir(target, { recursive: true });
    await connection.run(`COPY (${sql}) TO '${join(target, file)}' (FORMAT parquet)`);
    await writeFile(join(target, '_SUCCESS'), '');
  };
  await write('profile', 'a.parquet', `SELECT i AS id, 'tier ' || (i % 3) AS tier FROM range(0, ${CUSTOMERS / 2}) r(i)`);
  await write('profile', 'b.parquet', `SELECT i AS id, NULL::VARCHAR AS tier FROM range(${CUSTOMERS / 2}, ${CUSTOMERS}) r(i)`);
  await write(
    'usage',
    'a.parquet',
    `SELECT i % ${CUSTOMERS} AS cust, (i / 8)::DECIMAL(12,3) AS v1 FROM range(0, ${3 * CUSTOMERS}) r(i) WHERE i % 5 <> 0`,
  );
  connection.closeSync();
  instance.closeSync();
}

test.skipIf(gateway.path === null)(`a lake in an object store (${gateway.reason ?? 'by a server that was built here'})`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-s3-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await fill(join(folder, 'buckets', 'telecom'));
  const endpoint = await serve(gateway.path ?? '', join(folder, 'buckets'));
  const env = { AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: SECRET, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' };
  const project = await batchProject(join(folder, 'project'), {
    'parallax.yaml': 'name: s3\nkey: { name: customer_id, type: bigint }\nbase: lake.profile\n',
    'batch/lake.yaml': `from: { parquet: { path: "s3a://telecom/lake/{table}/day={day}" } }
tables:
  - { name: profile, key: id, columns: [{ name: tier, type: text }] }
  - { name: usage, key: cust, shape: { reduce: sum }, scorecard: true }
`,
    'batch/scorecard.csv': 'source,table,column,module,transform,weight,missing_as\nlake,usage,v1,habit,,2,-8\n',
    'satisfaction.sql':
      'SELECT s.customer_id, CAST(50 AS DECIMAL(5,2)) AS satisfaction, b.profile_tier, b.scorecard FROM stream s JOIN batch b ON b.customer_id = s.customer_id',
  });

  // The engine has the addresses and credentials that its operator gave it, here by the environment.
  Object.assign(process.env, env);
  onTestFinished(() => {
    for (const name of Object.keys(env)) delete process.env[name];
  });
  // The files were put where the store keeps them, past its protocol: it knows no ETags of them.
  const conf = { 'spark.hadoop.fs.s3a.change.detection.version.required': 'false' };
  const server = await startSpark({ home: join(folder, 'services'), heapMb: 1024, conf });
  onTestFinished(() => server.stop());
  const keys = Array.from({ length: CUSTOMERS }, (_, i) => String(i));
  const { day, view, spark, alternative } = await bothViews(project, { folder, url: server.url, env, keys });
  expect([day, view.customers]).toEqual([DAY, CUSTOMERS]);
  expect(alternative).toEqual(spark);
  // (7 + 507 + 1007) ÷ 8 × 2; of those that are divisible by 5 there is nothing: −8 × 2.
  expect(spark.get('7')).toMatchObject({ profile_tier: 'tier 1', scorecard: '380.250000' });
  expect(spark.get('490')).toMatchObject({ profile_tier: null, scorecard: '-16.000000' });
});
