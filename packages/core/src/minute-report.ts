import type { MinuteVerdict, Stage, Verdict, Witness } from './verdict.ts';

/** Counts of one stream's messages by class (contract, section 3). */
export interface ClassCounts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly late: number;
  readonly ahead: number;
  readonly invalid: number;
}

export const MESSAGE_CLASSES = ['accepted', 'duplicate', 'late', 'ahead', 'invalid'] as const satisfies readonly (keyof ClassCounts)[];
export type MessageClass = (typeof MESSAGE_CLASSES)[number];

/** What became of actions so far (contract, section 8). `taken`: released. */
export interface ActionCounts {
  readonly taken: number;
  readonly held: number;
  readonly waiting: number;
  readonly dropped: number;
  readonly expired: number;
}

/** A batch day, and how old it was in a minute. */
export interface BatchAge {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** The digest of its tables' markers, hex; null where nothing was registered, as on the alternative's side of a replay. */
  readonly version: string | null;
  /** UTC date of the minute less the day, as `iteration.batch_age_days` (contract, section 6). */
  readonly age_days: number;
  /** Whole hours from the day's end (24:00 UTC) to the minute; negative when the minute is before. */
  readonly age_hours: number;
}

/** Why a minute has no verdict: there is no alternative method, none is due yet, or it has not come, which is a failure. */
export const NO_VERDICT_REASONS = ['off', 'pending', 'missing'] as const;

/** Where a verdict that is no match says that the sides differ; the class of the cause is its reason. */
export interface VerdictCause {
  readonly stage: Stage | null;
  readonly source: string | null;
  readonly variable: string | null;
  /** At most five customers, with both sides' values. */
  readonly witnesses: readonly Witness[];
  /** Command lines that show it again, to be typed one after the other. */
  readonly again: readonly string[];
}

/** How large a run's state is on disk, bytes. */
export interface StateSize {
  /** The state folder with all that is in it, the ledger too, as it was when it was last measured, some minutes ago; null before the first time. */
  readonly folder_bytes: number | null;
  /** The ledger, now. */
  readonly ledger_bytes: number;
}

/** One minute as `--json` prints it, a line each (design, section 8). The order of the fields is the order printed. */
export interface MinuteReport {
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly minute: string;
  /** SHA-256 of seal and close, hex. */
  readonly manifest: string;
  /** SHA-256 of the minute's canonical output lines, hex. */
  readonly digest: string;
  /** By stream. */
  readonly counts: Readonly<Record<string, ClassCounts>>;
  readonly population: number;
  /** The batch day that the minute was scored with; null before any is active. */
  readonly batch: BatchAge | null;
  /** Of the customers whose satisfaction is not null; null when there is none. */
  readonly satisfaction: {
    readonly mean: number | null;
    readonly p10: number | null;
    readonly p50: number | null;
    readonly p90: number | null;
  };
  readonly actions: ActionCounts;
  /** Null without one: then `verdict_reason` is one of NO_VERDICT_REASONS. */
  readonly verdict: Verdict | null;
  /** Why the verdict is what it is; null of a match. */
  readonly verdict_reason: string | null;
  /** Null of a match, and without a verdict. */
  readonly cause: VerdictCause | null;
  /** Customers whose answers are known that were held against them, and those that both sides have wrong; null without a verdict or without canaries. */
  readonly canaries: { readonly checked: number; readonly wrong: number } | null;
  /** Milliseconds by phase, in the order that the phases ran. */
  readonly phases_ms: Readonly<Record<string, number>>;
  /** Whether the minute was sealed when it was due, not caught up later. */
  readonly on_time: boolean;
  /** Minutes that were over and not yet committed when this one was: how far behind the run is; null in a replay. */
  readonly behind: number | null;
  /** The run's state after the minute; null in a replay, which keeps none. */
  readonly state: StateSize | null;
}

/** How far a customer or a group of customers fell since the minute it is compared with. */
export interface Fall {
  /** What fell: a customer's key, or what the customers of a group have in common. */
  readonly name: string;
  readonly customers: number;
  readonly before: number;
  readonly now: number;
  /** What is known to have happened to them, such as an incident; null when nothing is. */
  readonly why: string | null;
}

/** The actions of one kind in a minute. */
export interface ActionSummary extends ActionCounts {
  readonly action: string;
  /** Up to three of them. */
  readonly samples: readonly { readonly customer: string; readonly reason: string | null }[];
}

/** What a view shows of a minute beyond its report; it is not printed with `--json`. */
export interface MinuteExtras {
  /** Seconds from the minute's end to its commit; null when it was caught up. */
  readonly lagSeconds: number | null;
  /** While minutes are caught up: how many of them in a row are done, of how many there are by now. */
  readonly catchingUp: { readonly done: number; readonly of: number } | null;
  /** Customers whose satisfaction is not null. */
  readonly scored: number;
  /** Customers by satisfaction: ten bins of width 10, the last one with 100. */
  readonly histogram: readonly number[];
  /** Greatest fall first. */
  readonly fallenCustomers: readonly Fall[];
  /** Greatest fall first. */
  readonly fallenGroups: readonly Fall[];
  /** Null while there is none. */
  readonly verdict: MinuteVerdict | null;
  /** Most decided first. */
  readonly actions: readonly ActionSummary[];
  /** Of all minutes since the start; `actions` were decided, whatever became of them. */
  readonly totals: { readonly minutes: number; readonly events: number; readonly actions: number };
}
