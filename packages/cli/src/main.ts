import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { formatFailure, formatFailureJson, toFailure } from './failure.ts';
import { loadCommands } from './load-commands.ts';

const words = process.argv.slice(2);

process.on('unhandledRejection', (error) => process.exit(report(error)));
process.on('uncaughtException', (error) => process.exit(report(error)));
// `parallax demo --json | head -1`: the reader is gone, so the command is told to stop, and cleans up.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.kill(process.pid, 'SIGTERM');
  else process.exit(report(error));
});

process.exit(await main());

/** Runs one command. @returns the exit code: 0 done, 1 the answer is bad, 2 bad usage or project, 3 a dependency failed */
async function main(): Promise<number> {
  try {
    const program = createProgram();
    await loadCommands(program, words);
    await program.parseAsync(words, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return report(error);
  }
}

function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return new Command('parallax')
    .description('Per-minute customer satisfaction on Apache Spark, checked every minute from a second line of sight.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .helpCommand('help [command]', 'explain a command')
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText(
      'after',
      `
Start here:
  $ parallax demo                        everything on this machine, live minutes in the terminal (Ctrl-C stops it)
  $ parallax demo --minutes 3 --json     three minutes, one JSON object a line
  $ parallax check examples/telecom      is this project right?

Exit codes: 0 done, 1 the answer is bad (mismatch, fault missed), 2 bad usage or project, 3 a dependency failed.
PARALLAX_DEBUG=1 adds the stack to an error.`,
    );
}

/** Prints a failure once, as the caller asked for it. @returns its exit code */
function report(error: unknown): number {
  const failure = toFailure(error);
  const json = words.includes('--json');
  process.stderr.write(json ? formatFailureJson(failure) : formatFailure(failure, (process.env.PARALLAX_DEBUG ?? '') !== ''));
  return failure.exitCode;
}
