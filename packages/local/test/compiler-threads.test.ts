import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { yieldOptimisers } from '../src/compiler-threads.ts';
import { OPTIMISER_NICENESS } from '../src/limits.ts';

/** A process whose first thread is called so; resolves with its id once it is. */
async function called(name: string): Promise<number> {
  const child = spawn(
    process.execPath,
    ['-e', `process.title = ${JSON.stringify(name)}; console.log('so'); setInterval(() => {}, 1000);`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('no process');
  return child.pid;
}

test('a thread that optimises yields to all others, which stay as they are', async () => {
  const [optimiser, plain] = [await called('C2 CompilerThread0'), await called('C1 CompilerThread0')];
  const before = getPriority(plain);
  yieldOptimisers(optimiser);
  yieldOptimisers(plain);
  expect(getPriority(optimiser)).toBe(OPTIMISER_NICENESS);
  expect(getPriority(plain)).toBe(before);
  const others = readdirSync(`/proc/${optimiser}/task`).map(Number);
  expect(others.length).toBeGreaterThan(1);
  expect(others.filter((thread) => thread !== optimiser).map((thread) => getPriority(thread))).not.toContain(OPTIMISER_NICENESS);
});

test('of a process that has ended there are no threads', () => {
  expect(() => yieldOptimisers(2 ** 22 + 1)).not.toThrow();
});
