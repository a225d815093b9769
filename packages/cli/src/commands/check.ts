import { resolve } from 'node:path';
import type { Project } from '@parallax/core';
import { loadProject, missingSources, ProjectError, type ProjectProblem } from '@parallax/core/load-project.ts';
import { sqlProblems } from '@parallax/core/project/check-sql.ts';
import type { Command } from 'commander';

interface CheckFlags {
  json?: boolean;
}

/** Looks for problems in a project whose files are well-formed. */
export type Analyser = (project: Project) => Promise<readonly ProjectProblem[]>;

/** In order; the first that finds something ends the check, so that an engine is not started for SQL that is refused anyway. */
const ANALYSERS: readonly Analyser[] = [async (project) => sqlProblems(project)];

/** `check DIR`: is this project right, before anything starts? */
export function register(program: Command): void {
  program
    .command('check')
    .description('validate a project: its files, names and SQL; says file, line and field of every problem')
    .argument('[project]', 'the project folder (parallax.yaml, streams/, batch/, online/, *.sql)', '.')
    .option('--json', 'print one JSON object')
    .action(async (directory: string, flags: CheckFlags) => {
      const project = await loadProject(resolve(directory));
      await analyse(project, ANALYSERS);
      process.stdout.write(flags.json ? `${JSON.stringify(summary(project))}\n` : describe(project));
    });
}

/** @throws ProjectError with what the first of `analysers` finds that finds anything */
export async function analyse(project: Project, analysers: readonly Analyser[]): Promise<void> {
  for (const analyser of analysers) {
    const problems = await analyser(project);
    if (problems.length > 0) throw new ProjectError(project.directory, problems);
  }
}

function summary(project: Project) {
  return {
    project: project.name,
    hash: project.hash,
    key: project.key,
    streams: project.streams.map(({ name, variables }) => ({ name, variables: variables.length })),
    batch: project.batch.map(({ name, tables }) => ({ name, tables: tables.length })),
    scorecard: project.scorecard.length,
    online: project.online.map(({ name, fields }) => ({ name, fields: fields.length })),
    alternative: project.alternative !== null,
    replay_only: missingSources(project).map(({ place }) => `${place.file} (${place.field})`),
  };
}

function describe(project: Project): string {
  const { streams, batch, online, scorecard, replay_only } = summary(project);
  const list = (named: readonly { readonly name: string }[]): string =>
    named.length === 0 ? 'none' : named.map(({ name }) => name).join(', ');
  const variables = streams.reduce((n, stream) => n + stream.variables, 0);
  const lines = [
    `${project.name}: no problem found`,
    `  key         ${project.key.name} (${project.key.type})`,
    `  streams     ${list(streams)}: ${variables} variables`,
    `  batch       ${list(batch)}: ${scorecard} scorecard variables; base population ${project.base.source}.${project.base.table}`,
    `  online      ${list(online)}`,
    `  hash        ${project.hash}`,
  ];
  if (replay_only.length > 0) lines.push(`  replay only: ${replay_only.join(', ')} missing`);
  return `${lines.join('\n')}\n`;
}
