import type { ReportTable } from '../bench.ts';
import { type Figure, figure, median, percentile, rounded } from '../figures.ts';
import { beforeNextSeal, type LiveRun } from './live.ts';
import type { MinuteRecord } from './minutes.ts';

/** Phases from Kafka to the windows; `ahead` is what is read and parsed while the minute runs. */
const WINDOW_PHASES = ['ahead', 'seal', 'accept', 'panes', 'window'];
const NODE_ROLES = ['coordinator', 'generator', 'bench'];

export function liveFigures({ rate, minutes, peaksMib }: LiveRun): Figure[] {
  const latencies = minutes.map((record) => record.latencyMs / 1000);
  const late = minutes.filter((record) => !beforeNextSeal(record)).length;
  const nodePeak = Math.max(...NODE_ROLES.map((role) => peaksMib.get(role) ?? 0));
  return [
    figure(`minutes later than the next seal, of ${minutes.length} at ${rate} events/s`, late, 'minutes', '= 0'),
    figure(`seal to results visible, p95, at ${rate} events/s`, rounded(percentile(latencies, 0.95), 2), 's', '<= 8'),
    figure('CPU a million events, Kafka to windows', rounded(perMillion(minutes, windowCpu), 1), 'CPU s'),
    figure('CPU a million events, everything (coordinator and Spark)', rounded(perMillion(minutes, pipelineCpu), 1), 'CPU s'),
    figure('peak RSS of Spark', Math.round(peaksMib.get('spark') ?? 0), 'MiB', '<= 4096'),
    figure('peak RSS of any Node process', Math.round(nodePeak), 'MiB', '<= 512'),
  ];
}

/** CPU seconds for a million messages, over all of these minutes. */
export function perMillion(minutes: readonly MinuteRecord[], cpu: (record: MinuteRecord) => number): number {
  const events = minutes.reduce((sum, record) => sum + record.events, 0);
  return (minutes.reduce((sum, record) => sum + cpu(record), 0) / Math.max(1, events)) * 1e6;
}

/** CPU of coordinator and Spark from Kafka to the windows. */
export function windowCpu({ cpuByPhase }: MinuteRecord): number {
  return WINDOW_PHASES.reduce((sum, phase) => sum + (cpuByPhase.get(phase) ?? 0), 0);
}

/** All CPU of coordinator (with the bridge) and Spark. */
export function pipelineCpu({ cpu }: MinuteRecord): number {
  return (cpu.get('coordinator') ?? 0) + (cpu.get('spark') ?? 0);
}

export function liveTables({ minutes }: LiveRun): ReportTable[] {
  const phases = [...new Set(minutes.flatMap((record) => [...record.cpuByPhase.keys()]))];
  const roles = [...new Set(minutes.flatMap((record) => [...record.cpu.keys()]))];
  const mid = (of: (record: MinuteRecord) => number) => median(minutes.map(of));
  return [
    {
      title: "Where a minute's time goes",
      text: 'Medians. `ahead` is the time before the seal: slices of the running minute are read, parsed and packed. CPU is that of coordinator and Spark while the phase ran.',
      columns: ['Phase', 'Wall ms', 'CPU ms'],
      rows: phases.map((phase) => [
        phase,
        phase === 'ahead' ? 'hidden' : String(Math.round(mid((r) => r.phasesMs[phase] ?? 0))),
        String(Math.round(mid((r) => (r.cpuByPhase.get(phase) ?? 0) * 1000))),
      ]),
    },
    {
      title: 'CPU by process',
      text: 'CPU seconds a minute, median, of everything that runs on the machine.',
      columns: ['Process', 'CPU s a minute'],
      rows: roles.map((role) => [role, mid((r) => r.cpu.get(role) ?? 0).toFixed(1)]),
    },
  ];
}
