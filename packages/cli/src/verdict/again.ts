import { relative } from 'node:path';
import { formatSecond, MICROS_PER_MINUTE, type Micros, type MinuteVerdict, type Project } from '@parallax/core';

/** The command lines that compute a minute again and show what its verdict says, to be typed one after the other. */
export type Again = (verdict: MinuteVerdict) => readonly string[];

/** What a recording to be made is called in a command. */
const RECORDING = 'REC';

/** Nothing to a shell: `record` takes the run's lease. */
const WHEN = '# once the run has stopped';

/** Minutes before the first one of `last_hour` that have the same events in its windows: late ones, and the claims of their duplicates. */
const HOUR_BEFORE = 59n;

/** Of a minute of a recording: its first witness on both sides, or all of it where no customer differs. */
export function againOfRecording(recording: string, project: string): Again {
  return ({ minute, witnesses }) => {
    const customer = witnesses.find((each) => each.customer !== '')?.customer;
    const of = `${quoted(recording)} --project ${quoted(project)}`;
    if (customer === undefined) return [`./parallax replay ${of} --side both --out OUT`];
    return [`./parallax explain ${of} --minute ${formatSecond(minute)} --customer ${quoted(customer)}`];
  };
}

export interface AgainOfRun {
  /** The project's folder as the caller named it. */
  readonly folder: string;
  readonly project: Pick<Project, 'latenessUs' | 'maxAheadUs'> | null;
  readonly state: string;
  /** Kafka's bootstrap servers where the project's deployment does not say them; null: it does. */
  readonly kafka: string | null;
  /** The run's first minute; null: not known. */
  readonly first: () => Micros | null;
}

/** Of a minute of a run: what its windows read is recorded first, which asks the brokers and stores, once the run has stopped. */
export function againOfRun({ folder, project, state, kafka, first }: AgainOfRun): Again {
  return (verdict) => {
    const record = ['./parallax record', '--project', quoted(folder), '--state', quoted(shortest(state))];
    if (kafka !== null) record.push('--kafka', quoted(kafka));
    record.push('--out', RECORDING, ...spanOf(verdict.minute, project, first()));
    return [`${record.join(' ')}  ${WHEN}`, ...againOfRecording(RECORDING, folder)(verdict)];
  };
}

/** From the first minute that the minute's windows or claims can depend on, to the minute. */
function spanOf(minute: Micros, project: AgainOfRun['project'], first: Micros | null): readonly string[] {
  if (project === null || first === null) return [];
  const reach = HOUR_BEFORE * MICROS_PER_MINUTE + project.latenessUs + 2n * (project.maxAheadUs + MICROS_PER_MINUTE);
  const earliest = minute - reach - ((minute - reach) % MICROS_PER_MINUTE);
  const from = earliest > first ? earliest : first;
  return ['--from', formatSecond(from), '--iterations', String((minute - from) / MICROS_PER_MINUTE + 1n)];
}

/** The flags by which a command finds a run. */
export function placeOf(project: string, state: string): string {
  return `--project ${quoted(shortest(project))} --state ${quoted(shortest(state))}`;
}

/** A path within this folder by its way from here. */
export function shortest(path: string): string {
  const from = relative(process.cwd(), path);
  return from === '' || from.startsWith('..') ? path : from;
}

/** For a shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
