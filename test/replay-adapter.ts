/**
 * Runs `parallax replay` as a user would. `PARALLAX_SPARK_URL` (`sc://host:port`) uses a server that already runs.
 * It knows both sides by the command line only.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url));
const OUTPUT_CHARS_MAX = 20_000;

/** Writes OUT/spark/{events,windows,results,actions}.ndjson. Throws with the command's output when it does not end with 0. */
export async function replay(recordingDirectory: string, projectDirectory: string, outDirectory: string): Promise<void> {
  await run(recordingDirectory, projectDirectory, outDirectory, 'spark', [0]);
}

/** The same of both sides, and OUT/verdicts.ndjson. Returns whether the command says that every minute matches. */
export async function replayBoth(recordingDirectory: string, projectDirectory: string, outDirectory: string): Promise<boolean> {
  return (await run(recordingDirectory, projectDirectory, outDirectory, 'both', [0, 1])) === 0;
}

/** Returns the exit code; throws when it is none of those that are expected. */
async function run(
  recordingDirectory: string,
  projectDirectory: string,
  outDirectory: string,
  side: string,
  expected: readonly number[],
): Promise<number> {
  const engine = process.env.PARALLAX_SPARK_URL;
  const command = [CLI, 'replay', recordingDirectory, '--project', projectDirectory, '--side', side, '--out', outDirectory];
  if (engine !== undefined && engine !== '') command.push('--engine', engine);
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const take = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === null || !expected.includes(code)) throw new Error(`parallax replay ended with ${code}:\n${output}`);
  return code;
}
