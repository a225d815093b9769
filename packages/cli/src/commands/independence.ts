import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Project, Stream } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import type { Command } from 'commander';
import { type ImportGraph, importGraph } from '../import-graph.ts';

interface IndependenceFlags {
  project?: string;
  json?: boolean;
}

/** Something that both sides rest on: agreement there proves nothing. */
interface Shared {
  readonly what: string;
  /** What keeps it honest, or what to do about it. */
  readonly why: string;
}

const ROOT = resolve(import.meta.dirname, '../../../..');

/** `independence`: what both sides share, and the proof by the sources that it is all. */
export function register(program: Command): void {
  program
    .command('independence')
    .description('list what the Spark side and the alternative method share, and prove from the sources that nothing else is')
    .option('--project <dir>', 'a project: its upstreams are listed too')
    .option('--json', 'print one JSON object on standard output')
    .action((flags: IndependenceFlags) => independence(flags));
}

async function independence(flags: IndependenceFlags): Promise<void> {
  const alternative = importGraph(ROOT, sourcesOf('alternative'));
  const pipeline = importGraph(ROOT, sourcesOf('pipeline'));
  const project = flags.project === undefined ? null : await loadProject(resolve(flags.project));
  const common = alternative.files.filter((file) => pipeline.files.includes(file));
  const forbidden = alternative.files.filter((file) => !/^packages\/(alternative|core)\//.test(file));
  const libraries = alternative.libraries.filter((name) => pipeline.libraries.includes(name));
  const shared = [...sharedByDesign(), ...(project === null ? [] : upstreamsOf(project))];
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ independent: forbidden.length === 0, shared, common_files: common, common_libraries: libraries, forbidden })}\n`,
    );
  } else process.stdout.write(report(shared, common, libraries, forbidden, alternative));
  if (forbidden.length > 0) process.exitCode = 1;
}

function sourcesOf(owner: string): readonly string[] {
  const folder = join('packages', owner, 'src');
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(folder, file));
}

function sharedByDesign(): readonly Shared[] {
  return [
    {
      what: 'the contract (docs/contract.md)',
      why: 'both implement its text, each on its own; golden vectors by Python’s decimal and an oracle in the tests judge them',
    },
    {
      what: 'the manifest’s record (seal and close in the ledger)',
      why: 'the alternative checks it: ranges against the broker, the day against the markers, the capture’s digest and population',
    },
    {
      what: 'that the time for bulk calls ran out (`cut` in the close)',
      why: 'held against the calls, as far as customers were known before; who came in the minute and was not asked is counted in the verdict (not_asked); so is everybody of a minute that was sealed too late to ask, by the coordinator’s clock',
    },
    {
      what: 'the batch days that the coordinator has refused',
      why: 'whether that was right is not asked: the day before stands on both sides, and batch_age_days says how old it is',
    },
    {
      what: 'the coordinator’s report of an iteration: `incomplete`, `beside`, `amended`, `answered`, `answeredMore`, and `taken` of its batch view',
      why: 'it says where Spark’s files lie and which batch columns they hold: what is not taken is not compared, and no result of the SQL can show it; what is incomplete is inconclusive',
    },
    {
      what: 'the project’s declarations (parallax.yaml, streams/, batch/, online/, scorecard.csv)',
      why: 'a wrong path or number of places is wrong on both sides: review them, and look at drift and nulls',
    },
    {
      what: 'packages/core: types, names, times of minutes, errors, reading of the project’s files',
      why: 'no arithmetic on data and no parsing of messages; the files are listed below',
    },
    { what: 'Node, the operating system, this machine', why: 'both sides may run on machines of their own' },
  ];
}

function upstreamsOf(project: Project): readonly Shared[] {
  return [
    ...project.streams.map((stream) => ({
      what: `stream ${stream.name}: ${upstreamOf(stream)}`,
      why: 'what its producer sends wrongly is wrong on both sides: canaries',
    })),
    ...project.batch.map(({ name, from }) => ({
      what: `batch ${name}: ${from?.kind ?? 'a recording'}`,
      why: 'read by drivers of its own; point it at a replica or another copy',
    })),
    ...project.online.map(({ name }) => ({
      what: `online ${name}: the captured answers`,
      why: 'parsed by itself; with alternative: { online: … } in deploy.yaml asked again for a sample, to measure skew',
    })),
  ];
}

function upstreamOf({ from }: Stream): string {
  if (from === null) return 'a recording';
  return from.kind === 'kafka' ? `the topic ${from.topic}, by a consumer of its own` : `the address ${from.address}, by a queue of its own`;
}

function report(
  shared: readonly Shared[],
  common: readonly string[],
  libraries: readonly string[],
  forbidden: readonly string[],
  alternative: ImportGraph,
): string {
  const lines = [
    'Both sides share these. Agreement there is no proof.',
    ...shared.map(({ what, why }) => `  ${what}\n      ${why}`),
    '',
    `By their imports (${alternative.files.length} files reached from packages/alternative) both sides use ${common.length} files, all of packages/core:`,
    ...common.map((file) => `  ${file}`),
    `and these libraries: ${libraries.join(', ') || 'none'}.`,
    forbidden.length === 0
      ? 'The alternative reaches no file of pipeline, spark-connect or any other package.'
      : `The alternative reaches what it must not:\n${forbidden.map((file) => `  ${file}`).join('\n')}`,
    '',
  ];
  return lines.join('\n');
}
