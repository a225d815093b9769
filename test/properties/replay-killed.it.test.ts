/**
 * Goal: a Spark server that dies under a replay costs time, never a byte.
 * Method: the command starts a server of its own, which is killed by SIGKILL several times: in the middle of a minute's writing, between two
 * minutes, and in the minute that begins the next day. The files must be those of a replay that nobody disturbed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RUNTIME } from '@parallax/local';
import { send } from '@parallax/local/guarded-child.ts';
import { family, isAlive, type ProcessId } from '@parallax/local/proc.ts';
import { expect, onTestFinished, test } from 'vitest';
import { writeCase } from '../contract/case.ts';
import { readOutputs } from '../oracle/compare.ts';
import { OUTPUTS } from '../oracle/oracle.ts';
import { replay } from '../replay-adapter.ts';
import { caseOf, generate } from './generate.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const REPLAYS_MS_MAX = 1_800_000;
const LOOK_INTERVAL_MS = 10;
/** From 23:48 on, so that a day begins in the 13th; batch days begin to count in the third, the sixth and the last. */
const ITERATIONS = 15;
/** When the server is killed: after so many committed minutes, at once or when Spark writes files of the next. */
const KILLS = [
  { done: 3, writing: true },
  { done: 7, writing: false },
  { done: 12, writing: true },
] as const;

/** A replay on a server that it starts itself. */
interface Running {
  readonly child: ChildProcess;
  /** The minutes that it has reported as committed. */
  readonly minutes: string[];
  readonly notes: string[];
  readonly code: Promise<number | null>;
}

interface Server extends ProcessId {
  /** The command's work folder, in which it and its server keep everything. */
  readonly work: string;
}

test('a replay whose Spark is killed ends well, with the bytes of one that nobody disturbed', { timeout: REPLAYS_MS_MAX }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parallax-killed-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const generated = generate('killed', 1);
  const part = caseOf(generated, { keep: null, iterations: ITERATIONS, messages: generated.messages });
  const { project, recording } = writeCase(part, directory);

  const running = start(recording, project, join(directory, 'killed'));
  const killed: Server[] = [];
  for (const { done, writing } of KILLS) {
    await until(running, `${done} minutes`, () => running.minutes.length >= done);
    const server = serverOf(running);
    if (writing) await until(running, `a file of minute ${done + 1}`, () => isWriting(server.work));
    send(server, 'SIGKILL');
    killed.push(server);
    await until(running, 'the end of its server', () => !isAlive(server));
    expect(running.minutes.length, 'minutes were left when it was killed').toBeLessThan(ITERATIONS);
  }
  expect(await running.code, running.notes.join('\n')).toBe(0);

  expect(new Set(killed.map(({ pid, startTicks }) => `${pid} ${startTicks}`)).size).toBe(KILLS.length);
  expect(running.notes.filter((note) => note.includes("the engine's session was lost"))).toHaveLength(KILLS.length);
  expect(running.minutes).toEqual(Array.from({ length: ITERATIONS }, (_, index) => minuteAfter(generated.shape.from, index)));
  expect(killed.map(({ work }) => existsSync(work))).toEqual(killed.map(() => false));

  await replay(recording, project, join(directory, 'undisturbed'));
  const expected = readOutputs(join(directory, 'undisturbed', 'spark'));
  const actual = readOutputs(join(directory, 'killed', 'spark'));
  for (const output of OUTPUTS) {
    expect(expected[output].length, output).toBeGreaterThan(1_000);
    expect(actual[output] === expected[output], output).toBe(true);
  }
  expect(readdirSync(join(directory, 'killed', 'spark')).sort()).toEqual(OUTPUTS.map((output) => `${output}.ndjson`).sort());
});

function start(recording: string, project: string, out: string): Running {
  const child = spawn(process.execPath, [CLI, 'replay', recording, '--project', project, '--out', out, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const running: Running = { child, minutes: [], notes: [], code };
  createInterface(child.stdout).on('line', (line) => running.minutes.push((JSON.parse(line) as { minute: string }).minute));
  createInterface(child.stderr).on('line', (line) => running.notes.push(line));
  onTestFinished(async () => {
    // Where the test failed on the way; its server ends with it.
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await code;
  });
  return running;
}

/** Waits for `holds`; throws when the command ends first. */
async function until({ child, notes }: Running, what: string, holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the replay ended before ${what}:\n${notes.join('\n')}`);
    await sleep(LOOK_INTERVAL_MS);
  }
}

/** The Spark server among the command's own descendants, known by the work folder in its command line. */
function serverOf({ child }: Running): Server {
  if (child.pid === undefined) throw new Error('the command was not started');
  const servers = family(child.pid).flatMap((id): Server[] => {
    const command = readFileSync(`/proc/${id.pid}/cmdline`, 'utf8');
    const [work] = command.split(`${RUNTIME}/`).flatMap((rest) => /^replay-\w+(?=\/)/.exec(rest)?.[0] ?? []);
    return work === undefined || !command.includes('SparkConnectServer') ? [] : [{ ...id, work: join(RUNTIME, work) }];
  });
  const [server, ...others] = servers;
  if (server === undefined || others.length > 0) throw new Error(`${servers.length} servers in place of one`);
  return server;
}

/** Whether Spark is writing files of a minute: they stand in `_temporary` until the task has succeeded. */
function isWriting(work: string): boolean {
  try {
    return readdirSync(join(work, 'state', 'iterations'), { recursive: true }).some((path) => String(path).endsWith('_temporary'));
  } catch (error) {
    // Folders come and go while they are listed.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function minuteAfter(from: string, minutes: number): string {
  return new Date(Date.parse(from) + minutes * 60_000).toISOString().replace('.000Z', 'Z');
}
