import { formatDay, MICROS_PER_DAY, MICROS_PER_MINUTE, MICROS_PER_SECOND, type Micros, type Project } from '@parallax/core';

/** The recording that faults are put into: when it begins and ends, and who is in it. */
export interface Plan {
  readonly seed: string;
  readonly from: Micros;
  readonly iterations: number;
  /** The first iteration in which a fault may begin: by then an hour of history lies behind it, unless the plan is a short one. */
  readonly faultsFrom: Micros;
  /** Where an hour and a day begin, among the iterations that faults are put into. */
  readonly turn: Micros;
  /** Iterations that nobody served in time. */
  readonly missed: ReadonlySet<Micros>;
  /** Customers that each say one thing, chosen so that the project's rules turn on it. */
  readonly single: readonly string[];
  /** Customers with many events. */
  readonly busy: readonly string[];
  /** In the base, without events. */
  readonly silent: readonly string[];
  /** With events, not in the base. */
  readonly outside: readonly string[];
  readonly oldDay: BatchDay;
  /** Becomes active in the middle of the iterations that faults are put into. */
  readonly newDay: BatchDay;
  /** The first iteration that uses the new day. */
  readonly newDayFrom: Micros;
  /** Some of its tables are there. */
  readonly halfDay: string;
  /** Candidates that are drawn and judged. */
  readonly trials: number;
}

export interface BatchDay {
  readonly day: string;
  readonly registered: Micros;
}

export interface PlanOptions {
  readonly seed: string;
  /** Iterations before the first fault: at least 64 for a whole hour that events leave. */
  readonly leadMinutes: number;
  /** Iterations from the first fault on. */
  readonly faultMinutes: number;
  readonly single: number;
  readonly busy: number;
  readonly trials: number;
}

export const WHOLE: PlanOptions = { seed: 'parallax', leadMinutes: 64, faultMinutes: 9, single: 60, busy: 16, trials: 12_000 };

/** A day's turn; an hour turns with it. */
const TURN = 1_767_657_600_000_000n; // 2026-01-06T00:00:00Z
/** Minutes of faults before the turn. */
const BEFORE_TURN = 4;

export function makePlan(project: Project, options: PlanOptions): Plan {
  const faultsFrom = TURN - BigInt(Math.min(BEFORE_TURN, options.faultMinutes - 2)) * MICROS_PER_MINUTE;
  const keys = (from: number, n: number) =>
    Array.from({ length: n }, (_, i) => (project.key.type === 'bigint' ? String(from + i) : `c-${from + i}`));
  // The seal of the second iteration after the turn is the first that is `settle` later.
  const newDayFrom = TURN + 2n * MICROS_PER_MINUTE;
  const registered = newDayFrom + MICROS_PER_MINUTE - project.settleUs - 30n * MICROS_PER_SECOND;
  return {
    seed: options.seed,
    from: faultsFrom - BigInt(options.leadMinutes) * MICROS_PER_MINUTE,
    iterations: options.leadMinutes + options.faultMinutes,
    faultsFrom,
    turn: TURN,
    missed: new Set([faultsFrom + 2n * MICROS_PER_MINUTE]),
    single: keys(1, options.single),
    busy: keys(options.single + 1, options.busy),
    silent: keys(options.single + options.busy + 1, 4),
    outside: keys(9_001, 3),
    oldDay: { day: formatDay(TURN - 2n * MICROS_PER_DAY), registered: TURN - MICROS_PER_DAY },
    newDay: { day: formatDay(TURN - MICROS_PER_DAY), registered },
    newDayFrom,
    halfDay: formatDay(TURN),
    trials: options.trials,
  };
}

export function minutesOfPlan(plan: Plan): readonly Micros[] {
  return Array.from({ length: plan.iterations }, (_, i) => plan.from + BigInt(i) * MICROS_PER_MINUTE);
}

/** The iterations that faults are put into. */
export function faultMinutes(plan: Plan): readonly Micros[] {
  return minutesOfPlan(plan).filter((minute) => minute >= plan.faultsFrom);
}
