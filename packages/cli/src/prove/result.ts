import type { Micros, MinuteVerdict } from '@parallax/core';
import type { Telling } from './equivalence/rules-on-rows.ts';
import type { Fault } from './faults/fault.ts';
import type { LinesFile } from './run/lines.ts';

/** Who noticed a fault: the verifier's verdict, or a side that could not go on, which leaves the minute without one. */
export type CaughtBy = 'verdict' | 'pipeline' | 'alternative' | 'verifier failed';

/** Why a fault was not caught. */
export type Survival =
  /** It says the same of the run and of every row of the second, richer data. */
  | { readonly kind: 'equivalent'; readonly rows: number }
  /** The run never exercises it; this would. */
  | { readonly kind: 'not exercised'; readonly telling: Telling | null; readonly words: string }
  /** Its outputs differ from the true run's, and no verdict says so. */
  | { readonly kind: 'missed'; readonly words: string };

/** What became of one fault. */
export interface FaultResult {
  readonly fault: Fault;
  readonly caughtBy: CaughtBy | null;
  /** The first minute that was not a match. */
  readonly minute: Micros | null;
  readonly verdict: MinuteVerdict | null;
  /** The verdict's words on the cause, or those of the side that stopped. */
  readonly cause: string | null;
  /** Null when no verdict names a cause. */
  readonly stageRight: boolean | null;
  readonly sourceRight: boolean | null;
  /** Null too when no class is more right than another. */
  readonly classRight: boolean | null;
  /** The first of the outputs that differs by a byte from the true run's, in any minute. */
  readonly effect: LinesFile | null;
  readonly changesAction: boolean;
  readonly survival: Survival | null;
}

/** As `prove --json` prints it (design, section 8). */
export interface FaultJson {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly caught: boolean;
  readonly minute: string | null;
  readonly cause: string | null;
  readonly cause_right: boolean;
  /** Whether the verdict's `reason` is the fault's class; null when no verdict names one. */
  readonly class_right: boolean | null;
  readonly changes_action: boolean;
  readonly equivalent: boolean;
}

/** One figure, and whether it holds. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly of: number;
  /** The least share. */
  readonly goal: number;
}

export const share = ({ value, of }: Figure): number => (of === 0 ? 1 : value / of);
export const holds = (figure: Figure): boolean => share(figure) >= figure.goal;
