import { formatSecond, MICROS_PER_MINUTE } from '@parallax/core';
import { minutesBefore, systemClock } from '@parallax/pipeline';
import type { BenchView } from '../bench.ts';
import { step } from '../step.ts';
import { type Arena, GRACE_MS, SEED, startCoordinator } from './arena.ts';
import { type BesideRun, runBeside } from './beside.ts';
import { LiveMinutes } from './live-minutes.ts';
import type { MinuteRecord } from './minutes.ts';
import type { StreamSize } from './sizes.ts';

/** What was seen of live minutes: at the full rate, at the slow one, then with others beside them, and while three times as much came. */
export interface LiveRun {
  readonly rate: number;
  readonly full: readonly MinuteRecord[];
  readonly slow: readonly MinuteRecord[];
  readonly beside: BesideRun | null;
  readonly burst: BurstRun | null;
  readonly peaksMib: ReadonlyMap<string, number>;
  /** Messages that the producers sent in these minutes, and those that minutes counted; both null unless all had to be in. */
  readonly sent: number | null;
  readonly counted: number | null;
}

export interface BurstRun {
  /** From the first minute with more than the rate until the first that is early again. */
  readonly minutes: readonly MinuteRecord[];
  /** From the end of the burst until a minute was visible before the next one's seal again, s. */
  readonly recoverySeconds: number;
}

/**
 * Live minutes on a state that may hold minutes already. Producers go at the clock's pace; each minute runs as it ends.
 *
 * @param from the first minute when the state is new; it may lie in the past, then what was missed is caught up first
 * @param onMinute told of each minute as it is seen, with the coordinator's process
 */
export async function runLive(
  arena: Arena,
  size: StreamSize,
  state: string,
  from: bigint,
  onMinute: (record: MinuteRecord, coordinator: number) => void = () => undefined,
): Promise<LiveRun> {
  const { view } = arena.context;
  const firstLive = arrivingMinute();
  const flows = new Flows(arena);
  await flows.start('full', flow(size, size.rate));
  const coordinator = await startCoordinator(arena, {
    state,
    from,
    minutes: null,
    onMinute: (record, pid) => {
      showMinute(view, record);
      onMinute(record, pid);
    },
  });
  try {
    const run = new LiveMinutes(coordinator);
    await step(view, 'the first live minutes', () => run.warm(size.warmMinutes));
    const full = await step(view, `${size.rate} events/s`, () => run.take(size.liveMinutes));
    const slow = size.slowMinutes === 0 ? [] : await step(view, `${size.slowRate} events/s`, () => runSlow(flows, size, run));
    if (size.slowMinutes > 0 && size.besideMinutes + size.burstMinutes > 0) await fullAgain(flows, size);
    const beside = size.besideMinutes === 0 ? null : await runBeside(arena, size, state, run);
    // Last: what verifies the minutes catches up for a while after it, and would disturb others.
    const burst = size.burstMinutes === 0 ? null : await step(view, 'three times as many', () => runBurst(flows, size, run));
    await flows.stopAll();
    const complete = burst !== null;
    // Two more minutes: then everything that was sent belongs to one that is committed.
    if (complete) await step(view, 'nothing is lost', () => run.skip(2));
    return {
      rate: size.rate,
      full,
      slow,
      beside,
      burst,
      peaksMib: coordinator.watch.peaks(),
      sent: complete ? flows.sent : null,
      counted: complete
        ? coordinator.watch.records.filter((record) => record.minute >= firstLive).reduce((sum, record) => sum + record.events, 0)
        : null,
    };
  } finally {
    await flows.stopAll();
    await coordinator.stop();
  }
}

/** Three times the rate for some minutes: late is allowed, nothing else. */
async function runBurst(flows: Flows, size: StreamSize, run: LiveMinutes): Promise<BurstRun> {
  await flows.start('burst', { ...flow(size, 2 * size.rate), seed: SEED + 1 });
  const minutes = await run.take(size.burstMinutes + 1);
  await flows.stop('burst');
  const ended = performance.now();
  for (let early = false; !early; ) {
    const [next] = await run.take(1);
    if (next === undefined) break;
    minutes.push(next);
    early = beforeNextSeal(next);
  }
  return { minutes, recoverySeconds: (performance.now() - ended) / 1000 };
}

async function runSlow(flows: Flows, size: StreamSize, run: LiveMinutes): Promise<MinuteRecord[]> {
  await flows.stop('full');
  await flows.start('slow', { ...flow(size, size.slowRate), seed: SEED + 2 });
  // The minute of the change has both rates.
  await run.skip(2);
  return run.take(size.slowMinutes);
}

/** The minute to which messages belong that arrive now: one takes those of its first seconds of grace from the next. */
export function arrivingMinute(): bigint {
  return minutesBefore(systemClock.now() - BigInt(GRACE_MS) * 1000n, 0);
}

async function fullAgain(flows: Flows, size: StreamSize): Promise<void> {
  await flows.stop('slow');
  await flows.start('full', { ...flow(size, size.rate), seed: SEED + 3 });
}

/** The producers' flows, and what all that were stopped have sent. */
class Flows {
  /** Messages of the flows that were stopped. */
  sent = 0;
  readonly #arena: Arena;
  readonly #running = new Set<string>();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  async start(name: string, of: ReturnType<typeof flow>): Promise<void> {
    await this.#arena.generator.start(name, of);
    this.#running.add(name);
  }

  async stop(name: string): Promise<void> {
    this.#running.delete(name);
    const counts = await this.#arena.generator.stopFlow(name);
    for (const kinds of Object.values(counts)) for (const n of Object.values(kinds)) this.sent += n;
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.#running]) await this.stop(name);
  }
}

function flow({ customers }: StreamSize, rate: number) {
  return { seed: SEED, rate, customers };
}

/** Lines for people: what a minute cost. */
export function showMinute(view: BenchView, record: MinuteRecord): void {
  const cpu = [...record.cpu].map(([role, seconds]) => `${role} ${seconds.toFixed(1)}`).join(', ');
  const phases = [...record.cpuByPhase]
    .map(([phase, seconds]) => `${phase} ${((record.phasesMs[phase] ?? 0) / 1000).toFixed(1)}/${seconds.toFixed(1)}`)
    .join(', ');
  const pipeline = (record.cpu.get('spark') ?? 0) + (record.cpu.get('coordinator') ?? 0);
  const when = record.missed ? 'caught up' : `visible ${(record.latencyMs / 1000).toFixed(2)} s after its seal`;
  view.note(`${formatSecond(record.minute)}  ${when}, ${record.events} events, population ${record.population}`);
  view.note(`  CPU s: ${cpu}; pipeline ${((pipeline / Math.max(1, record.events)) * 1e6).toFixed(1)} a million events`);
  view.note(`  phases, wall/CPU s: ${phases}`);
}

/** Whether a minute's results were there before the next minute's seal. */
export function beforeNextSeal(record: MinuteRecord): boolean {
  return !record.missed && record.latencyMs < Number(MICROS_PER_MINUTE / 1000n);
}
