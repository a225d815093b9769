import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatSecond, type MinuteVerdict, ParallaxError } from '@parallax/core';
import { RUNTIME } from '@parallax/local';
import { systemClock } from '@parallax/pipeline';
import { type CustomerSides, customerSides, ParquetReader, type SideContribution, type SideValue } from '@parallax/reconcile';
import type { Command } from 'commander';
import { openRecordedProject } from '../checked-project.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { replayBoth } from '../replay-both.ts';
import { namedMinute } from '../times.ts';
import { untilStopped } from '../until-stopped.ts';
import { textTable } from '../view/text-table.ts';

interface ExplainFlags {
  project: string;
  customer: string;
  minute: string;
  engine?: string;
  all?: boolean;
  json?: boolean;
}

/** `explain RECORDING --customer K --minute M`: one customer in one minute, both sides' values side by side. */
export function register(program: Command): void {
  program
    .command('explain')
    .description(
      'one customer in one minute of a recording: every input with its source and age, both sides’ values, the scorecard’s largest contributions, the actions',
    )
    .argument('<recording>', 'the folder that holds recording.json')
    .requiredOption('--project <dir>', 'the project folder, with its alternative.ts')
    .requiredOption('--customer <key>', 'the customer’s key')
    .requiredOption('--minute <time>', 'the iteration, YYYY-MM-DDTHH:MM:SSZ')
    .option('--all', 'show columns that are null or 0 on both sides, too')
    .option('--engine <url>', 'a Spark Connect server that runs already, sc://host:port; without it one is started')
    .option('--json', 'print one JSON object on standard output')
    .action((recording: string, flags: ExplainFlags) => untilStopped((signal) => explain(recording, flags, signal)));
}

async function explain(recording: string, flags: ExplainFlags, signal: AbortSignal): Promise<void> {
  const minute = namedMinute(flags.minute);
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const project = await openRecordedProject(resolve(flags.project), note);
  await mkdir(RUNTIME, { recursive: true });
  const work = await mkdtemp(join(RUNTIME, 'explain-'));
  const engines = new EngineKeeper({ url: flags.engine ?? null, home: join(work, 'services'), note, signal });
  const found: { sides: CustomerSides; verdict: MinuteVerdict }[] = [];
  try {
    await replayBoth({
      recording: resolve(recording),
      project,
      out: join(work, 'out'),
      state: join(work, 'state'),
      engines,
      now: () => systemClock.now(),
      signal,
      last: minute,
      onMinute: ({ verdict }, done, of) => note(`${done}/${of}  ${formatSecond(verdict.minute)}  ${verdict.verdict}`),
      afterCompare: async (spark, alternative, verdict) => {
        if (spark.minute !== minute) return;
        const parquet = await ParquetReader.open();
        try {
          found.push({ sides: await customerSides({ project, spark, alternative, parquet }, flags.customer), verdict });
        } finally {
          parquet.close();
        }
      },
    });
  } finally {
    await engines.close();
    await rm(work, { recursive: true, force: true });
  }
  const [only] = found;
  if (only === undefined)
    throw new ParallaxError('PRLX_USAGE', `the recording has no minute ${flags.minute}`, {
      exitCode: 2,
      advice: 'Give one of its iterations.',
    });
  print(flags, only.sides, only.verdict);
}

function print(flags: ExplainFlags, { values, contributions, events }: CustomerSides, verdict: MinuteVerdict): void {
  const compared = [...values, ...contributions];
  const differing = compared.filter(({ equal }) => !equal).length;
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ minute: flags.minute, customer: flags.customer, verdict: verdict.verdict, differing, values, contributions, events })}\n`,
    );
  } else {
    const shown = values.filter((each) => flags.all || !each.equal || !isNothing(each));
    const lines = [
      `customer ${flags.customer} in ${flags.minute}: the minute's verdict is ${verdict.verdict}; ${differing} of ${compared.length} values of this customer differ`,
      ...valueTable(shown),
      ...(contributions.length === 0 ? [] : ['the largest contributions to its scorecard:', ...contributionTable(contributions)]),
      `events in the last hour, as the alternative keeps them (${events.length}):`,
      ...events.map((event) => `  ${event}`),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  if (differing > 0) process.exitCode = 1;
}

/** Whether neither side has anything there. */
function isNothing({ group, spark, alternative }: SideValue): boolean {
  return group === 'stream' && [spark, alternative].every((value) => value === null || value === '0');
}

function valueTable(values: readonly SideValue[]): readonly string[] {
  const rows = values.map(({ group, source, column, age, spark, alternative, equal }) => [
    mark(equal),
    group,
    source ?? '',
    column,
    spark ?? 'null',
    alternative ?? 'null',
    age ?? '',
  ]);
  return textTable(['', 'input', 'source', 'column', 'spark', 'alternative', 'age'], rows);
}

function contributionTable(contributions: readonly SideContribution[]): readonly string[] {
  const rows = contributions.map(({ variable, module, spark, alternative, equal }) => [
    mark(equal),
    variable,
    module,
    spark ?? 'not kept',
    alternative ?? 'none',
  ]);
  return textTable(['', 'variable', 'module', 'spark', 'alternative'], rows);
}

function mark(equal: boolean): string {
  return equal ? ' ' : '≠';
}
