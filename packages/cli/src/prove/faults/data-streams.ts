import { MICROS_PER_MINUTE, type Micros, type Project, type Stream } from '@parallax/core';
import { Random } from '../random.ts';
import { faultMinutes, type Plan } from '../recording/plan.ts';
import { type Fault, type FaultTools, INPUTS } from './fault.ts';
import { RecordingEdit, type StreamLine } from './recording-edit.ts';
import { fieldOf, parsed, Victims, withField, withNumber } from './victims.ts';

/** How a fault edits what one stream brings to the Spark side. */
type EditStream = (edit: RecordingEdit, stream: Stream, victims: Victims, random: Random) => Promise<void>;

/** Faults in the messages of each stream: what Spark's source brought is not what the alternative's brought. */
export function streamFaults(project: Project, plan: Plan): readonly Fault[] {
  const minutes = faultMinutes(plan);
  // Each stream's faults begin in another minute, the first in the first.
  const at = (stream: number, fault: number): Micros => minutes[(stream * 2 + fault) % Math.max(1, minutes.length - 3)] ?? plan.faultsFrom;
  return project.streams.flatMap((stream, s) =>
    EDITS.map(({ family, what, make }, f): Fault => {
      const from = at(s, f);
      return {
        id: `data-${family.replaceAll(' ', '-')}-${stream.name}`,
        kind: 'data',
        family,
        target: `stream ${stream.name}`,
        what,
        diff: null,
        expected: { stages: INPUTS, sources: [stream.name] },
        from,
        put: { side: 'spark', rules: 'project', inject: (tools) => editStream(tools, stream, make(from, plan)) },
      };
    }),
  );
}

async function editStream(
  { project, plan, recording, folder }: FaultTools,
  stream: Stream,
  edit: EditStream,
): Promise<{ recording: string }> {
  const edited = new RecordingEdit(recording);
  await edit(edited, stream, new Victims(project, plan), new Random(`${plan.seed}/data ${stream.name}`));
  await edited.write(folder, 'spark');
  return { recording: folder };
}

const EDITS: readonly { readonly family: string; readonly what: string; readonly make: (from: Micros, plan: Plan) => EditStream }[] = [
  {
    family: 'drop',
    what: 'one message is missing',
    make: (from) =>
      onFile(from, async (lines, victim) => lines.filter((line) => line.offset !== victim.offset || line.partition !== victim.partition)),
  },
  {
    family: 'duplicate',
    what: 'one message comes twice',
    make: (from) => onFile(from, async (lines, victim) => [...lines, { ...victim, offset: 1_000_000 }]),
  },
  {
    family: 'double count',
    what: 'one message comes again as another event, with an id of its own',
    make: (from) =>
      onFile(from, async (lines, victim, stream) => {
        const object = parsed(victim.payload ?? null) ?? {};
        const payload = JSON.stringify(withField(object, stream.eventIdPath ?? [], `${stream.name}-again`));
        return [...lines, { partition: victim.partition, offset: 1_000_000, payload }];
      }),
  },
  { family: 'delay', what: 'one message comes a minute later', make: (from) => delay(from) },
  {
    family: 'unit change',
    what: 'a variable comes in a thousandth of its unit, from this minute on',
    make: (from, plan) => onVariable(from, plan, (value) => value * 1000),
  },
  { family: 'truncated value', what: 'a variable comes without its last digit', make: (from, plan) => onVariable(from, plan, truncated) },
  { family: 'swapped columns', what: 'two variables come in each other’s place', make: (from, plan) => swap(from, plan) },
  {
    family: 'wrapped counter',
    what: 'one message has a number that went around at 32 bits',
    make: (from) =>
      onVictim(from, async (object, stream) => {
        const variable = stream.variables.find(({ path }) => typeof fieldOf(object, path) === 'number');
        if (variable === undefined) throw new RangeError(`an event of ${stream.name} without a number`);
        return withNumber(object, variable.path, (value) => value - 2 ** 32);
      }),
  },
  {
    family: 'another key',
    what: 'one message comes under another customer’s key',
    make: (from, plan) =>
      onVictim(from, async (object, stream) => {
        const own = fieldOf(object, stream.keyPath);
        const other = plan.single.find((key) => key !== String(own));
        return withField(object, stream.keyPath, typeof own === 'number' ? Number(other) : other);
      }),
  },
  { family: 'clock skew', what: 'event times are a minute ahead', make: (from) => skew(from) },
];

/** Edits the file of one minute around one event. */
function onFile(
  minute: Micros,
  change: (lines: readonly StreamLine[], victim: StreamLine, stream: Stream) => Promise<readonly StreamLine[]>,
): EditStream {
  return async (edit, stream, victims, random) => {
    const path = RecordingEdit.streamPath(minute, stream.name);
    const victim = await victims.one(edit, minute, stream, random);
    edit.setLines(path, await change(await edit.lines<StreamLine>(path), victim, stream));
  };
}

/** Changes the payload of one event. */
function onVictim(
  minute: Micros,
  change: (object: Record<string, unknown>, stream: Stream) => Promise<Record<string, unknown>>,
): EditStream {
  return onFile(minute, async (lines, victim, stream) => {
    const payload = JSON.stringify(await change(parsed(victim.payload ?? null) ?? {}, stream));
    return lines.map((line) => (line.offset === victim.offset && line.partition === victim.partition ? { ...line, payload } : line));
  });
}

function delay(minute: Micros): EditStream {
  return async (edit, stream, victims, random) => {
    const victim = await victims.one(edit, minute, stream, random);
    const same = (line: StreamLine) => line.offset === victim.offset && line.partition === victim.partition;
    const [here, next] = [minute, minute + MICROS_PER_MINUTE].map((m) => RecordingEdit.streamPath(m, stream.name));
    if (here === undefined || next === undefined) throw new RangeError('no next minute');
    const lines = await edit.lines<StreamLine>(here);
    edit.setLines(
      here,
      lines.filter((line) => !same(line)),
    );
    edit.setLines(next, [...lines.filter(same), ...(await edit.lines<StreamLine>(next))]);
  };
}

/** A decimal without its last digit; a whole number without its last but one bit. */
function truncated(value: number): number {
  const text = String(value);
  if (/^-?\d+\.\d+$/.test(text)) return Number(text.slice(0, -1));
  return Math.abs(value) >= 10 ? Math.trunc(value / 10) * 10 : Math.trunc(value / 2);
}

/** Changes a variable of every event from a minute on. */
function onVariable(from: Micros, plan: Plan, change: (value: number) => number): EditStream {
  return async (edit, stream, victims, random) => {
    const variable = victims.variable(stream, random);
    if (variable === null) throw new RangeError(`the rules use no variable of ${stream.name}`);
    await onPayloads(edit, stream, from, plan, (object) => withNumber(object, variable.path, change));
  };
}

function swap(from: Micros, plan: Plan): EditStream {
  return async (edit, stream, victims, random) => {
    const first = victims.variable(stream, random);
    const second = victims.variable(stream, random, (variable) => variable !== first);
    if (first === null || second === null) throw new RangeError(`the rules use no two variables of ${stream.name}`);
    await onPayloads(edit, stream, from, plan, (object) => {
      const [a, b] = [first, second].map(({ path }) =>
        path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], object),
      );
      if (typeof a !== 'number' || typeof b !== 'number') return object;
      return withField(withField(object, first.path, b), second.path, a);
    });
  };
}

function skew(minute: Micros): EditStream {
  return async (edit, stream) => {
    const path = RecordingEdit.streamPath(minute, stream.name);
    const lines = await edit.lines<StreamLine>(path);
    edit.setLines(
      path,
      lines.map((line) => (line.partition === 0 ? skewed(line, stream) : line)),
    );
  };
}

/** A minute later, whatever the format. */
function skewed(line: StreamLine, stream: Stream): StreamLine {
  const object = parsed(line.payload ?? null);
  const time =
    object === null
      ? undefined
      : stream.time.path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], object);
  if (object === null || time === undefined) return line;
  const later =
    typeof time === 'number'
      ? time + (stream.time.format === 'epoch_ms' ? 60_000 : 60_000_000)
      : // RFC 3339: an offset of one minute less says a time one minute later.
        String(time)
          .replace(/Z$/, '-00:01')
          .replace(/\+02:00$/, '+01:59');
  return { ...line, payload: JSON.stringify(withField(object, stream.time.path, later)) };
}

async function onPayloads(
  edit: RecordingEdit,
  stream: Stream,
  from: Micros,
  plan: Plan,
  change: (object: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  for (const minute of faultMinutes(plan).filter((m) => m >= from)) {
    const path = RecordingEdit.streamPath(minute, stream.name);
    const lines = await edit.lines<StreamLine>(path);
    edit.setLines(
      path,
      lines.map((line) => {
        const object = parsed(line.payload ?? null);
        if (object === null) return line;
        const changed = change(object);
        return changed === object ? line : { ...line, payload: JSON.stringify(changed) };
      }),
    );
  }
}
