/**
 * Goal: an alternative that begins anew from its checkpoint gives what one that never stopped gives, and a killed one leaves nothing that counts.
 * Method: every contract scenario; after each minute it is either checkpointed and made anew, or thrown away unsaved and run again from the last
 * checkpoint.
 */
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Micros, Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { withAlternative, withOverlay } from '../../../test/alternative/support.ts';
import { writeCase } from '../../../test/contract/case.ts';
import { SCENARIOS } from '../../../test/contract/scenarios/index.ts';
import { Alternative } from '../src/minute.ts';
import { LineFiles } from '../src/output/line-files.ts';
import { loadLogic } from '../src/score/logic.ts';
import { Recording } from '../src/sources/recording/recording.ts';
import { type Checkpoint, readCheckpoint } from '../src/store/checkpoint.ts';

const TEST_MS_MAX = 120_000;
/** Minutes of a scenario that are run: the longest ones have many that bring nothing new. */
const MINUTES_MAX = 70;
const FILES = ['events', 'windows', 'results', 'actions'] as const;

interface Bench {
  readonly project: Project;
  readonly sources: Recording;
  readonly folder: string;
}

async function benchOf(scenario: (typeof SCENARIOS)[number]): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-resume-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const recording = withOverlay(scenario.case.recording, 'alternative', null);
  const written = writeCase(withAlternative({ ...scenario.case, recording }), folder);
  const project = await loadProject(written.project);
  return { project, sources: await Recording.open(written.recording, project), folder };
}

async function alternativeOf({ project, sources, folder }: Bench, name: string, resume: Checkpoint | null): Promise<Alternative> {
  const alternative = new Alternative({
    ...{ project, logic: await loadLogic(project), sources, from: sources.from },
    ...{ state: join(folder, name), resume, durable: true },
  });
  await alternative.open();
  return alternative;
}

/** All lines of a minute. */
async function linesOf({ folder }: Bench, alternative: Alternative, minute: Micros): Promise<string> {
  const files = new LineFiles(join(folder, 'lines'));
  await files.open();
  await alternative.run(minute, files);
  await files.finish();
  const texts = await Promise.all(FILES.map((file) => readFile(join(folder, 'lines', `${file}.ndjson`), 'utf8')));
  return texts.join('\n');
}

describe.each(SCENARIOS)('$name', (scenario) => {
  test(
    'made anew after each minute, or killed in it, gives the same lines',
    async () => {
      const bench = await benchOf(scenario);
      const minutes = [...bench.sources.minutes()].slice(0, MINUTES_MAX);
      const whole = await alternativeOf(bench, 'whole', null);
      let resumed = await alternativeOf(bench, 'resumed', null);
      let killed = 0;
      for (const [index, minute] of minutes.entries()) {
        const expected = await linesOf(bench, whole, minute);
        await whole.checkpoint({});
        if (index > 0 && index % 3 === 0) {
          await linesOf(bench, resumed, minute);
          killed++;
        } else if (index > 0) await resumed.begin(minute);
        const kept = await readCheckpoint(join(bench.folder, 'resumed'), bench.project.hash);
        if (index > 0) {
          await resumed.close();
          resumed = await alternativeOf(bench, 'resumed', kept);
        }
        expect(await linesOf(bench, resumed, minute), `minute ${index}`).toBe(expected);
        await resumed.checkpoint({});
      }
      await whole.close();
      await resumed.close();
      expect(minutes.length < 4 || killed > 0).toBe(true);
      const left = await readdir(join(bench.folder, 'resumed', 'events'));
      expect(left.sort()).toEqual((await readdir(join(bench.folder, 'whole', 'events'))).sort());
    },
    TEST_MS_MAX,
  );
});

test('a checkpoint of other files of the project does not count; raw events that are cut off are refused', async () => {
  const bench = await benchOf(SCENARIOS[0] as (typeof SCENARIOS)[number]);
  const alternative = await alternativeOf(bench, 'a', null);
  const [minute] = [...bench.sources.minutes()];
  await linesOf(bench, alternative, minute as Micros);
  await alternative.checkpoint({ s: { id: 'topic', ranges: [{ partition: 0, from: 1, to: 2 }] } });
  await alternative.close();
  const state = join(bench.folder, 'a');
  expect(await readCheckpoint(state, 'another')).toBeNull();
  const kept = await readCheckpoint(state, bench.project.hash);
  expect(kept?.topics).toEqual({ s: { id: 'topic', ranges: [{ partition: 0, from: 1, to: 2 }] } });
  const [name = '', length = 0] = Object.entries(kept?.files ?? {})[0] ?? [];
  expect(length).toBeGreaterThan(0);
  await writeFile(join(state, 'events', 'stray'), 'x');
  await truncate(join(state, 'events', name), length - 1);
  await expect(alternativeOf(bench, 'a', kept)).rejects.toMatchObject({ code: 'PRLX_ALTERNATIVE_STATE' });
});
