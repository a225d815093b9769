import type { Stage } from '@parallax/core';
import type { Difference } from '../findings.ts';
import type { Cause } from './reasons.ts';

/** Why one customer's rows differ, or a count that belongs to no customer. */
export interface Explanation {
  /** Whether the sides were given different inputs; otherwise one of them is wrong. */
  readonly divergence: boolean;
  readonly cause: Cause;
  /** Where the cause lies: this stage, or an earlier one. */
  readonly stage: Stage;
  readonly source: string | null;
  readonly variable: string | null;
  /** What of its events or inputs explains it, a line each. */
  readonly detail: readonly string[];
}

/** A difference with what explains it. */
export interface Explained {
  readonly difference: Difference;
  readonly why: Explanation;
}

/** Two sides' values on one line. */
export function sides(what: string, spark: string | null, alternative: string | null): string {
  return `${what}: spark ${spark ?? 'null'}, alternative ${alternative ?? 'null'}`;
}
