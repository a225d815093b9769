import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ParallaxError, type Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { diffOf } from '../mutate/edit.ts';
import { drawTsOrder, tsMutants } from '../mutate/ts-mutants.ts';
import { Random } from '../random.ts';
import { faultMinutes, type Plan } from '../recording/plan.ts';
import type { AlternativeChange, Expected, Fault, FaultTools } from './fault.ts';
import { RecordingEdit, type StreamLine } from './recording-edit.ts';
import { Victims } from './victims.ts';

/** Mistakes in the project's own second saying of its rules, `alternative.ts`. */
export function logicFaults(project: Project, plan: Plan, count: number): readonly Fault[] {
  const text = project.alternative ?? '';
  const drawn = drawTsOrder(tsMutants(text), new Random(`${plan.seed}/alternative.ts`)).slice(0, count);
  return drawn.map((mutant, i) => ({
    id: `alternative-logic-${mutant.diff.line}-${mutant.operator}-${i}`,
    kind: 'alternative',
    family: mutant.operator,
    target: `alternative.ts:${mutant.diff.line}`,
    what: mutant.what,
    diff: mutant.diff,
    // Which side is wrong no comparison can tell: it names the stage, and the query that does the same.
    expected: { stages: ['satisfaction', 'actions'], sources: ['satisfaction.sql', 'actions.sql'] },
    from: plan.faultsFrom,
    put: { side: 'alternative', change: (tools) => otherFile(tools, 'alternative.ts', () => mutant.text) },
  }));
}

/** `alternative.ts` as it is when it keeps something from one call to the next. */
function unsteady(text: string): string {
  return `${text.replace('export function satisfaction(', 'function steadily(')}
let calls = 0n;
export function satisfaction(c: Parameters<typeof steadily>[0]): ReturnType<typeof steadily> {
  calls += 1n;
  const result = steadily(c);
  if (result.satisfaction === null) return result;
  return { ...result, satisfaction: { ...result.satisfaction, unscaled: (result.satisfaction.unscaled + calls) % 10001n } };
}
`;
}

/** A copy of the project with another text of one file. */
async function otherFile({ project, folder }: FaultTools, file: string, change: (text: string) => string): Promise<AlternativeChange> {
  await cp(project.directory, folder, { recursive: true });
  const before = await readFile(join(folder, file), 'utf8');
  const after = change(before);
  if (after === before) throw unplaced(file);
  await writeFile(join(folder, file), after);
  return { project: await loadProject(folder) };
}

function unplaced(where: string): ParallaxError {
  return new ParallaxError('PRLX_PROVE', `a fault found nothing to change in ${where}`, {
    exitCode: 2,
    advice: 'The code that it is put into has changed: bring the catalogue in packages/cli/src/prove/faults up to date.',
  });
}

/** Faults in what the alternative reads, and in what it takes the project's declarations for. */
export function alternativeInputFaults(project: Project, plan: Plan): readonly Fault[] {
  const streams = project.streams.map((s) => s.name);
  const minutes = faultMinutes(plan);
  const [stream] = project.streams;
  const [source] = project.online;
  const fault = (
    family: string,
    what: string,
    target: string,
    expected: Expected,
    change: (tools: FaultTools) => Promise<AlternativeChange>,
  ): Fault => ({
    id: `alternative-${family.replaceAll(/[^a-z0-9+-]+/g, '-')}`,
    kind: 'alternative',
    family,
    target,
    what,
    diff: null,
    expected,
    from: plan.faultsFrom,
    put: { side: 'alternative', change },
  });
  const inputs = (named: readonly string[]): Expected => ({ stages: ['inputs'], sources: named });
  const lateness = (minutesOff: bigint) => (tools: FaultTools) =>
    otherFile(tools, 'parallax.yaml', (text) =>
      text.replace(/^lateness:.*$/m, `lateness: ${tools.project.latenessUs / 60_000_000n + minutesOff}m`),
    );
  const faults = [
    fault('lateness +1', 'the alternative accepts events a minute too long', 'parallax.yaml', inputs(streams), lateness(1n)),
    fault('lateness -1', 'the alternative accepts events a minute too short', 'parallax.yaml', inputs(streams), lateness(-1n)),
  ];
  if ((project.alternative ?? '').includes('export function satisfaction('))
    faults.push(
      fault(
        'not deterministic',
        'alternative.ts keeps something from one call to the next',
        'alternative.ts',
        { stages: ['satisfaction'], sources: ['alternative.ts'] },
        (tools) => otherFile(tools, 'alternative.ts', unsteady),
      ),
    );
  if (stream !== undefined) {
    faults.push(
      fault('events dropped', 'the alternative’s consumer loses a message', `stream ${stream.name}`, inputs([stream.name]), (tools) =>
        onStream(tools, stream.name, minutes[1] ?? plan.faultsFrom, async (lines, victim) =>
          lines.filter((line) => line.offset !== victim.offset || line.partition !== victim.partition),
        ),
      ),
      fault(
        'partition lost',
        'the alternative’s consumer loses a partition after a restart',
        `stream ${stream.name}`,
        inputs([stream.name]),
        (tools) =>
          onStream(tools, stream.name, minutes[2] ?? plan.faultsFrom, async (lines) => lines.filter((line) => line.partition === 0)),
      ),
    );
  }
  if (source !== undefined) {
    faults.push(
      fault(
        'answer lost',
        'the alternative’s own client has no answer',
        `online ${source.name}`,
        { stages: ['online'], sources: [source.name] },
        async ({ recording, folder }) => {
          const edit = new RecordingEdit(recording);
          const path = RecordingEdit.onlinePath(minutes[0] ?? plan.faultsFrom, source.name);
          edit.setLines(path, (await edit.lines<object>(path)).slice(1));
          await edit.write(folder, 'alternative');
          return { recording: folder };
        },
      ),
    );
  }
  return faults;
}

async function onStream(
  { project, plan, recording, folder }: FaultTools,
  name: string,
  minute: bigint,
  change: (lines: readonly StreamLine[], victim: StreamLine) => Promise<readonly StreamLine[]>,
): Promise<AlternativeChange> {
  const stream = project.streams.find((s) => s.name === name);
  if (stream === undefined) throw new RangeError(`no stream ${name}`);
  const edit = new RecordingEdit(recording);
  const victim = await new Victims(project, plan).one(edit, minute, stream, new Random(`${plan.seed}/alternative ${name}`));
  const path = RecordingEdit.streamPath(minute, name);
  edit.setLines(path, await change(await edit.lines<StreamLine>(path), victim));
  await edit.write(folder, 'alternative');
  return { recording: folder };
}

/** An edit of the alternative's own code. `find` stands in the file exactly once. */
interface CodeEdit {
  readonly family: string;
  readonly what: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly expected: (project: Project) => Expected;
}

const IN_WINDOWS = (project: Project): Expected => ({ stages: ['windows', 'panes'], sources: project.streams.map((s) => s.name) });
const IN_INPUTS = (project: Project): Expected => ({ stages: ['inputs'], sources: project.streams.map((s) => s.name) });

const CODE_EDITS: readonly CodeEdit[] = [
  {
    family: 'window edge',
    what: 'last_hour has 61 minutes',
    file: 'window/windows.ts',
    find: 'const LAST_HOUR_BEFORE = 59;',
    replace: 'const LAST_HOUR_BEFORE = 60;',
    expected: IN_WINDOWS,
  },
  {
    family: 'window edge, short',
    what: 'last_hour has 59 minutes',
    file: 'window/windows.ts',
    find: 'const LAST_HOUR_BEFORE = 59;',
    replace: 'const LAST_HOUR_BEFORE = 58;',
    expected: IN_WINDOWS,
  },
  {
    family: 'tie order',
    what: 'of two events at one instant the lesser id is the last',
    file: 'window/latest.ts',
    find: 'compareUtf8(id, ids[at] as string) <= 0',
    replace: 'compareUtf8(id, ids[at] as string) > 0',
    expected: IN_WINDOWS,
  },
  {
    family: 'rounding',
    what: 'an average is cut off, not rounded',
    file: 'window/stream-window.ts',
    find: 'if (2 * Math.abs(rest) < count) return whole + 0;',
    replace: 'if (Math.abs(rest) < count) return whole + 0;',
    expected: IN_WINDOWS,
  },
  {
    family: 'late boundary',
    what: 'an event on the limit of lateness is late',
    file: 'accept/intake.ts',
    find: 'parser.time < this.#limits.oldest',
    replace: 'parser.time <= this.#limits.oldest',
    expected: IN_INPUTS,
  },
  {
    family: 'first of twins',
    what: 'of two events of one id the one that came first counts',
    file: 'accept/intake.ts',
    find: 'if (time < first) ',
    replace: 'if (time > first) ',
    expected: IN_INPUTS,
  },
  {
    family: 'answer order',
    what: 'of two answers the last in the file counts, whenever its call began',
    file: 'online/answers.ts',
    find: 'this.#minutes[slot] === now && start < (this.#starts[slot] as number)',
    replace: 'false',
    expected: (project) => ({ stages: ['online'], sources: project.online.map((s) => s.name) }),
  },
  {
    family: 'stale day',
    what: 'a day must be settled for an hour longer',
    file: 'batch/active-day.ts',
    find: 'day.registered + project.settleUs',
    replace: 'day.registered + project.settleUs + 3_600_000_000n',
    expected: (project) => ({ stages: ['batch'], sources: project.batch.map((s) => s.name) }),
  },
  {
    family: 'cool-down',
    what: 'the cool-down is forgotten',
    file: 'score/decisions.ts',
    find: 'if (last !== undefined && minute - last < this.#coolDown(action)) continue;',
    replace: 'if (last !== undefined && minute - last < 0n) continue;',
    expected: () => ({ stages: ['actions'], sources: ['actions.sql'] }),
  },
];

/** Faults in the code of the alternative itself: each is put into a copy of its source. */
export async function codeFaults(project: Project, plan: Plan, source: string): Promise<readonly Fault[]> {
  return Promise.all(
    CODE_EDITS.map(async ({ family, what, file, find, replace, expected }): Promise<Fault> => {
      const text = await readFile(join(source, file), 'utf8');
      if (text.split(find).length !== 2) throw unplaced(`packages/alternative/src/${file}`);
      const edit = { offset: text.indexOf(find), length: find.length, text: replace };
      return {
        id: `alternative-code-${family.replaceAll(/[^a-z0-9]+/g, '-')}`,
        kind: 'alternative',
        family,
        target: `packages/alternative/src/${file}`,
        what,
        diff: diffOf(text, edit),
        expected: expected(project),
        from: plan.faultsFrom,
        put: {
          side: 'alternative',
          change: async ({ alternativeSource, folder }) => {
            await cp(alternativeSource, folder, { recursive: true });
            await writeFile(
              join(folder, file),
              text.replace(find, () => replace),
            );
            return { module: join(folder, 'index.ts') };
          },
        },
      };
    }),
  );
}
