import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../src/proc.ts';
import { dataFolder, type ServiceSpec, startService, withoutPassword } from '../src/start-service.ts';
import type { ProgressEvent } from '../src/types.ts';

/** Method: the "service" is a small Node program; what is tested is how it is started, watched and given up. */
let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'parallax-service-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const SERVER = `require('node:http').createServer((q, r) => r.end('ok')).listen(Number(process.argv[1]), '127.0.0.1');`;

function service(program: (attempt: number) => string, onPrepare: (attempt: number) => void = () => undefined): ServiceSpec {
  let attempt = 0;
  return {
    name: 'kafka',
    ports: 1,
    async prepare([port = 0]) {
      attempt++;
      onPrepare(attempt);
      mkdirSync(dataFolder(home, 'kafka'), { recursive: true });
      return {
        command: process.execPath,
        args: ['-e', program(attempt), String(port)],
        cwd: home,
        env: {},
        stopSignal: 'SIGTERM',
        deathSignal: 'KILL',
        url: `x://user:secret@127.0.0.1:${port}`,
        async probe(signal) {
          const [response] = await once(get({ port, host: '127.0.0.1', signal }), 'response');
          response.resume();
        },
      };
    },
  };
}

test('a service is ready when it has answered, and every phase is reported without its password', async () => {
  const events: ProgressEvent[] = [];
  const started = await startService(
    service(() => SERVER),
    { home, onProgress: (event) => events.push(event) },
  );
  expect(isAlive(started)).toBe(true);
  expect(await started.rssBytes()).toBeGreaterThan(1_000_000);
  await started.stop();
  expect(isAlive(started)).toBe(false);
  expect(await started.rssBytes()).toBe(0);
  expect(events.map((event) => event.phase)).toEqual(['preparing', 'starting', 'ready', 'stopping', 'stopped']);
  expect(JSON.stringify(events)).not.toContain('secret');
});

test('a bind race is tried again on another port', async () => {
  const program = (attempt: number): string =>
    attempt === 1 ? `console.error('java.net.BindException: Address already in use'); process.exit(1)` : SERVER;
  const attempts: number[] = [];
  const started = await startService(
    service(program, (attempt) => attempts.push(attempt)),
    { home },
  );
  await started.stop();
  expect(attempts).toEqual([1, 2]);
});

test('a bind failure that stays is given up', async () => {
  const attempts: number[] = [];
  const always = service(
    () => `console.error('Address already in use'); process.exit(1)`,
    (attempt) => attempts.push(attempt),
  );
  await expect(startService(always, { home })).rejects.toThrow('Address already in use');
  expect(attempts).toEqual([1, 2, 3, 4]);
});

test('a service that ends says so with the last lines of this start, not of an earlier one', async () => {
  const ends = (text: string): ServiceSpec => service(() => `console.error(${JSON.stringify(text)}); process.exit(7)`);
  await expect(startService(ends('first trouble'), { home })).rejects.toThrow(/exit code 7[\s\S]*first trouble/);
  const error: unknown = await startService(ends('second trouble'), { home }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ParallaxError);
  expect(String(error)).toContain('second trouble');
  expect(String(error)).not.toContain('first trouble');
});

test('a service that never answers is stopped when its time is up', async () => {
  const mute = service(() => `console.log(process.pid); setInterval(() => {}, 1000)`);
  await expect(startService(mute, { home, startMsMax: 1_500 })).rejects.toThrow('it does not listen yet');
  const log = readFileSync(join(home, 'log', 'kafka.log'), 'utf8');
  const pid = Number(/^(\d+)$/m.exec(log)?.[1]);
  expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
});

test('an abort gives the start up and leaves no process', async () => {
  const controller = new AbortController();
  const mute = service(() => `console.log(process.pid); setInterval(() => {}, 1000)`);
  const started = startService(mute, { home, signal: controller.signal });
  await expect.poll(() => existsSync(join(dataFolder(home, 'kafka'), 'process.json'))).toBe(true);
  const id = JSON.parse(readFileSync(join(dataFolder(home, 'kafka'), 'process.json'), 'utf8'));
  controller.abort(new Error('enough'));
  await expect(started).rejects.toThrow('enough');
  expect(isAlive(id)).toBe(false);
});

test('a second service on the same data is refused while the first runs', async () => {
  const first = await startService(
    service(() => SERVER),
    { home },
  );
  const second = service(() => SERVER);
  await expect(startService(second, { home })).rejects.toMatchObject({ code: 'PRLX_SERVICE_IN_USE' });
  await first.stop();
  const third = await startService(second, { home });
  await third.stop();
});

test('withoutPassword hides the password alone', () => {
  expect(withoutPassword('postgres://user:s3cret@127.0.0.1:5/db')).toBe('postgres://user:***@127.0.0.1:5/db');
  expect(withoutPassword('sc://127.0.0.1:15002')).toBe('sc://127.0.0.1:15002');
});
