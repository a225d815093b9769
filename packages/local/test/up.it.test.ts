import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeHome, removeHome } from '../src/home.ts';
import { isAlive, startTicks } from '../src/proc.ts';
import type { ServiceName } from '../src/types.ts';
import { bringDown, bringUp, type UpPlace, upStatus } from '../src/up.ts';
import { writeUpState } from '../src/up-state.ts';

/** Goal: `up`, `down` and `status` tell the truth in every state. Method: a place of its own, and PostgreSQL, the quickest to start. */
let place: UpPlace;
beforeEach(() => {
  const folder = makeHome('test', 'up');
  place = { file: join(folder, 'run', 'up.json'), home: join(folder, 'services') };
});
afterEach(async () => {
  await bringDown({}, place);
  removeHome(place.home);
  removeHome(join(place.home, '..'));
});

const up = (...names: ServiceName[]) => bringUp(names, () => undefined, place);
const stateOf = async (name: ServiceName) => (await upStatus(place)).find((status) => status.service === name);

test('up leaves a service running, a second up finds it, down stops it and keeps its data', async () => {
  expect(await stateOf('postgres')).toMatchObject({ state: 'down', pid: null });
  const first = await up('postgres');
  expect(await stateOf('postgres')).toMatchObject({ state: 'ready', pid: first.services[0]?.pid });
  expect((await stateOf('postgres'))?.rssBytes).toBeGreaterThan(1_000_000);
  expect(await stateOf('kafka')).toMatchObject({ state: 'down' });
  expect(statSync(place.file).mode & 0o777).toBe(0o600);
  expect(await up('postgres')).toEqual(first);
  await expect(up('kafka')).rejects.toMatchObject({ code: 'PRLX_UP_OTHER' });

  expect(await bringDown({}, place)).toBe(true);
  expect([first.supervisor, ...first.services].filter(isAlive)).toEqual([]);
  expect(await bringDown({}, place)).toBe(false);
  expect(existsSync(join(place.home, 'data', 'postgres'))).toBe(true);
  await bringDown({ purge: true }, place);
  expect(existsSync(place.home)).toBe(false);
});

test('when the supervisor is killed its services go too, and up starts them again', async () => {
  const first = await up('postgres');
  process.kill(first.supervisor.pid, 'SIGKILL');
  await expect.poll(() => [first.supervisor, ...first.services].filter(isAlive), { timeout: 20_000 }).toEqual([]);
  expect(await stateOf('postgres')).toMatchObject({ state: 'gone' });
  const second = await up('postgres');
  expect(await stateOf('postgres')).toMatchObject({ state: 'ready', pid: second.services[0]?.pid });
});

test('a service that was killed is gone, one that is frozen is silent', async () => {
  const { services } = await up('postgres', 'artemis');
  for (const { name, pid } of services) process.kill(pid, name === 'postgres' ? 'SIGKILL' : 'SIGSTOP');
  await expect.poll(() => services.filter(({ name }) => name === 'postgres').some(isAlive), { timeout: 10_000 }).toBe(false);
  expect(await stateOf('postgres')).toMatchObject({ state: 'gone' });
  expect(await stateOf('artemis')).toMatchObject({ state: 'silent', detail: expect.stringMatching(/./) });
  // A frozen process does not act on a polite signal: down must end it all the same.
  await bringDown({}, place);
  expect(services.filter(isAlive)).toEqual([]);
});

test('a failed start says why, and leaves neither a process nor a record', async () => {
  mkdirSync(join(place.home, 'data'), { recursive: true });
  writeFileSync(join(place.home, 'data', 'postgres'), 'a file where a folder belongs');
  await expect(up('postgres')).rejects.toMatchObject({ code: 'PRLX_UP_FAILED' });
  expect(existsSync(place.file)).toBe(false);
});

test('down never kills a process that has only the pid of ours', async () => {
  const stranger = spawn('sleep', ['60']);
  await once(stranger, 'spawn');
  const pid = stranger.pid ?? -1;
  const recycled = { pid, startTicks: (startTicks(pid) ?? 0) - 1 };
  try {
    writeUpState(
      { supervisor: recycled, home: place.home, services: [{ ...recycled, name: 'kafka', port: 1, url: '127.0.0.1:1', logFile: '' }] },
      place.file,
    );
    expect(await stateOf('kafka')).toMatchObject({ state: 'gone' });
    expect(await bringDown({}, place)).toBe(true);
    expect(startTicks(pid)).not.toBeNull();
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n');
  } finally {
    stranger.kill('SIGKILL');
  }
});
