import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replayAlternative } from '@parallax/alternative';
import { type MinuteReport, type MinuteVerdict, ParallaxError } from '@parallax/core';
import { RUNTIME } from '@parallax/local';
import { replayOnSpark, type SparkReplayOptions, systemClock } from '@parallax/pipeline';
import type { Command } from 'commander';
import { openRecordedProject } from '../checked-project.ts';
import { EngineKeeper } from '../engine-keeper.ts';
import { replayBoth } from '../replay-both.ts';
import { reportOf, reportOfAlternative } from '../report-minute.ts';
import { untilStopped } from '../until-stopped.ts';
import { type Again, againOfRecording } from '../verdict/again.ts';
import { causeOf, verdictLines } from '../verdict/cause.ts';
import { asideText } from '../view/batch-progress.ts';

interface ReplayFlags {
  project: string;
  side: string;
  out: string;
  engine?: string;
  json?: boolean;
}

/** `replay RECORDING --project DIR --out DIR`: a recording's minutes once more, byte for byte. */
export function register(program: Command): void {
  program
    .command('replay')
    .description('run a recording again, without brokers or stores, to the same bytes: on real Spark, by the alternative method, or both')
    .argument('<recording>', 'the folder that holds recording.json')
    .requiredOption('--project <dir>', 'the project folder (parallax.yaml, streams/, batch/, online/, *.sql, alternative.ts)')
    .requiredOption('--out <dir>', 'where to write spark/ and alternative/{events,windows,results,actions}.ndjson and verdicts.ndjson')
    .option('--side <side>', 'which side computes: spark, alternative, or both, which compares them', 'spark')
    .option('--engine <url>', 'a Spark Connect server that runs already, sc://host:port; without it one is started')
    .option('--json', 'print one JSON object a minute on standard output')
    .action((recording: string, flags: ReplayFlags) => untilStopped((signal) => replay(recording, flags, signal)));
}

async function replay(recording: string, flags: ReplayFlags, signal: AbortSignal): Promise<void> {
  const note = (text: string) => process.stderr.write(`${text}\n`);
  if (!['spark', 'alternative', 'both'].includes(flags.side)) {
    throw new ParallaxError('PRLX_USAGE', `there is no side ${flags.side}`, {
      exitCode: 2,
      advice: 'Use --side spark, alternative or both.',
    });
  }
  const project = await openRecordedProject(resolve(flags.project), note);
  await mkdir(RUNTIME, { recursive: true });
  const work = await mkdtemp(join(RUNTIME, 'replay-'));
  const shown = new Shown(flags.json === true, note);
  const paths = {
    recording: resolve(recording),
    out: resolve(flags.out),
    project,
    signal,
    onWarning: (text: string) => note(`warning: ${text}`),
  };
  try {
    if (flags.side === 'alternative') {
      await replayAlternative({
        ...paths,
        scratch: work,
        onMinute: (minute, done, of) => shown.minute(done, of, reportOfAlternative(minute)),
      });
    } else await replayWithSpark(flags, { ...paths, ...sparkOptions(work, flags, note, signal) }, shown, note);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type WithSpark = SparkReplayOptions & { readonly engines: EngineKeeper; readonly signal: AbortSignal };

function sparkOptions(
  work: string,
  flags: ReplayFlags,
  note: (text: string) => void,
  signal: AbortSignal,
): Pick<WithSpark, 'state' | 'engines' | 'now' | 'onBatchProgress'> {
  return {
    state: join(work, 'state'),
    engines: new EngineKeeper({ url: flags.engine ?? null, home: join(work, 'services'), note, signal }),
    now: () => systemClock.now(),
    onBatchProgress: ({ day, aside = [] }) => {
      for (const each of aside) note(asideText(day, each));
    },
  };
}

async function replayWithSpark(flags: ReplayFlags, options: WithSpark, shown: Shown, note: (text: string) => void): Promise<void> {
  try {
    if (flags.side === 'spark') {
      await replayOnSpark({ ...options, onMinute: (outcome, done, of) => shown.minute(done, of, reportOf(outcome)) });
      return;
    }
    const again = againOfRecording(options.recording, flags.project);
    const differing = await replayBoth({
      ...options,
      onMinute: ({ spark, verdict }, done, of) => {
        const { verdict: verdictName, reason } = verdict;
        shown.minute(done, of, { ...reportOf(spark), verdict: verdictName, verdict_reason: reason, cause: causeOf(verdict, again) });
        shown.verdict(verdict, again);
      },
    });
    if (differing > 0) {
      note(`${differing} minutes did not match: ${join(options.out, 'verdicts.ndjson')}`);
      process.exitCode = 1;
    }
  } finally {
    await options.engines.close();
  }
}

/** What the caller sees of each minute. */
class Shown {
  readonly #json: boolean;
  readonly #note: (text: string) => void;

  constructor(json: boolean, note: (text: string) => void) {
    this.#json = json;
    this.#note = note;
  }

  minute(done: number, of: number, report: MinuteReport): void {
    if (this.#json) {
      process.stdout.write(`${JSON.stringify(report)}\n`);
      return;
    }
    const { minute, population, actions, digest, verdict } = report;
    const said = verdict === null ? '' : `${verdict}, `;
    this.#note(`${done}/${of}  ${minute}  ${said}population ${population}, ${actions.taken} actions, digest ${digest.slice(0, 12)}`);
  }

  /** Says where the sides differ. */
  verdict(verdict: MinuteVerdict, again: Again): void {
    for (const line of verdictLines(verdict, again)) this.#note(`  ${line}`);
  }
}
