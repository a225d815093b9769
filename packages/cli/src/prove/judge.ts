import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AlternativeReplay } from '@parallax/alternative';
import type { Sources } from '@parallax/alternative/sources/source.ts';
import type { Micros, MinuteVerdict, Project } from '@parallax/core';
import { Reconciler, RecordingInputs } from '@parallax/reconcile';
import { Random } from './random.ts';
import type { Plan } from './recording/plan.ts';
import { EarlySources } from './run/early-sources.ts';
import { type MinuteLines, readLines } from './run/lines.ts';
import type { SparkMinute } from './run/spark-minutes.ts';

/** What the verifier said of one minute, or why it could not say anything. */
export type Said = { readonly verdict: MinuteVerdict; readonly failed: null } | { readonly verdict: null; readonly failed: string };

/** Minutes of a Spark side that are to be compared with one alternative. */
export interface Docket {
  readonly name: string;
  readonly minutes: ReadonlyMap<Micros, SparkMinute>;
  /** Its `overlay/alternative` names what both sides were given differently. */
  readonly recording: string;
}

/** The alternative that minutes are compared with. */
export interface AlternativeSide {
  readonly project: Project;
  readonly recording: string;
  /** The entry of another copy of the alternative's code. */
  readonly module?: string;
}

export interface JudgeOptions {
  /** As the Spark side has it. */
  readonly project: Project;
  readonly plan: Plan;
  readonly alternative: AlternativeSide;
  readonly dockets: readonly Docket[];
  /** Gets the alternative's state; emptied at the end. */
  readonly work: string;
  readonly signal?: AbortSignal;
}

export interface Judgement {
  readonly said: ReadonlyMap<string, ReadonlyMap<Micros, Said>>;
  /** The alternative's lines of the minutes that faults are put into, as far as it came. */
  readonly lines: ReadonlyMap<Micros, MinuteLines>;
  /** Why the alternative could go no further. */
  readonly stopped: string | null;
}

/** What is used of `AlternativeReplay`, whichever copy of the code it comes from. */
type Replays = Pick<typeof AlternativeReplay, 'open'>;

/**
 * Runs one alternative minute by minute and compares every docket's minute with it while it is there. It goes ahead of the seal as the live verifier does; windows
 * are compared without threads, which would be two for each of the dockets.
 */
export async function judge({ project, plan, alternative, dockets, work, signal }: JudgeOptions): Promise<Judgement> {
  const said = new Map<string, Map<Micros, Said>>(dockets.map(({ name }) => [name, new Map()]));
  await mkdir(work, { recursive: true });
  const out = join(work, 'out');
  const replays =
    alternative.module === undefined
      ? AlternativeReplay
      : ((await import(alternative.module)) as { AlternativeReplay: Replays }).AlternativeReplay;
  const lines = new Map<Micros, MinuteLines>();
  let stopped: string | null = null;
  const reconcilers = new Map<string, Reconciler>();
  let replay: AlternativeReplay | null = null;
  try {
    for (const { name, recording } of dockets)
      reconcilers.set(name, await Reconciler.open({ project, inputs: new RecordingInputs(recording, project) }));
    const given: { early?: EarlySources } = {};
    const sources = (recorded: Sources) => {
      given.early = new EarlySources(recorded, alternative.project, new Random(`${plan.seed}/ahead`));
      return given.early;
    };
    replay = await replays.open({ recording: alternative.recording, project: alternative.project, out, scratch: work, sources });
    for (const minute of replay.minutes) {
      signal?.throwIfAborted();
      await given.early?.goAhead(replay.alternative, minute);
      await replay.run(minute);
      if (minute < plan.faultsFrom) continue;
      const own = (await readLines(replay.lines, [minute])).get(minute);
      if (own !== undefined) lines.set(minute, own);
      for (const { name, minutes } of dockets) {
        const spark = minutes.get(minute);
        const reconciler = reconcilers.get(name);
        if (spark === undefined || reconciler === undefined) continue;
        said.get(name)?.set(minute, await compare(reconciler, spark, replay));
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    // A mutant of the alternative may throw anything: then the verifier has nothing to say from there on.
    stopped = error instanceof Error ? error.message : String(error);
  } finally {
    for (const reconciler of reconcilers.values()) await reconciler.close();
    await replay?.close();
    await rm(work, { recursive: true, force: true });
  }
  return { said, lines, stopped };
}

async function compare(reconciler: Reconciler, { outcome, folders }: SparkMinute, replay: AlternativeReplay): Promise<Said> {
  const { minute, manifest, digest, incomplete } = outcome;
  try {
    const verdict = await reconciler.minute(
      { minute, manifest, digest, incomplete, ...folders },
      { lookups: replay.alternative.lookups, lines: replay.lines },
    );
    return { verdict, failed: null };
  } catch (error) {
    // Spark's state may be such that the verifier cannot read it: the minute has no verdict, which shows as a failure.
    return { verdict: null, failed: error instanceof Error ? error.message : String(error) };
  }
}
