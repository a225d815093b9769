import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logic } from '@parallax/alternative';
import { BatchView } from '@parallax/alternative/batch/batch-view.ts';
import { Recording } from '@parallax/alternative/sources/recording/recording.ts';
import { formatFolder, formatMicros, formatSecond, MICROS_PER_MINUTE, type Project } from '@parallax/core';
import { batchViewColumns } from '@parallax/core/view-columns.ts';
import { Random } from '../random.ts';
import { tableCsv } from './batch-days.ts';
import { callsOf } from './calls.ts';
import { type Candidate, findCandidates } from './candidates.ts';
import { arrivals } from './happenings.ts';
import { messageLine } from './messages.ts';
import { minutesOfPlan, type Plan } from './plan.ts';
import { type Pools, poolsOf } from './pools.ts';

/** Partitions of each stream. */
const PARTITIONS = 2;

/**
 * Writes the recording that faults are put into (contract, section 9): an hour of history, an hour's and a day's turn, a new batch day, a missed
 * minute, disorder of every kind, online answers with gaps, and customers that stand where the project's rules turn. A function of project and plan.
 */
export async function writeBaseRecording(directory: string, project: Project, logic: Logic, plan: Plan): Promise<void> {
  const pools = poolsOf(project);
  const write = (path: string, text: string) => writeText(join(directory, path), text);
  await write('recording.json', `${JSON.stringify({ format: 1, from: formatSecond(plan.from), iterations: plan.iterations })}\n`);
  await writeDays(write, project, plan, pools);
  const candidates = findCandidates({
    project,
    logic,
    pools,
    random: new Random(`${plan.seed}/candidates`),
    batch: await batchRows(directory, project, plan),
    minute: plan.faultsFrom,
    batchDay: plan.oldDay.day,
    trials: plan.trials,
  });
  await writeStreams(write, project, plan, pools, candidates);
  for (const source of project.online) {
    for (const [minute, calls] of callsOf(project, plan, pools, source, candidates)) {
      await write(
        `iterations/${formatFolder(minute)}/online/${source.name}.ndjson`,
        calls.map((call) => `${JSON.stringify(call)}\n`).join(''),
      );
    }
  }
  for (const minute of plan.missed) await write(`iterations/${formatFolder(minute)}/seal.json`, '{"missed":true}\n');
}

type Write = (path: string, text: string) => Promise<void>;

async function writeText(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function writeStreams(write: Write, project: Project, plan: Plan, pools: Pools, candidates: readonly Candidate[]): Promise<void> {
  for (const stream of project.streams) {
    const offsets = Array.from({ length: PARTITIONS }, () => 0);
    const lines = new Map<bigint, string[]>(minutesOfPlan(plan).map((minute) => [minute, []]));
    for (const [i, { minute, payload }] of arrivals(project, plan, pools, stream, candidates).entries()) {
      const partition = i % PARTITIONS;
      const offset = offsets[partition] ?? 0;
      offsets[partition] = offset + 1;
      lines.get(minute)?.push(messageLine({ partition, offset, payload }));
    }
    for (const [minute, of] of lines) {
      if (of.length > 0) await write(`iterations/${formatFolder(minute)}/streams/${stream.name}.ndjson`, of.join(''));
    }
  }
}

async function writeDays(write: Write, project: Project, plan: Plan, pools: Pools): Promise<void> {
  const customers = [...plan.single, ...plan.busy, ...plan.silent];
  const tables = project.batch.flatMap((source) => source.tables.map((table) => ({ source, table })));
  const last = tables.at(-1);
  for (const { day, registered } of [plan.oldDay, plan.newDay, { day: plan.halfDay, registered: plan.turn + 3n * MICROS_PER_MINUTE }]) {
    const isHalf = day === plan.halfDay;
    // Of a day that has half landed, the base table and one more are there.
    for (const { source, table } of isHalf ? tables.slice(0, 2) : tables) {
      if (isHalf && table === last?.table) continue;
      // A customer's profile stays; some of what is known of it changes from day to day.
      const random = new Random(`${plan.seed}/batch ${table.scorecard || day !== plan.newDay.day ? day : plan.oldDay.day}`);
      await write(`batch/${day}/${source.name}/${table.name}.csv`, tableCsv(project, pools, source, table, customers, random));
      await write(`batch/${day}/_complete/${source.name}.${table.name}`, `${formatMicros(registered)}\n`);
    }
  }
}

/** The old day's batch rows of the customers that candidates are looked for, as the alternative reads them. */
async function batchRows(
  directory: string,
  project: Project,
  plan: Plan,
): Promise<ReadonlyMap<string, Record<string, string | { unscaled: bigint; places: number } | null>>> {
  const sources = await Recording.open(directory, project);
  const view = await BatchView.build(project, sources, plan.oldDay.day, join(directory, '..', 'batch-of-candidates'));
  const rows = await view.rows(plan.single);
  const columns = batchViewColumns(project);
  const shown = new Map(
    [...rows].map(([key, cells]) => [
      key,
      Object.fromEntries(
        columns.map(({ name, type }, i) => {
          const cell = cells[i] ?? null;
          return [name, typeof cell === 'bigint' ? { unscaled: cell, places: type.kind === 'decimal' ? type.places : 0 } : cell];
        }),
      ),
    ]),
  );
  await view.close();
  return shown;
}
