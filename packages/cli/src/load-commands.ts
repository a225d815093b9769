import { readdir } from 'node:fs/promises';
import { ParallaxError } from '@parallax/core';
import type { Command } from 'commander';

/** What each file of `commands/` exports. */
interface CommandModule {
  readonly register: (program: Command) => void;
}

/** The order of the commands in `--help`; those not named here follow by name. */
const ORDER = [
  'demo',
  'run',
  'verify',
  'verdicts',
  'check',
  'types',
  'record',
  'replay',
  'explain',
  'actions',
  'events',
  'independence',
  'query',
  'batch',
  'prove',
  'bench',
  'plan',
  'doctor',
  'up',
  'down',
  'status',
];

const FOLDER = new URL('./commands/', import.meta.url);

/** The names of the commands: one file each. */
export async function commandNames(): Promise<readonly string[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return files.map((name) => name.slice(0, -'.ts'.length)).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * Registers the command that `words` (the arguments of the process) begin with, or all of them when there is none of that
 * name: then help or a suggestion is needed. Loading only one keeps the start short.
 */
export async function loadCommands(program: Command, words: readonly string[]): Promise<void> {
  const names = await commandNames();
  const wanted = names.find((name) => name === words[0]);
  for (const name of wanted === undefined ? names : [wanted]) (await loadCommand(name)).register(program);
}

async function loadCommand(name: string): Promise<CommandModule> {
  const loaded: unknown = await import(new URL(`${name}.ts`, FOLDER).href);
  if (typeof loaded === 'object' && loaded !== null && 'register' in loaded && typeof loaded.register === 'function') {
    return loaded as CommandModule;
  }
  throw new ParallaxError('PRLX_INTERNAL', `commands/${name}.ts exports no function register(program)`);
}
