import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Project } from '@parallax/core';
import { JARS, startSpark } from '@parallax/local';
import { type Engine, openEngine } from '@parallax/pipeline';
import type { Bench, BenchReport } from '../bench.ts';
import { HEAPS_MB, SERVICE_START_MS_MAX } from '../limits.ts';
import { cpuSeconds } from '../processes.ts';
import { layoutFunctions, layouts } from './layouts.ts';
import { type LayoutSize, measureLayouts, WARM_ROUNDS } from './measure.ts';
import { layoutProject } from './project.ts';
import { layoutReport } from './report.ts';

const VARIABLES = 100;
export const SIZES: Readonly<Record<'quick' | 'full' | 'tiny', LayoutSize>> = {
  quick: { customers: 50_000, variables: VARIABLES, minuteEvents: 100_000, hourEvents: 240_000, rounds: 3 },
  full: { customers: 200_000, variables: VARIABLES, minuteEvents: 300_000, hourEvents: 1_200_000, rounds: 5 },
  tiny: { customers: 200, variables: VARIABLES, minuteEvents: 400, hourEvents: 3_000, rounds: 1 },
};

/** `bench state-layouts`: what keeping the state of windows costs, by how it is laid out. */
export const bench: Bench = {
  title: 'Layouts of state',
  about: `A minute's events are summed into panes, an hour of panes is merged into windows, and some variables of all windows are read: as one column for each aggregate, as arrays, as one packed binary a customer, and as the pipeline does it, one packed run a bucket of customers, by functions of ours. CPU seconds of Spark; medians of several rounds, after ${WARM_ROUNDS} that warm up.`,
  settings: { size: '`tiny`: whether it works, in a minute; its figures say nothing' },
  async run(context): Promise<BenchReport> {
    const { view, signal } = context;
    const size = SIZES[context.settings.get('size') === 'tiny' ? 'tiny' : context.size];
    const home = join(context.home, 'layouts');
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { recursive: true });
    const server = await startSpark({ home, heapMb: HEAPS_MB.spark, startMsMax: SERVICE_START_MS_MAX, signal });
    try {
      const project = await layoutProject(join(home, 'project'), size.variables);
      const engine = await openLayoutEngine(server.url, project);
      try {
        const cpu = () => cpuSeconds(server.pid);
        const measured = await measureLayouts({ engine, layouts: layouts(project), size, home: join(home, 'state'), cpu, view, signal });
        return layoutReport(measured, size);
      } finally {
        await engine.session.close();
      }
    } finally {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    }
  },
};

/** A session as the pipeline has it, which knows the layouts' other functions too. */
export async function openLayoutEngine(url: string, project: Project): Promise<Engine> {
  const functionsJar = join(JARS, 'functions', 'parallax-spark-functions.jar');
  const engine = await openEngine({ url, functionsJar, shufflePartitions: availableParallelism() });
  for (const [name, className, type] of layoutFunctions(project))
    await engine.session.registerJavaFunction(name, `dev.parallax.functions.${className}`, type);
  return engine;
}
