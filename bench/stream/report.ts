import type { BenchReport, ReportTable } from '../bench.ts';
import { type Figure, figure, median, percentile, rounded } from '../figures.ts';
import type { Chart } from '../report/chart.ts';
import type { BesideRun } from './beside.ts';
import { SPREAD_MAX } from './flat.ts';
import { type GrowthRun, growthRatio, warmSpread } from './growth.ts';
import { beforeNextSeal, type LiveRun } from './live.ts';
import { AHEAD, DRAFT, type MinuteRecord, NEXT, pipelineCpu, READ_AHEAD } from './minutes.ts';
import type { PastRun } from './past.ts';
import type { StreamSize } from './sizes.ts';
import type { TimedVerdict } from './verdicts.ts';

/** Phases from Kafka to the windows. */
const WINDOW_PHASES = [READ_AHEAD, NEXT, 'seal', 'accept', 'window'];
const WINDOWS = 'CPU, Kafka to committed windows, of that of';
/** The processes on Node that a live minute needs, without the verifier, which has a bound of its own. */
const NODE_ROLES = ['coordinator', 'generator', 'bench'];

/** What was run; a part that was left out is null. */
export interface StreamRuns {
  readonly size: StreamSize;
  readonly growth: GrowthRun | null;
  readonly past: PastRun | null;
  readonly live: LiveRun | null;
  /** Of the live minutes at either rate, in their order; null: a minute has none. */
  readonly verdicts: { readonly full: readonly (TimedVerdict | null)[]; readonly slow: readonly (TimedVerdict | null)[] };
  /** MiB of the state folder and of the ledger after all of it. */
  readonly state: { readonly folderMib: number; readonly ledgerMib: number } | null;
}

export function streamReport(runs: StreamRuns): BenchReport {
  return { figures: figures(runs), tables: tables(runs), charts: charts(runs) };
}

function figures({ size, growth, past, live, verdicts }: StreamRuns): Figure[] {
  const full = live?.full ?? null;
  const latency = (minutes: readonly MinuteRecord[] | null) =>
    minutes === null || minutes.length === 0
      ? null
      : rounded(
          percentile(
            minutes.map((record) => record.latencyMs / 1000),
            0.95,
          ),
          2,
        );
  const each = past === null ? null : pastCosts(past);
  const beside = live?.beside == null ? null : besideCosts(live.beside);
  const liveCost = full === null || full.length === 0 ? null : perMillion(full, windowCpu);
  const ratio = (a: number | null | undefined, b: number | null | undefined) => (a == null || b == null ? null : rounded(a / b, 2));
  const spark = Math.max(live?.peaksMib.get('spark') ?? 0, past?.sparkPeakMib ?? 0);
  const peak = (...roles: string[]) => {
    const mib = Math.max(0, ...roles.map((role) => live?.peaksMib.get(role) ?? 0));
    return mib === 0 ? null : Math.round(mib);
  };
  const late = full === null ? null : full.filter((record) => !beforeNextSeal(record)).length;
  const grown = (cost: (record: MinuteRecord) => number) => {
    const times = growth === null ? null : growthRatio(growth.minutes, cost);
    return times === null ? null : rounded(times, 2);
  };
  const spread = growth === null ? null : warmSpread(growth);
  return [
    figure(`minutes of ${full?.length ?? 0} at ${size.rate} events/s that were later than the next seal`, late, 'minutes', '= 0'),
    figure(`seal to results visible, p95, at ${size.rate} events/s`, latency(full), 's', '<= 8'),
    figure(`seal to results visible, p95, at ${size.slowRate} events/s`, latency(live === null ? null : live.slow), 's', '<= 3'),
    figure(`seal to verdict, p95, at ${size.rate} events/s`, verdictLag(verdicts.full), 's', '<= 15'),
    figure(`seal to verdict, p95, at ${size.slowRate} events/s`, verdictLag(verdicts.slow), 's', '<= 6'),
    figure(
      'minutes of those without a verdict, or with another than a match',
      live === null ? null : unmatched(verdicts),
      'minutes',
      '= 0',
    ),
    figure(`${WINDOWS} DuckDB in memory: the same minutes, each alone`, ratio(each?.windows, each?.duckdb), '×', '<= 1.6'),
    figure(`${WINDOWS} DuckDB in memory: the same minutes, each live`, ratio(beside?.windows, beside?.duckdb), '×', '<= 1.6'),
    figure(`${WINDOWS} DuckDB in memory: live, DuckDB alone on the machine`, ratio(liveCost, each?.duckdb), '×', '<= 1.6'),
    figure(`${WINDOWS} Structured Streaming: the same minutes, each alone`, ratio(each?.windows, each?.streaming), '×', '<= 0.35'),
    figure(`${WINDOWS} Structured Streaming: the same minutes, both live`, ratio(beside?.windows, beside?.streaming), '×', '<= 0.35'),
    figure(
      `${WINDOWS} Structured Streaming: live, Structured Streaming alone on the machine`,
      ratio(liveCost, each?.streaming),
      '×',
      '<= 0.35',
    ),
    figure('most events/s, caught up', past === null ? null : Math.round(throughput(past.pipeline)), 'events/s', '>= 20000'),
    figure('minute 60, of the CPU of minute 2', grown(pipelineCpu), '×', '<= 1.2'),
    figure('the same, of the phase `window` alone', grown(windowPhaseCpu), '×'),
    figure(
      'how far apart the medians of a minute’s CPU were when that hour began',
      spread === null ? null : rounded(spread * 100, 1),
      '%',
      `<= ${SPREAD_MAX * 100}`,
    ),
    figure('peak RSS of Spark', spark === 0 ? null : Math.round(spark), 'MiB', '<= 4096'),
    figure('peak RSS of coordinator with bridge, generator with online API, and bench, the greatest', peak(...NODE_ROLES), 'MiB', '<= 512'),
    figure('peak RSS of the verifier', peak('verifier'), 'MiB', '<= 4096'),
    figure('messages that were sent and are in no minute', lost(live), 'messages', '= 0'),
    figure('after three times the rate: until early again', live?.burst == null ? null : Math.round(live.burst.recoverySeconds), 's'),
    figure('CPU a million events, Kafka to committed windows, live', liveCost === null ? null : rounded(liveCost, 1), 'CPU s'),
    figure(
      'CPU a million events, all that a live minute does',
      full === null || full.length === 0 ? null : rounded(perMillion(full, pipelineCpu), 1),
      'CPU s',
    ),
  ];
}

function verdictLag(verdicts: readonly (TimedVerdict | null)[]): number | null {
  const lags = verdicts.flatMap((given) => given?.lagSeconds ?? []);
  return lags.length === 0 ? null : rounded(percentile(lags, 0.95), 2);
}

function unmatched({ full, slow }: StreamRuns['verdicts']): number {
  return [...full, ...slow].filter((given) => given?.verdict !== 'match').length;
}

function lost(live: LiveRun | null): number | null {
  return live?.sent == null || live.counted === null ? null : live.sent - live.counted;
}

/** CPU seconds for a million messages of the same minutes. */
function pastCosts(past: PastRun): { windows: number; pipeline: number; duckdb: number; duckdbParquet: number; streaming: number } {
  return {
    windows: perMillion(past.pipeline, windowCpu),
    pipeline: perMillion(past.pipeline, pipelineCpu),
    duckdb: duckdbCost(past.duckdb),
    duckdbParquet: duckdbCost(past.duckdbParquet),
    streaming: streamingCost(past.streaming),
  };
}

/** The same of minutes that were live with others beside them. */
function besideCosts(beside: BesideRun): { windows: number; pipeline: number; duckdb: number; streaming: number } {
  return {
    windows: perMillion(beside.minutes, windowCpu),
    pipeline: perMillion(beside.minutes, pipelineCpu),
    duckdb: duckdbCost(beside.duckdb),
    streaming: streamingCost(beside.streaming),
  };
}

function duckdbCost({ minutes }: PastRun['duckdb']): number {
  return (minutes.reduce((sum, minute) => sum + minute.cpuSeconds, 0) / minutes.reduce((sum, minute) => sum + minute.events, 0)) * 1e6;
}

function streamingCost({ cpuSeconds, events }: PastRun['streaming']): number {
  return (cpuSeconds / events) * 1e6;
}

/** CPU seconds for a million messages, over all of these minutes. */
export function perMillion(minutes: readonly MinuteRecord[], cpu: (record: MinuteRecord) => number): number {
  const events = minutes.reduce((sum, record) => sum + record.events, 0);
  return (minutes.reduce((sum, record) => sum + cpu(record), 0) / Math.max(1, events)) * 1e6;
}

/** Events a second from the first of these commits to the last. */
function throughput(minutes: readonly MinuteRecord[]): number {
  const seconds = minutes.reduce((sum, record) => sum + record.sinceLastMs, 0) / 1000;
  return minutes.reduce((sum, record) => sum + record.events, 0) / seconds;
}

/** CPU of coordinator and Spark from Kafka to the windows. */
export function windowCpu({ cpuByPhase }: MinuteRecord): number {
  return WINDOW_PHASES.reduce((sum, phase) => sum + (cpuByPhase.get(phase) ?? 0), 0);
}

/** CPU of coordinator and Spark while windows were merged. */
function windowPhaseCpu({ cpuByPhase }: MinuteRecord): number {
  return cpuByPhase.get('window') ?? 0;
}

function tables(runs: StreamRuns): ReportTable[] {
  const { live, past, growth, state } = runs;
  return [
    ...(live === null || live.full.length === 0 ? [] : [phaseTable(live.full), processTable(live)]),
    ...(past === null ? [] : [comparisonTable(past)]),
    ...(live?.beside == null ? [] : [besideTable(live.beside)]),
    ...(growth === null ? [] : [growthTable(growth)]),
    ...(live?.burst == null ? [] : [burstTable(live.burst.minutes)]),
    ...(state === null ? [] : [stateTable(state)]),
  ];
}

function phaseTable(minutes: readonly MinuteRecord[]): ReportTable {
  const phases = [...new Set(minutes.flatMap((record) => [...record.cpuByPhase.keys()]))];
  const mid = (of: (record: MinuteRecord) => number) => median(minutes.map(of));
  return {
    title: "Where a minute's time goes",
    text: `Medians of ${minutes.length} live minutes at the full rate. \`${READ_AHEAD}\` is before the seal: slices of the running minute are read, parsed and summed, windows merged; \`${DRAFT}\` is what went into scoring customers ahead, \`${AHEAD}\` all else until the seal: what follows a commit, bulk calls, the queue's bridge. CPU is that of coordinator and Spark while the phase ran, compilers and collectors included; of phases that ran at once each has the same part.`,
    columns: ['Phase', 'Wall ms', 'CPU ms'],
    rows: phases.map((phase) => [
      phase,
      [AHEAD, READ_AHEAD, DRAFT, NEXT].includes(phase) ? 'hidden' : String(Math.round(mid((r) => r.phasesMs[phase] ?? 0))),
      String(Math.round(mid((r) => (r.cpuByPhase.get(phase) ?? 0) * 1000))),
    ]),
  };
}

function processTable({ full, peaksMib }: LiveRun): ReportTable {
  const roles = [...new Set(full.flatMap((record) => [...record.cpu.keys()]))];
  return {
    title: 'CPU and memory by process',
    text: 'Median CPU seconds of a live minute at the full rate, and the most memory over the whole run (of PostgreSQL its main process). The bridge is part of the coordinator; the online API is part of the generator.',
    columns: ['Process', 'CPU s a minute', 'Peak RSS MiB'],
    rows: roles.map((role) => [
      role,
      median(full.map((r) => r.cpu.get(role) ?? 0)).toFixed(1),
      String(Math.round(peaksMib.get(role) ?? 0)),
    ]),
  };
}

function comparisonTable(past: PastRun): ReportTable {
  const costs = pastCosts(past);
  const events = past.pipeline.reduce((sum, record) => sum + record.events, 0);
  const rate = (count: number, ms: number) => Math.round((count / ms) * 1000).toLocaleString('en-US');
  const duck = (run: PastRun['duckdb']) => [
    rate(
      run.minutes.reduce((sum, m) => sum + m.events, 0),
      run.minutes.reduce((sum, m) => sum + m.wallMs, 0),
    ),
    String(Math.round(run.peakRssMib)),
  ];
  return {
    title: 'Side by side',
    text: `The same ${past.pipeline.length} minutes, ${events.toLocaleString('en-US')} messages from the same offsets, one after the other on this machine. Parallax keeps both windows exactly, drops duplicates, classes every message, scores and commits a replayable result; DuckDB and Structured Streaming keep \`hour_to_date\` alone, in doubles, with nothing dropped. DuckDB gets its messages by plain fetch requests; reading is part of its cost.`,
    columns: ['', 'CPU s a million events', 'Events/s', 'Peak RSS MiB'],
    rows: [
      ['Parallax, Kafka to committed windows', costs.windows.toFixed(1), '', ''],
      [
        'Parallax, everything',
        costs.pipeline.toFixed(1),
        Math.round(throughput(past.pipeline)).toLocaleString('en-US'),
        String(Math.round(past.sparkPeakMib)),
      ],
      ['DuckDB in memory', costs.duckdb.toFixed(1), ...duck(past.duckdb)],
      ['DuckDB, state of all as Parquet each minute', costs.duckdbParquet.toFixed(1), ...duck(past.duckdbParquet)],
      [
        'Spark Structured Streaming, update mode',
        costs.streaming.toFixed(1),
        rate(past.streaming.events, past.streaming.wallMs),
        String(Math.round(past.streaming.peakRssMib)),
      ],
    ],
  };
}

function besideTable(beside: BesideRun): ReportTable {
  const costs = besideCosts(beside);
  const { minutes, streaming, duckdb } = beside;
  const count = (events: number) => events.toLocaleString('en-US');
  return {
    title: 'Side by side, live',
    text: `At the full rate, with everything of a live minute beside them: ${minutes.length} minutes, while Structured Streaming took a micro-batch a minute of the same topics, warm and with its state filled by minutes that had passed; then DuckDB the same minutes, while those after them were live. What is busy beside a process takes caches and the other half of a core from it, which counts as CPU time of its own: it is the same for each.`,
    columns: ['', 'CPU s a million events', 'Events', 'Peak RSS MiB'],
    rows: [
      ['Parallax, Kafka to committed windows', costs.windows.toFixed(1), count(minutes.reduce((sum, { events }) => sum + events, 0)), ''],
      ['Parallax, everything', costs.pipeline.toFixed(1), '', ''],
      [
        'DuckDB in memory',
        costs.duckdb.toFixed(1),
        count(duckdb.minutes.reduce((sum, { events }) => sum + events, 0)),
        String(Math.round(duckdb.peakRssMib)),
      ],
      [
        'Spark Structured Streaming, update mode',
        costs.streaming.toFixed(1),
        count(streaming.events),
        String(Math.round(streaming.peakRssMib)),
      ],
    ],
  };
}

function growthTable({ warm, minutes }: GrowthRun): ReportTable {
  const shown = minutes.filter((_, i) => (i >= 1 && i <= 3) || i % 10 === 9 || i >= 57);
  const spread = warmSpread({ warm });
  const apart =
    spread === null
      ? 'too few for three medians'
      : `whose last three medians, of three minutes each, lie ${(spread * 100).toFixed(1)} % apart`;
  return {
    title: 'As the hour fills',
    text: `The same population and rate in each minute, from a full hour on, caught up, without the verifier. Before it the engine was warmed on another state by ${warm.length} of the same minutes, ${apart}. The figures divide the median of minutes 58 to 60 by that of 2 to 4.`,
    columns: ['Minute', 'Population', 'CPU s', 'Wall s', 'CPU s of window'],
    rows: shown.map((record) => [
      String(minutes.indexOf(record) + 1),
      String(record.population),
      pipelineCpu(record).toFixed(2),
      (record.sinceLastMs / 1000).toFixed(2),
      windowPhaseCpu(record).toFixed(2),
    ]),
  };
}

function burstTable(minutes: readonly MinuteRecord[]): ReportTable {
  return {
    title: 'Three times the rate',
    text: 'Minutes from the beginning of the burst until one was early again.',
    columns: ['Minute', 'Events', 'Visible after its seal, s'],
    rows: minutes.map((record, i) => [String(i + 1), String(record.events), (record.latencyMs / 1000).toFixed(1)]),
  };
}

function stateTable({ folderMib, ledgerMib }: NonNullable<StreamRuns['state']>): ReportTable {
  return {
    title: 'State',
    text: 'On disk at the end of the run.',
    columns: ['What', 'MiB'],
    rows: [
      ['state folder', folderMib.toFixed(1)],
      ['ledger', ledgerMib.toFixed(1)],
    ],
  };
}

function charts({ live, past, growth }: StreamRuns): Chart[] {
  const charts: Chart[] = [];
  if (past !== null) {
    const costs = pastCosts(past);
    charts.push({
      kind: 'bars',
      title: 'CPU a million events, the same minutes',
      unit: 'CPU s',
      parts: ['CPU'],
      bars: [
        { label: 'Parallax, windows', values: [costs.windows] },
        { label: 'Parallax, everything', values: [costs.pipeline] },
        { label: 'DuckDB in memory', values: [costs.duckdb] },
        { label: 'DuckDB with Parquet', values: [costs.duckdbParquet] },
        { label: 'Structured Streaming', values: [costs.streaming] },
      ],
    });
  }
  if (live !== null && live.full.length > 1) {
    const lines = [{ label: `${live.rate} events/s`, points: points(live.full, (record) => record.latencyMs / 1000) }];
    charts.push({ kind: 'lines', title: 'Seal to results visible', unit: 's', xLabel: 'live minute', lines, goal: 8 });
  }
  if (growth !== null && growth.minutes.length > 1) {
    const lines = [
      { label: 'all', points: points(growth.minutes, pipelineCpu) },
      { label: 'window', points: points(growth.minutes, windowPhaseCpu) },
      // Its first minute is an engine that has done nothing yet, several times the others.
      { label: 'warming before', points: points(growth.warm, pipelineCpu).slice(1) },
    ];
    charts.push({ kind: 'lines', title: 'A minute as the hour fills', unit: 'CPU s', xLabel: 'minute', lines });
  }
  return charts;
}

function points(minutes: readonly MinuteRecord[], of: (record: MinuteRecord) => number): [number, number][] {
  return minutes.map((record, i) => [i + 1, rounded(of(record), 3)]);
}
