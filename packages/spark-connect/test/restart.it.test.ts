/** Goal: a server that dies and comes back is told apart from one that is slow. Method: a server of its own, killed with SIGKILL. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectSpark } from '../src/connect.ts';
import { freePort, type OwnSpark, startOwnSpark } from './own-spark.ts';

let directory: string;
let server: OwnSpark | undefined;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-restart-'));
});
afterAll(async () => {
  await server?.kill();
  rmSync(directory, { recursive: true, force: true });
});

it('kill -9 in the middle of a command, then a restart', async () => {
  const port = await freePort();
  server = await startOwnSpark(port, directory);
  let restarts = 0;
  const ids = { newOperationId: randomUUID };
  const session = await connectSpark({ url: server.url, sessionId: randomUUID(), ...ids, onRestart: () => restarts++ });
  await session.command('CREATE TEMP VIEW v AS SELECT 1 AS x');
  const path = join(directory, 'endless');
  const command = session.command(`INSERT OVERWRITE DIRECTORY '${path}' USING parquet SELECT sum(id % 7) FROM range(100000000000000)`);
  const outcome = command.catch((error: unknown) => error);
  await new Promise((wake) => setTimeout(wake, 2_000));
  await server.kill();
  expect(await outcome).toMatchObject({ code: 'PRLX_SPARK_UNREACHABLE', retryable: true, mayHaveRun: true });

  server = await startOwnSpark(port, directory);
  await expect(session.collect('SELECT * FROM v')).rejects.toMatchObject({ code: 'PRLX_SPARK_RESTARTED', retryable: true });
  await expect(session.command('SELECT 1')).rejects.toMatchObject({ code: 'PRLX_SPARK_RESTARTED', mayHaveRun: false });
  expect(restarts).toBe(1);
  await session.close();

  const fresh = await connectSpark({ url: server.url, sessionId: randomUUID(), ...ids });
  await expect(fresh.collect('SELECT * FROM v')).rejects.toMatchObject({ errorClass: 'TABLE_OR_VIEW_NOT_FOUND' });
  expect(await fresh.collect('SELECT 1 AS x')).toEqual([{ x: 1 }]);
  await fresh.close();
});
