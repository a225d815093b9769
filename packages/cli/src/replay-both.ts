import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AlternativeMinute, AlternativeReplay } from '@parallax/alternative';
import { type Micros, type MinuteVerdict, ParallaxError, type Project } from '@parallax/core';
import { type MinuteOutcome, SparkReplay, type SparkReplayOptions } from '@parallax/pipeline';
import { type AlternativeMinuteSide, Reconciler, RecordingInputs, type SparkMinute, verdictLine } from '@parallax/reconcile';

/** One minute by both sides. */
export interface MinuteByBoth {
  readonly spark: MinuteOutcome;
  readonly alternative: AlternativeMinute;
  readonly verdict: MinuteVerdict;
}

export interface ReplayBothOptions {
  readonly recording: string;
  readonly project: Project;
  /** The project of the alternative's side, when it is to be another than Spark's (`prove` mutates one of them). */
  readonly alternativeProject?: Project;
  /** Gets `spark/`, `alternative/` and `verdicts.ndjson`; files of an earlier replay are replaced at the end. */
  readonly out: string;
  /** An empty folder for the state of both sides; the caller removes it. */
  readonly state: string;
  /** One engine serves many replays, one after the other: what a session was taught is made anew with the project's hash. */
  readonly engines: SparkReplayOptions['engines'];
  readonly now: () => Micros;
  readonly signal?: AbortSignal;
  /** Runs when both sides have a minute, before it is compared: to change what a side left behind. `folder` is Spark's committed iteration. */
  readonly beforeCompare?: (minute: Micros, folder: string) => Promise<void>;
  /** Runs after a minute was compared, while both sides still have it. */
  readonly afterCompare?: (spark: SparkMinute, alternative: AlternativeMinuteSide, verdict: MinuteVerdict) => Promise<void>;
  /** The last minute to run; without it the recording's. Outputs of a replay that ends early are not kept. */
  readonly last?: Micros;
  readonly onMinute?: (minute: MinuteByBoth, done: number, of: number) => void;
  readonly onWarning?: (text: string) => void;
  readonly onBatchProgress?: SparkReplayOptions['onBatchProgress'];
}

/**
 * Runs a recording on both sides, minute by minute, and compares them after each, by the code that live minutes go through.
 * @returns how many minutes did not match
 */
export async function replayBoth(options: ReplayBothOptions): Promise<number> {
  const { recording, project, out, state, signal } = options;
  const scratch = join(state, 'alternative');
  await mkdir(scratch, { recursive: true });
  const onWarning = options.onWarning === undefined ? {} : { onWarning: options.onWarning };
  const onBatchProgress = options.onBatchProgress === undefined ? {} : { onBatchProgress: options.onBatchProgress };
  const { engines, now } = options;
  const alternative = await AlternativeReplay.open({
    recording,
    project: options.alternativeProject ?? project,
    out,
    scratch,
    ...(signal === undefined ? {} : { signal }),
    ...onWarning,
  });
  try {
    const spark = await SparkReplay.open({ recording, project, out, state: join(state, 'spark'), engines, now, ...onBatchProgress });
    try {
      requireSameMinutes(recording, spark.minutes, alternative.minutes);
      return await runMinutes(options, spark, alternative);
    } finally {
      await spark.close();
    }
  } finally {
    await alternative.close();
  }
}

async function runMinutes(options: ReplayBothOptions, spark: SparkReplay, alternative: AlternativeReplay): Promise<number> {
  const { project, recording, signal } = options;
  const verdicts = new VerdictFile(join(options.out, 'verdicts.ndjson'));
  const reconciler = await Reconciler.open({ project, inputs: new RecordingInputs(recording, project) });
  try {
    let done = 0;
    let differing = 0;
    for (const minute of spark.minutes) {
      signal?.throwIfAborted();
      const ours = await spark.run(minute);
      const theirs = await alternative.run(minute);
      const folders = spark.folders(ours);
      await options.beforeCompare?.(minute, folders.folder);
      const { manifest, digest, incomplete } = ours;
      const [sparkSide, alternativeSide] = [
        { minute, manifest, digest, incomplete, ...folders },
        { lookups: alternative.alternative.lookups, lines: alternative.lines },
      ];
      const verdict = await reconciler.minute(sparkSide, alternativeSide);
      await options.afterCompare?.(sparkSide, alternativeSide, verdict);
      await spark.reclaim(minute);
      verdicts.add(verdict);
      if (verdict.verdict !== 'match') differing++;
      options.onMinute?.({ spark: ours, alternative: theirs, verdict }, ++done, spark.minutes.length);
      if (minute === options.last) return differing;
    }
    await spark.finish();
    await alternative.finish();
    await verdicts.finish();
    return differing;
  } finally {
    await reconciler.close();
    await verdicts.abandon();
  }
}

function requireSameMinutes(recording: string, spark: readonly Micros[], alternative: readonly Micros[]): void {
  if (spark.length === alternative.length && spark[0] === alternative[0]) return;
  throw new ParallaxError('PRLX_RECORDING', 'overlay/alternative/recording.json names other minutes than recording.json', {
    exitCode: 2,
    place: { file: recording },
    advice: 'An overlay replaces what minutes read, not which minutes there are.',
  });
}

/** `verdicts.ndjson`, which appears when all minutes have theirs. */
class VerdictFile {
  readonly #path: string;
  #lines: string[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  get #growing(): string {
    return join(dirname(this.#path), '.verdicts.growing');
  }

  add(verdict: MinuteVerdict): void {
    this.#lines.push(`${verdictLine(verdict)}\n`);
  }

  async finish(): Promise<void> {
    await writeFile(this.#growing, this.#lines.join(''));
    await rename(this.#growing, this.#path);
  }

  async abandon(): Promise<void> {
    await rm(this.#growing, { force: true });
  }
}
