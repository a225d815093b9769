/**
 * The naive oracle: what `parallax replay --side spark` must write, by the contract alone.
 * Goal: an independent second answer for every replay test. Method: all events in memory, plain loops, exact integers; each minute is
 * computed anew from everything accepted so far. SQL is not interpreted: the project brings `oracle.ts`, its SQL said in TypeScript.
 */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { activeDay, type BatchDay, readDays } from './batch.ts';
import { classify, type Event, readEvent } from './classify.ts';
import { fileText, type Line, line, type Value } from './lines.ts';
import { type Known, onlineColumns, takeCalls } from './online.ts';
import { compareParts } from './order.ts';
import { type Project, readProject } from './project.ts';
import { readRecording } from './recording.ts';
import { DAY, floorTo, formatSecond, HOUR, parseDay } from './time.ts';
import { inPopulation, WINDOWS, type Window, windowColumns } from './windows.ts';

export const OUTPUTS = ['events', 'windows', 'results', 'actions'] as const;
export type Output = (typeof OUTPUTS)[number];

type Columns = Readonly<Record<string, Value>>;

/** One customer's rows of the five views, as contract section 10 gives them to `alternative.ts`. */
export interface Customer {
  /** bigint or text, as the project declares. */
  readonly customer_id: bigint | string;
  readonly stream: Columns;
  readonly batch: Columns;
  readonly online: Columns;
  /** `minute` and `hour_start` are `{micros}`, `batch_day` is `YYYY-MM-DD`, `batch_age_days` a bigint. */
  readonly iteration: Columns;
}

export interface Result {
  readonly satisfaction: Value;
  readonly [column: string]: Value;
}

/** What a test project's `oracle.ts` exports. */
export interface Twin {
  satisfaction(customer: Customer): Result;
  actions(customer: Customer, result: Result): readonly { readonly action: string; readonly reason: string }[];
}

/** The text of each output file. */
export async function runOracle(projectDirectory: string, recordingDirectory: string): Promise<Record<Output, string>> {
  const project = readProject(projectDirectory);
  const recording = readRecording(recordingDirectory);
  const twin = (await import(/* @vite-ignore */ pathToFileURL(resolve(join(projectDirectory, 'oracle.ts'))).href)) as Twin;
  const days = readDays(project, recording);
  const accepted: Event[] = [];
  const byCustomer = new Map<string, Event[]>();
  const known = project.online.map((online): Known => ({ online, answers: new Map() }));
  const lastDecision = new Map<string, bigint>();
  const output: Record<Output, Line[]> = { events: [], windows: [], results: [], actions: [] };

  for (const minute of recording.minutes) {
    for (const stream of project.streams) {
      const read = recording.payloads(minute, stream.name).map((payload) => readEvent(project, stream, payload, minute));
      const before = accepted.filter((event) => event.stream === stream);
      const counts = new Map<string, bigint>();
      for (const message of classify(project, minute, read, before)) {
        const name = `${message.class} ${message.reason ?? ''}`;
        counts.set(name, (counts.get(name) ?? 0n) + 1n);
        if (message.class !== 'accepted' || message.event === null) continue;
        accepted.push(message.event);
        byCustomer.set(message.event.key, [...(byCustomer.get(message.event.key) ?? []), message.event]);
      }
      for (const [name, n] of counts) output.events.push(eventsLine(minute, stream.name, name, n));
    }
    for (const each of known) takeCalls(project, recording, minute, each);

    const day = activeDay(project, days, minute);
    if (day === null) continue;
    for (const key of day.base) {
      const events = byCustomer.get(key) ?? [];
      if (!inPopulation(project, events, minute)) continue;
      const columns = {
        hour_to_date: windowColumns(project, events, 'hour_to_date', minute),
        last_hour: windowColumns(project, events, 'last_hour', minute),
      };
      output.windows.push(...windowLines(project, columns, key, minute));
      const customer = customerOf(project, day, columns, known, key, minute);
      const result = twin.satisfaction(customer);
      const { satisfaction, ...others } = result;
      const head: [string, Value][] = [
        ['minute', formatSecond(minute)],
        [project.keyName, key],
        ['satisfaction', satisfaction],
      ];
      output.results.push(line([formatSecond(minute), key], [...head, ...Object.entries(others)]));
      output.actions.push(...decide(project, key, minute, twin.actions(customer, result), lastDecision));
    }
  }
  return {
    events: fileText(output.events),
    windows: fileText(output.windows),
    results: fileText(output.results),
    actions: fileText(output.actions),
  };
}

function eventsLine(minute: bigint, stream: string, name: string, n: bigint): Line {
  const [kind = '', reason = ''] = name.split(' ');
  const at = formatSecond(minute);
  return line(
    [at, stream, kind, reason],
    [
      ['minute', at],
      ['stream', stream],
      ['class', kind],
      ['reason', reason === '' ? null : reason],
      ['n', n],
    ],
  );
}

type BothWindows = Readonly<Record<Window, ReadonlyMap<string, Value>>>;

function windowLines(project: Project, columns: BothWindows, key: string, minute: bigint): Line[] {
  const at = formatSecond(minute);
  return WINDOWS.map((window) => line([at, key, window], [['minute', at], [project.keyName, key], ['window', window], ...columns[window]]));
}

function customerOf(project: Project, day: BatchDay, columns: BothWindows, known: readonly Known[], key: string, minute: bigint): Customer {
  const lastHour = [...columns.last_hour].map(([name, value]) => [`${name}_1h`, value] as const);
  const dayStart = parseDay(day.day);
  if (dayStart === null) throw new Error(`batch/${day.day} is no date`);
  return {
    customer_id: project.keyType === 'bigint' ? BigInt(key) : key,
    stream: Object.fromEntries([...columns.hour_to_date, ...lastHour]),
    batch: Object.fromEntries(day.columns(key)),
    online: Object.fromEntries(known.flatMap((each) => [...onlineColumns(each, key, minute)])),
    iteration: {
      minute: { micros: minute },
      hour_start: { micros: floorTo(minute, HOUR) },
      batch_day: day.day,
      batch_age_days: (floorTo(minute, DAY) - dayStart) / DAY,
    },
  };
}

/** The actions that one customer's rows decide in a minute; `lastDecision` is by `key\naction` and is brought up to date. */
function decide(
  project: Project,
  key: string,
  minute: bigint,
  wanted: readonly { readonly action: string; readonly reason: string }[],
  lastDecision: Map<string, bigint>,
): Line[] {
  const at = formatSecond(minute);
  const lines: Line[] = [];
  const sorted = [...wanted].sort((a, b) => compareParts([a.action, a.reason], [b.action, b.reason]));
  for (const [index, { action, reason }] of sorted.entries()) {
    if (index > 0 && sorted[index - 1]?.action === action) continue;
    const name = JSON.stringify([key, action]);
    const last = lastDecision.get(name);
    if (last !== undefined && minute - last < project.coolDown(action)) continue;
    lastDecision.set(name, minute);
    const id = createHash('sha256').update(`${project.name}\n${key}\n${action}\n${at}`).digest('hex');
    lines.push(
      line(
        [at, key, action, reason],
        [
          ['minute', at],
          [project.keyName, key],
          ['action', action],
          ['reason', reason],
          ['id', id],
        ],
      ),
    );
  }
  return lines;
}
