/**
 * Goal: with `alternative: { stores: … }` the verifier reads the copy that is named, and not the store of the run.
 * Method: real Kafka and PostgreSQL, `verify` as a process; a second database that holds the same day, of which one customer's row is edited.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { fillStore, MINUTES, makeRun, untilMore, verdicts } from './verified-run.ts';

const database = process.env.PARALLAX_PG ?? '';

/** Another database on the same server; its url. */
async function copyOfStore(): Promise<string> {
  const name = `copy_${process.hrtime.bigint()}`;
  const ask = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await ask(`CREATE DATABASE ${name}`);
  onTestFinished(() => ask(`DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(database);
  url.pathname = `/${name}`;
  return url.href;
}

test('an edited copy is what this side scores with: whose row it is, both values, and only that customer is held back', async () => {
  const { project, states } = await makeRun({}, ['state']);
  const [state = ''] = states;
  const url = await copyOfStore();
  await fillStore(url, (key) => (key === '2' ? 'silver' : 'gold'));
  await writeFile(join(project, 'deploy.yaml'), 'alternative: { stores: { dwh: "env:DWH_COPY" } }\n');

  const verifier = await untilMore(project, state, MINUTES - 1, { DWH_COPY: url });
  await verifier.end('SIGTERM');
  const given = verdicts(state);
  expect(given).toHaveLength(MINUTES);
  for (const { verdict, stage, source, variable, blocks, witnesses } of given) {
    expect([verdict, stage, source, variable]).toEqual(['mismatch', 'batch', 'dwh', 'tier']);
    expect(blocks).toEqual({ kind: 'customers', customers: ['2'] });
    expect(witnesses).toMatchObject([{ customer: '2', column: 'profile_tier', spark: 'gold', alternative: 'silver' }]);
  }
  expect(verifier.said).toContain('2  profile_tier: spark gold, alternative silver');
});
