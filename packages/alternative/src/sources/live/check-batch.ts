import {
  type BatchVersion,
  type InputFinding,
  type InputFindingKind,
  MICROS_PER_MINUTE,
  type Micros,
  type Project,
  sha256Hex,
} from '@parallax/core';
import { activeDay } from '../../batch/active-day.ts';
import type { LedgerDay } from './ledger-reader.ts';
import { STALE_AFTER_US } from './limits.ts';

/** When each table of a day became complete, µs since 1970, by `<source>.<table>`. */
export type DayMarkers = ReadonlyMap<string, Micros>;

/** What the stores' control tables say to this side, by day. */
export type Markers = ReadonlyMap<string, DayMarkers>;

export interface CompleteDay {
  readonly day: string;
  /** When its last table became complete. */
  readonly completed: Micros;
  /** As the coordinator digests a day's markers. */
  readonly version: string;
}

/** The names of a project's batch tables. */
interface Tables {
  readonly batch: readonly { readonly name: string; readonly tables: readonly { readonly name: string }[] }[];
}

/** The days of which every table of the project is complete, oldest first. */
export function completeDays(project: Tables, markers: Markers): readonly CompleteDay[] {
  const tables = project.batch.flatMap((source) =>
    source.tables.map((table) => ({ table: table.name, name: `${source.name}.${table.name}` })),
  );
  const complete: CompleteDay[] = [];
  for (const [day, ofDay] of [...markers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const times = tables.map(({ name }) => ofDay.get(name));
    if (times.some((time) => time === undefined)) continue;
    const known = times as Micros[];
    const version = sha256Hex(tables.map(({ table }, i) => `${table}\n${known[i]}\n`).join(''));
    complete.push({ day, completed: latest(known), version });
  }
  return complete;
}

function latest(times: readonly Micros[]): Micros {
  let found = 0n;
  for (const time of times) if (time > found) found = time;
  return found;
}

export interface BatchCheck {
  readonly project: Pick<Project, 'graceUs' | 'settleUs'>;
  readonly minute: Micros;
  readonly missed: boolean;
  readonly sealed: BatchVersion | null;
  /** This side's own view of the stores. */
  readonly complete: readonly CompleteDay[];
  readonly registered: readonly LedgerDay[];
}

/** Whether the seal names the newest complete day that was active at its instant (contract, section 7). */
export function checkBatch({ project, minute, missed, sealed, complete, registered }: BatchCheck): readonly InputFinding[] {
  const findings: InputFinding[] = [];
  const find = (kind: InputFindingKind, detail: string): void => {
    findings.push({ stage: 'inputs', kind, source: null, detail, customers: null });
  };
  const instant = minute + MICROS_PER_MINUTE + project.graceUs;
  const newest = activeDay(project, registered, minute);
  if (newest?.day !== sealed?.day || newest?.version !== sealed?.version)
    find(
      'batch_stale',
      newest?.day === sealed?.day
        ? `the seal names an older version of ${sealed?.day} than was active`
        : `the seal names ${sealed?.day ?? 'no day'}, of the registered days ${newest?.day ?? 'none'} was the newest active one`,
    );
  // A day may be registered later than it was complete, when no coordinator looked; it may not be passed over for long.
  const due = complete.filter((each) => each.completed + project.settleUs + STALE_AFTER_US <= instant).at(-1);
  if (!missed && due !== undefined && (sealed === null || due.day > sealed.day))
    find('batch_stale', `the seal names ${sealed?.day ?? 'no day'}; ${due.day} has long been complete`);
  if (sealed === null) return findings;
  const own = complete.find(({ day }) => day === sealed.day);
  if (own === undefined) find('batch_incomplete', `by the control tables ${sealed.day} is not complete`);
  else if (own.version !== sealed.version)
    find('batch_overwritten', `the tables of ${sealed.day} were marked complete again since it was registered`);
  return findings;
}
