import { formatSecond, MICROS_PER_MINUTE } from '@parallax/core';
import { minutesBefore, systemClock } from '@parallax/pipeline';
import { COMMIT_MS_MAX, FIRST_COMMIT_MS_MAX } from '../limits.ts';
import { type Arena, SEED, startCoordinator } from './arena.ts';
import type { MinuteRecord } from './minutes.ts';
import type { StreamSize } from './sizes.ts';

/** What was seen of live minutes. */
export interface LiveRun {
  readonly rate: number;
  /** The minutes that count, in order. */
  readonly minutes: readonly MinuteRecord[];
  readonly peaksMib: ReadonlyMap<string, number>;
}

/** The full rate as it happens: producers at the clock's pace, each minute run as it ends. */
export async function runLive(arena: Arena, size: StreamSize): Promise<LiveRun> {
  const { view, signal } = arena.context;
  await arena.generator.start('live', { seed: SEED, rate: size.rate, customers: size.customers });
  const coordinator = await startCoordinator(arena, {
    state: 'live',
    from: minutesBefore(systemClock.now(), 0),
    minutes: null,
    onMinute: (record) => view.note(minuteLine(record)),
  });
  try {
    const { watch, broken } = coordinator;
    await Promise.race([broken, watch.until('the first minute', FIRST_COMMIT_MS_MAX, () => true)]);
    let live = 0;
    await Promise.race([
      broken,
      watch.until('live minutes', COMMIT_MS_MAX + (size.warmMinutes + size.liveMinutes) * 60_000, (record) => {
        if (!record.missed) live += 1;
        return live >= size.warmMinutes + size.liveMinutes;
      }),
    ]);
    signal.throwIfAborted();
    const onTime = watch.records.filter((record) => !record.missed);
    return { rate: size.rate, minutes: onTime.slice(size.warmMinutes), peaksMib: watch.peaks() };
  } finally {
    await arena.generator.stopFlow('live');
    await coordinator.stop();
  }
}

/** A line for people: what a minute cost. */
export function minuteLine(record: MinuteRecord): string {
  const cpu = [...record.cpu].map(([role, seconds]) => `${role} ${seconds.toFixed(1)}`).join(', ');
  const phases = [...record.cpuByPhase]
    .map(([phase, seconds]) => `${phase} ${((record.phasesMs[phase] ?? 0) / 1000).toFixed(1)}/${seconds.toFixed(1)}`)
    .join(', ');
  const pipeline = (record.cpu.get('spark') ?? 0) + (record.cpu.get('coordinator') ?? 0);
  return [
    `${formatSecond(record.minute)}  ${record.missed ? 'caught up' : `visible ${(record.latencyMs / 1000).toFixed(2)} s after its seal`}`,
    `${record.events} events, population ${record.population}`,
    `CPU s: ${cpu}; pipeline ${((pipeline / Math.max(1, record.events)) * 1e6).toFixed(1)} a million events`,
    `phase wall/CPU s: ${phases}`,
  ].join('\n    ');
}

/** Late or not: a minute's results are to be there before the next minute's seal. */
export function beforeNextSeal(record: MinuteRecord): boolean {
  return !record.missed && record.latencyMs < Number(MICROS_PER_MINUTE / 1000n);
}
