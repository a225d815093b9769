import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePorts } from '../src/ports.ts';
import { family, isAlive, listensOn, residentBytes, startTicks } from '../src/proc.ts';

/** Goal: a pid alone is never taken for the process it once named. */
test('a process is named by its pid and its start, and a dead one is not alive', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? -1;
  const ticks = startTicks(pid);
  expect(ticks).not.toBeNull();
  expect(isAlive({ pid, startTicks: ticks ?? -1 })).toBe(true);
  expect(isAlive({ pid, startTicks: (ticks ?? 0) + 1 })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive({ pid, startTicks: ticks ?? -1 })).toBe(false);
});

test('a family holds the process, its children and theirs', async () => {
  const child = spawn('sh', ['-c', 'sh -c "sleep 60; true" & echo started; wait'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  await once(child.stdout, 'data');
  const pid = child.pid ?? -1;
  try {
    await expect.poll(() => family(pid).length).toBe(3);
    expect(family(pid)[0]?.pid).toBe(pid);
    expect(residentBytes(pid)).toBeGreaterThan(0);
  } finally {
    process.kill(-pid, 'SIGKILL');
  }
});

test('listensOn tells our listener from no listener and from another process', async () => {
  const [port = 0] = await freePorts(1);
  expect(listensOn(process.pid, port)).toBe(false);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const other = spawn('sleep', ['60']);
  await once(other, 'spawn');
  try {
    expect(listensOn(process.pid, port)).toBe(true);
    expect(listensOn(other.pid ?? -1, port)).toBe(false);
  } finally {
    other.kill('SIGKILL');
    server.close();
  }
});

test('free ports are all different and can be bound', async () => {
  const ports = await freePorts(8);
  expect(new Set(ports).size).toBe(8);
  for (const port of ports) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }
});
