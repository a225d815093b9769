import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RUNTIME } from '@parallax/local';
import { onTestFinished } from 'vitest';

/** A program of a Go module, or why it is not there. */
export type GoTool = { readonly path: string; readonly reason: null } | { readonly path: null; readonly reason: string };

/** The longest that a module is fetched and compiled for, ms. */
const BUILD_MS_MAX = 600_000;

/**
 * Builds a program by `go install` once, into `.parallax/go`. Where there is no Go, or the module proxy does not serve it, the reason says so: what
 * needs it is skipped by that name, and fails nowhere.
 *
 * @param module the package with its version, `host/path/cmd/name@v1.2.3`
 */
export async function goTool(module: string): Promise<GoTool> {
  const [name = '', version = ''] = basename(module).split('@');
  const folder = join(RUNTIME, 'go', version);
  return built(name, join(folder, name), ['install', module], { GOBIN: folder });
}

/** The same of a module that lies in a folder of ours, with its checksums. */
export async function goProgram(folder: string): Promise<GoTool> {
  const sums = await readFile(join(folder, 'go.sum'));
  const version = createHash('sha256')
    .update(sums)
    .update(await readFile(join(folder, 'main.go')))
    .digest('hex')
    .slice(0, 12);
  const path = join(RUNTIME, 'go', version, basename(folder));
  return built(basename(folder), path, ['build', '-C', folder, '-o', path, '.'], {});
}

async function built(name: string, path: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<GoTool> {
  if (existsSync(path)) return { path, reason: null };
  await mkdir(dirname(path), { recursive: true });
  try {
    await promisify(execFile)('go', [...args], { env: { ...process.env, ...env, CGO_ENABLED: '0' }, timeout: BUILD_MS_MAX });
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return {
      path: null,
      reason: absent ? 'skipped: there is no Go on this machine' : `skipped: ${name} could not be built: ${String(error).slice(0, 200)}`,
    };
  }
  return { path, reason: null };
}

/** Starts a program, which `signal` ends when the test has finished. @returns what it has said on standard error so far */
export function runForTest(program: string, args: readonly string[], signal: NodeJS.Signals): () => string {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill(signal);
    await ended;
  });
  return () => said;
}
