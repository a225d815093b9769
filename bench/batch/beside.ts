import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { JARS } from '@parallax/local';
import { type Engine, openEngine, replayOnSpark, systemClock } from '@parallax/pipeline';
import { median } from '../figures.ts';
import { step } from '../step.ts';
import { type Arena, makeView, projectIn } from './arena.ts';
import { type DaySize, fromLake, writeDay } from './data.ts';
import { type SmallRun, writeRecording } from './recording.ts';

/** How long minutes took, ms, by themselves and while batch views were made beside them, and how many were. */
export interface Besides {
  readonly run: SmallRun;
  readonly day: DaySize;
  readonly aloneMs: number;
  readonly besideMs: number;
  readonly views: number;
}

/** Minutes at the beginning of a run that do not count: they make the batch view of their own day. */
const WARM_MINUTES = 3;

/**
 * Minutes of a recording, once to warm up the virtual machine, once alone and once while views of a larger day are made in a session of half of the processors, one after the
 * other, as a day is made beside live minutes.
 */
export async function measureBeside(arena: Arena, run: SmallRun, day: DaySize): Promise<Besides> {
  const { context, home, duck, server } = arena;
  const folder = join(home, 'beside-minutes');
  await writeRecording(join(folder, 'recording'), run);
  await writeDay(duck, join(folder, 'lake'), day);
  await step(context.view, 'minutes to warm up', () => minutesOf(arena, folder, 'warm', run));
  const aloneMs = await step(context.view, 'minutes alone', () => minutesOf(arena, folder, 'alone', run));
  const other = await openEngine({
    ...{ url: server.url, functionsJar: join(JARS, 'functions', 'parallax-spark-functions.jar') },
    shufflePartitions: Math.max(1, Math.floor(availableParallelism() / 2)),
  });
  try {
    const done = new AbortController();
    const views = makeViews(other, folder, day, done.signal);
    // What fails beside the minutes ends them too.
    const besideMs = await step(context.view, 'minutes beside a batch build', () =>
      Promise.race([minutesOf(arena, folder, 'beside', run), views.then(() => Promise.reject(new Error('the build ended first')))]),
    );
    done.abort();
    return { run, day, aloneMs, besideMs, views: await views };
  } finally {
    await other.session.close();
  }
}

/** Makes views until it is told that it is enough; the last one is finished. */
async function makeViews(engine: Engine, folder: string, day: DaySize, enough: AbortSignal): Promise<number> {
  const project = await projectIn(join(folder, 'project-beside'), fromLake(join(folder, 'lake')), day);
  let views = 0;
  while (!enough.aborted) {
    await makeView(engine, project, join(folder, `state-beside-${views}`));
    views += 1;
  }
  return views;
}

/** The median minute, ms. */
async function minutesOf({ context, engine, home }: Arena, folder: string, name: string, run: SmallRun): Promise<number> {
  const size = { customers: run.customers, tables: 1, columns: run.columns };
  const project = await projectIn(join(folder, 'project'), fromLake(join(home, 'none')), size);
  const spent: number[] = [];
  await replayOnSpark({
    ...{ project, recording: join(folder, 'recording'), out: join(folder, `out-${name}`), state: join(folder, `state-${name}`) },
    engines: {
      engine: async () => engine,
      async lost(_engine, cause) {
        throw cause;
      },
    },
    now: () => systemClock.now(),
    signal: context.signal,
    onMinute: ({ phasesMs }) => spent.push(Object.values(phasesMs).reduce((sum, ms) => sum + ms, 0)),
  });
  return median(spent.slice(WARM_MINUTES));
}
