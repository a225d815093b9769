import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { makeHome, removeHome } from '../src/home.ts';
import { family, isAlive, type ProcessId } from '../src/proc.ts';
import { SERVICE_NAMES } from '../src/types.ts';

/**
 * Goal: no process of any service survives the process that started it, even by SIGKILL.
 * Method: a Node process of its own starts all five and is killed; /proc tells which of their processes are left, PostgreSQL's children
 * (another user, each in a session of its own) among them.
 */
const home = makeHome('test', 'orphans');
afterAll(() => removeHome(home));

const SCRIPT = `
  import { startServices } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)};
  const small = { heapMb: 512 };
  const services = await startServices({ names: ${JSON.stringify(SERVICE_NAMES)}, home: ${JSON.stringify(home)}, spark: small, kafka: { heapMb: 256 } });
  console.log(JSON.stringify(services.running.map(({ name, pid }) => ({ name, pid }))));
  await new Promise(() => {});`;

test('kill -9 of the launcher leaves no process of any service', async () => {
  const launcher = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  const ended = once(launcher, 'exit').then(() => Promise.reject(new Error('the launcher ended by itself')));
  const [line] = await Promise.race([once(createInterface(launcher.stdout), 'line'), ended]);
  const roots: { name: string; pid: number }[] = JSON.parse(line);
  const processes = roots.flatMap(({ name, pid }) => family(pid).map((id): ProcessId & { name: string } => ({ ...id, name })));
  expect(new Set(processes.map(({ name }) => name))).toEqual(new Set(SERVICE_NAMES));
  expect(processes.filter(({ name }) => name === 'postgres').length).toBeGreaterThan(3);
  expect(processes.every(isAlive)).toBe(true);

  launcher.kill('SIGKILL');
  await expect(ended).rejects.toThrow();
  await expect.poll(() => processes.filter(isAlive), { timeout: 20_000, interval: 100 }).toEqual([]);
});
