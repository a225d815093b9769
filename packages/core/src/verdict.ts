import type { Micros } from './time.ts';

/** What the comparison of both sides says of a minute (contract, section 9). A minute without one is a failure. */
export const VERDICTS = ['match', 'mismatch', 'input_divergence', 'inconclusive'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The stages in the order in which they are compared: the first that differs is where the cause lies. */
export const STAGES = ['inputs', 'panes', 'windows', 'batch', 'online', 'satisfaction', 'actions'] as const;
export type Stage = (typeof STAGES)[number];

/** A customer that differs, with both sides' values of the column; null: the side has no such row. */
export interface Witness {
  readonly customer: string;
  readonly column: string;
  readonly spark: string | null;
  readonly alternative: string | null;
  /** What of its events explains the difference, at most a few lines. */
  readonly detail: readonly string[];
}

/** Whose actions a verdict holds back: nobody's, these customers', or all. */
export type Blocks =
  | { readonly kind: 'none' }
  | { readonly kind: 'customers'; readonly customers: readonly string[] }
  | { readonly kind: 'all' };

/** The verdict on one minute. */
export interface MinuteVerdict {
  readonly minute: Micros;
  /** The manifest and the digest of the iteration that was compared: a verdict on another attempt does not count. */
  readonly manifest: string;
  readonly digest: string;
  readonly verdict: Verdict;
  /** Of a mismatch or divergence the class of its cause, of an inconclusive one why; null of a match. */
  readonly reason: string | null;
  readonly stage: Stage | null;
  readonly source: string | null;
  readonly variable: string | null;
  /** At most five. */
  readonly witnesses: readonly Witness[];
  /** Rows compared by stage, and what was computed again from raw events. */
  readonly coverage: Readonly<Record<string, number | string>>;
  readonly blocks: Blocks;
}

/** Where verdicts are read by who waits for them. The verifier is the only writer. */
export interface VerdictSource {
  /** The verdict on a minute; null when there is none yet. */
  verdictOf(minute: Micros): MinuteVerdict | null;
}
