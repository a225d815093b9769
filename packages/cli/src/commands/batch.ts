import { resolve } from 'node:path';
import { ParallaxError, parseDay } from '@parallax/core';
import { type BatchDay, batchDays, columnProfiles, Ledger, readAside, readDrift, StatePaths } from '@parallax/pipeline';
import { type Command, Option } from 'commander';
import { asideLines, dayLines, driftLines, type Lines, profileLines } from '../batch-text.ts';
import { openProject } from '../checked-project.ts';
import { deploymentOf } from '../deployment.ts';
import { positiveInteger } from '../numbers.ts';
import { requireRun } from '../run-place.ts';

interface BatchFlags {
  project: string;
  state?: string;
  day?: string;
  aside?: boolean;
  variable?: string;
  drift?: boolean;
  limit: number;
  json?: boolean;
}

const LIMIT = 100;

/** `batch`: the days of batch data, what became of each, and what their tables were like. */
export function register(program: Command): void {
  program
    .command('batch')
    .description(
      'list the batch days of a run and each version of them: active, registered, or refused and why, and how many rows were kept aside; the rows themselves, a variable over the days, or what has moved most',
    )
    .option('--project <dir>', 'the project folder; not needed with --state', '.')
    .option('--state <dir>', 'the state folder of the run, which may go on meanwhile')
    .option('--day <day>', 'only this day, YYYY-MM-DD')
    .addOption(
      new Option('--aside', 'the rows that were kept aside: table, reason, key, and the value that is the reason').conflicts([
        'variable',
        'drift',
      ]),
    )
    .addOption(new Option('--variable <name>', 'what <source>.<table>.<column> was like on each day').conflicts(['drift']))
    .option('--drift', 'the columns that have moved most since the day before (default: on the newest day)')
    .option('--limit <n>', 'at most so many rows or columns of a version', positiveInteger, LIMIT)
    .option('--json', 'print one JSON object a line on standard output')
    .action((flags: BatchFlags) => batch(flags));
}

async function batch(flags: BatchFlags): Promise<void> {
  const paths = new StatePaths(await stateOf(flags));
  requireRun(paths.root);
  if (flags.day !== undefined && parseDay(flags.day) === null)
    throw new ParallaxError('PRLX_USAGE', `--day ${flags.day} is no day`, { exitCode: 2, advice: 'Write it as YYYY-MM-DD.' });
  const ledger = Ledger.open(paths.ledger);
  try {
    const days = (await batchDays(ledger, paths)).filter(({ day }) => flags.day === undefined || day === flags.day);
    for await (const { json, text } of linesOf(paths, days, flags))
      for (const line of flags.json ? json.map((each) => JSON.stringify(each)) : text) process.stdout.write(`${line}\n`);
  } finally {
    ledger.close();
  }
}

/** With --state the project need not be there. */
async function stateOf(flags: BatchFlags): Promise<string> {
  if (flags.state !== undefined) return resolve(flags.state);
  const project = await openProject(resolve(flags.project), { sources: false });
  return (await deploymentOf(project, flags, process.env)).state;
}

async function* linesOf(paths: StatePaths, days: readonly BatchDay[], flags: BatchFlags): AsyncIterable<Lines> {
  if (flags.variable !== undefined) {
    const found: Parameters<typeof profileLines>[1][number][] = [];
    for await (const each of columnProfiles(paths, days, flags.variable)) found.push(each);
    if (found.length === 0)
      throw new ParallaxError('PRLX_USAGE', `no day has a profile of ${flags.variable}`, {
        exitCode: 2,
        advice: 'Name it as <source>.<table>.<column>, as --drift does.',
      });
    yield profileLines(flags.variable, found);
  } else if (flags.drift) {
    const found: Lines[] = [];
    for (const day of days.toReversed()) {
      const drifts = await readDrift(paths, day);
      if (drifts !== null) found.unshift(driftLines(day, drifts, flags.limit));
      if (found.length > 0 && flags.day === undefined) break;
    }
    yield* found;
    if (found.length === 0) yield { json: [], text: ['no day has another before it to be compared with'] };
  } else if (flags.aside) {
    for (const day of days) if (day.summary !== null) yield asideLines(day, day.summary, await readAside(paths, day), flags.limit);
  } else yield dayLines(days);
}
