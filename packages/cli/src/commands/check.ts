import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Project } from '@parallax/core';
import { missingSources } from '@parallax/core/load-project.ts';
import { RUNTIME } from '@parallax/local';
import type { Command } from 'commander';
import { openProject, requireSoundSql } from '../checked-project.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { untilStopped } from '../until-stopped.ts';

interface CheckFlags {
  engine?: string;
  static?: boolean;
  json?: boolean;
}

/** `check DIR`: is this project right, before anything starts? */
export function register(program: Command): void {
  program
    .command('check')
    .description('validate a project: its files, its names, and its SQL as Spark analyses it; says file, line and field of every problem')
    .argument('[project]', 'the project folder (parallax.yaml, streams/, batch/, online/, *.sql)', '.')
    .option('--engine <url>', 'a Spark Connect server that runs already, sc://host:port; without it one is started')
    .option('--static', "without Spark: files, names and the SQL's text only")
    .option('--json', 'print one JSON object')
    .action((directory: string, flags: CheckFlags) => untilStopped((signal) => check(directory, flags, signal)));
}

async function check(directory: string, flags: CheckFlags, signal: AbortSignal): Promise<void> {
  const project = await openProject(resolve(directory), { sources: false });
  if (flags.static !== true) await analyseOnSpark(project, flags.engine ?? null, signal);
  process.stdout.write(flags.json ? `${JSON.stringify(summary(project))}\n` : describe(project));
}

async function analyseOnSpark(project: Project, url: string | null, signal: AbortSignal): Promise<void> {
  await mkdir(RUNTIME, { recursive: true });
  const home = await mkdtemp(join(RUNTIME, 'check-'));
  const engines = new EngineKeeper({ url, home, note: (text) => process.stderr.write(`${text}\n`), signal });
  try {
    await requireSoundSql(project, engines);
  } finally {
    await engines.close();
    await rm(home, { recursive: true, force: true });
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
