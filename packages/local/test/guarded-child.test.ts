import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ChildPlan, findOnPath, startGuardedChild } from '../src/guarded-child.ts';
import { isAlive, startTicks } from '../src/proc.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parallax-guard-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plan = (command: string, ...args: string[]): ChildPlan => ({
  command,
  args,
  cwd: '/',
  env: { PATH: process.env.PATH ?? '' },
  stopSignal: 'SIGTERM',
  deathSignal: 'KILL',
});

async function start(childPlan: ChildPlan) {
  const log = openSync(join(folder, 'log'), 'a');
  try {
    return await startGuardedChild(childPlan, log);
  } finally {
    closeSync(log);
  }
}

test('a command that does not exist fails, with an exit status and a line in the log', async () => {
  const child = await start(plan('no-such-command-anywhere'));
  expect((await child.exited).code).toBe(127);
  expect(readFileSync(join(folder, 'log'), 'utf8')).toContain('no-such-command-anywhere');
});

test('stop, called twice at once, ends the process and what it had started', async () => {
  const child = await start(plan('sh', '-c', 'sleep 300 & echo child $!; exec sleep 300'));
  await expect.poll(() => readFileSync(join(folder, 'log'), 'utf8')).toMatch(/child \d+/);
  const grandchild = Number(/child (\d+)/.exec(readFileSync(join(folder, 'log'), 'utf8'))?.[1]);
  const ticks = startTicks(grandchild);
  expect(ticks).not.toBeNull();
  await Promise.all([child.stop(), child.stop()]);
  expect((await child.exited).signal).toBe('SIGTERM');
  expect(isAlive(child)).toBe(false);
  expect(isAlive({ pid: grandchild, startTicks: ticks ?? -1 })).toBe(false);
});

/**
 * Goal: no orphan survives, by either mechanism. Method: a parent process starts a child and is killed with SIGKILL; /proc shows the end
 * of the child. Without `setpriv` on the PATH the guard process must do it.
 */
describe.each([
  ['the kernel (setpriv)', true],
  ['a guard on a pipe', false],
])('when the parent is killed, by %s', (_name, withSetpriv) => {
  test('the child is gone too', async () => {
    const path = withSetpriv ? (process.env.PATH ?? '') : linkTools(['sh', 'cat', 'sleep', 'kill']);
    expect(findOnPath('setpriv', path) !== null).toBe(withSetpriv);
    const script = `
      import { openSync } from 'node:fs';
      import { startGuardedChild } from ${JSON.stringify(new URL('../src/guarded-child.ts', import.meta.url).href)};
      const child = await startGuardedChild({ command: 'sleep', args: ['300'], cwd: '/', env: { PATH: process.env.PATH },
        stopSignal: 'SIGTERM', deathSignal: 'KILL' }, openSync('/dev/null', 'a'));
      console.log(JSON.stringify({ pid: child.pid, startTicks: child.startTicks }));
      await child.exited;`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: path },
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    });
    const [line] = await once(parent.stdout, 'data');
    const child = JSON.parse(String(line));
    expect(isAlive(child)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await expect.poll(() => isAlive(child), { timeout: 5_000 }).toBe(false);
  });
});

function linkTools(names: readonly string[]): string {
  for (const name of names) {
    const tool = findOnPath(name, process.env.PATH ?? '');
    if (tool !== null) symlinkSync(tool, join(folder, name));
  }
  return folder;
}
