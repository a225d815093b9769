import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { alternativeSkeleton, alternativeTypes, LOGIC_FILE, TYPES_FILE } from '@parallax/alternative';
import { loadProject } from '@parallax/core/load-project.ts';
import type { Command } from 'commander';

interface TypesFlags {
  json?: boolean;
}

/** `types DIR`: what `alternative.ts` may use, as TypeScript, and the file to begin with where there is none. */
export function register(program: Command): void {
  program
    .command('types')
    .description('write the types of a project’s views for its alternative.ts, and the file itself to begin with when there is none')
    .argument('[project]', 'the project folder (parallax.yaml, streams/, batch/, online/, *.sql)', '.')
    .option('--json', 'print one JSON object on standard output')
    .action((directory: string, flags: TypesFlags) => types(resolve(directory), flags));
}

async function types(directory: string, flags: TypesFlags): Promise<void> {
  const project = await loadProject(directory);
  const [declarations, logic] = [join(directory, TYPES_FILE), join(directory, LOGIC_FILE)];
  await writeFile(declarations, alternativeTypes(project));
  const written = [declarations];
  if (!existsSync(logic)) {
    await writeFile(logic, alternativeSkeleton(project));
    written.push(logic);
  }
  if (flags.json) process.stdout.write(`${JSON.stringify({ written })}\n`);
  else for (const file of written) process.stderr.write(`wrote ${file}\n`);
}
