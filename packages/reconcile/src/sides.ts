import type { Aggregate, Micros, Project } from '@parallax/core';
import type { WindowName } from '@parallax/core/view-columns.ts';

/** A batch view as an iteration used it. */
export interface SparkBatch {
  readonly day: string;
  readonly version: string;
  /** The view's own folder: the rows of all base customers. */
  readonly folder: string;
  /** The folders of the rows that the iteration used: kept beside its windows, or the view's own. A customer that stands twice has the same row. */
  readonly rows: readonly string[];
  /** The declared columns that rows hold; what they do not hold no answer shows. */
  readonly taken: readonly string[];
}

/** A committed iteration of the Spark side, by the files that it left. */
export interface SparkMinute {
  readonly minute: Micros;
  readonly manifest: string;
  readonly digest: string;
  /** The hash of the project's files that it was computed with. */
  readonly projectHash: string;
  /** The iteration's own folder. */
  readonly folder: string;
  /** Whether `windows-amended` and `members-amended` in it stand in place of customers of `windows` and `members`. */
  readonly amended: boolean;
  /** The batch view that it used; null before any day was active. */
  readonly batch: SparkBatch | null;
  /** The folders of the newest bulk answers, each with its age in minutes: one in a later folder stands in place of those before. */
  readonly answers: readonly string[];
  /** The committed iterations whose panes its windows can hold, newest first, with its own. */
  readonly iterations: readonly { readonly minute: Micros; readonly folder: string }[];
  /** Streams of which the log had lost messages before they were read. */
  readonly incomplete: readonly string[];
}

/** A scaled integer; a bigint where a double would not hold it; null. */
export type Scaled = number | bigint | null;

/** An accepted event, as it lies on the alternative's disk. */
export interface AcceptedEvent {
  readonly key: string;
  readonly id: string;
  /** µs from the beginning of some minute; see `origin` of `AlternativeFacts`. */
  readonly time: number;
  /** By variable; NaN is null. */
  readonly values: Float64Array;
  /** Key and id: UTF-8 in bytes[keyStart, keyEnd) and bytes[idStart, idEnd). */
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly idStart: number;
  readonly idEnd: number;
}

/** Accepted events of one stream and iteration, numbered from 0 on; no two have one id. They are there until the next minute begins. */
export interface AcceptedEvents {
  readonly count: number;
  /** Gives each, in no order; valid during the call only. */
  each(take: (event: AcceptedEvent) => void): Promise<void>;
  /** The number of the event with an id; −1: none has it. */
  numberOf(id: string): number;
  /** The event of a number; valid until the next call. */
  event(number: number): AcceptedEvent;
}

/** A message that a side did not accept. */
export interface RejectedMessage {
  readonly class: string;
  readonly reason: string | null;
  readonly key: string | null;
  readonly id: string | null;
  readonly time: number | null;
}

/** An accepted event of one customer. */
export interface CustomerEvent {
  readonly stream: number;
  /** µs from the facts' origin. */
  readonly time: number;
  readonly id: string;
  /** NaN is null. */
  readonly values: Float64Array;
}

/** A value of a view or a result, as `alternative.ts` has it (contract, section 10). */
export type ViewValue =
  | { readonly unscaled: bigint; readonly places: number }
  | { readonly micros: bigint }
  | bigint
  | string
  | boolean
  | null;

/** Columns that stand in for a customer's own. */
export interface Substitution {
  readonly stream?: Readonly<Record<string, ViewValue>>;
  readonly batch?: Readonly<Record<string, ViewValue>>;
  readonly online?: Readonly<Record<string, ViewValue>>;
}

/** What the alternative made of a minute, beside its lines. */
export interface AlternativeFacts {
  readonly minute: Micros;
  /** By stream: messages of each class, and of each reason of invalid ones. */
  readonly counts: Readonly<Record<string, readonly { readonly class: string; readonly reason: string | null; readonly n: number }[]>>;
  /** As the project declares its streams. */
  readonly accepted: readonly AcceptedEvents[];
  /** By stream: the first messages that were not accepted. Times as those of `accepted`; of an invalid one all is null. */
  readonly rejected: readonly (readonly RejectedMessage[])[];
  /** What the times of events are counted from, µs since 1970. */
  readonly origin: Micros;
  /** Sorted as UTF-8 bytes. */
  readonly population: readonly string[];
  /** Those of them for whom the alternative decided an action, in the same order. */
  readonly acted: readonly string[];
  /** `YYYY-MM-DD`; null before any day is active. */
  readonly batchDay: string | null;
}

/** Windows of some customers that were computed from their raw events alone. */
export interface RawWindows {
  /** Events that were read. */
  readonly events: number;
  /** Whether a customer's were, also when it has no events. */
  covers(key: string): boolean;
  /** Customers with events in the last hour. */
  keys(): Iterable<string>;
  /** One aggregate of one window of a customer that is covered. */
  value(key: string, stream: number, variable: number, aggregate: Aggregate, window: WindowName): Scaled;
}

/** What the alternative keeps of one window of a customer, by variable of a stream. */
export interface WindowCells {
  /** Values that are there; of a variable without any the other cells say nothing. */
  readonly count: Float64Array;
  /** NaN where the sum is no double: `window` gives it. What is not kept is left as it was. */
  readonly sum: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly last: Float64Array;
}

/** Reads the alternative's windows in another thread. */
export interface WindowReader {
  attach(windows: unknown): void;
  /** Customers with an accepted event in the last hour. */
  readonly customers: number;
  /** Where the windows are kept of the customer whose key is UTF-8 in bytes[from, to); −1: it has none. */
  slotOf(bytes: Uint8Array, from: number, to: number): number;
  /** As that of `AlternativeLookups`. */
  windowCells(slot: number, stream: number, hour: WindowCells, last: WindowCells): void;
  /** Whether the windows in a slot were changed since an epoch began. */
  changedSince(slot: number, epoch: number): boolean;
}

export type WindowReaderType = new (project: Pick<Project, 'streams'>) => WindowReader;

/**
 * What is asked of the alternative about the minute that it ran last, customer by customer; `Lookups` of the alternative has this form.
 * Streams, variables, sources and fields are numbered as the project declares them; numbers are integers scaled by their places.
 */
export interface AlternativeLookups {
  readonly facts: AlternativeFacts;
  /** Customers with an accepted event in the last hour, in the base or not. */
  windowKeys(): Iterable<string>;
  /** Where a customer's windows are kept; −1: it has none. */
  slotOf(key: string): number;
  /** One aggregate of one window; of slot −1 what a customer without events has. */
  window(slot: number, stream: number, variable: number, aggregate: Aggregate, window: WindowName): Scaled;
  /** All that is kept of `hour_to_date` and `last_hour`, written over what is given; of slot −1 what a customer without events has. */
  windowCells(slot: number, stream: number, hour: WindowCells, last: WindowCells): void;
  /**
   * All windows for other threads, until the next minute begins: `module` is the address of one that exports a `WindowReaderType` as `WindowReader`, which takes
   * `windows` as they are.
   */
  shared(): { readonly module: string; readonly windows: unknown };
  /** Begins another epoch: from then on it is known whose windows are changed. */
  mark(): number;
  /** A population customer's cells as `batchViewColumns` names them, numbers as scaled integers; null: not in the base. */
  batchRow(key: string): readonly (bigint | string | null)[] | null;
  /**
   * What each scorecard column adds to a module for a customer of the population, at scale 12, in any order; nothing of one that is not in the base. Reads the
   * day's tables anew.
   */
  contributions(key: string): Promise<readonly { readonly variable: string; readonly module: string; readonly value: bigint }[]>;
  /**
   * A population customer's row without one of its tables but the base's (`dwh.profile`), for each that has a row of it: as if the customer had none there, and as if the
   * scorecard did not have the table.
   */
  batchWithout(
    key: string,
  ): Promise<readonly { readonly table: string; readonly rows: readonly (readonly (bigint | string | null)[])[] }[]>;
  /** Minutes since the answer of an online source that counts; null: none. */
  onlineAge(source: number, key: string): number | null;
  onlineValue(source: number, key: string, field: number): number | null;
  /** Both at once: the age, and the value of each field written over what is given. */
  onlineAnswer(source: number, key: string, values: (number | null)[]): number | null;
  /** The bucket whose customers are computed again from raw events in this minute. */
  readonly rawBucket: number;
  /** Windows from raw events, by no way that other minutes share: of the customers of the minute's bucket, and of those with actions. */
  raw(): Promise<RawWindows>;
  /** The same of other customers. @param bucket −1: no bucket */
  rawOf(bucket: number, keys: readonly string[]): Promise<RawWindows>;
  /** The raw events that a customer's windows of this minute hold, by time, then id. */
  eventsOf(key: string): Promise<readonly CustomerEvent[]>;
  /** What the alternative's logic makes of a customer with some inputs replaced: its result line and wanted actions; null: it refuses them. */
  rescore(
    key: string,
    substitution: Substitution,
  ): { readonly line: string; readonly actions: readonly { readonly action: string; readonly reason: string | null }[] } | null;
}

/** The alternative's minute. */
export interface AlternativeMinuteSide {
  readonly lookups: AlternativeLookups;
  /** The folder of its canonical lines: `events.ndjson`, `results.ndjson`, `actions.ndjson`. */
  readonly lines: string;
}

/** One source whose input was not the same on both sides, as far as that is known by the inputs alone. */
export interface InputDifference {
  readonly kind: 'stream' | 'online' | 'batch';
  /** The minute whose input it was; of a batch day the first minute that uses it. */
  readonly minute: Micros;
  /** A stream, an online source or a batch source. */
  readonly source: string;
  /** `dwh.profile` of a batch table; null otherwise. */
  readonly table: string | null;
  /** Of a batch table the day that it belongs to, `YYYY-MM-DD`; null or absent: the day that Spark uses in this minute. */
  readonly day?: string | null;
}

/** Compares what both sides were given, without either side's parsing. */
export interface InputComparison {
  /** The sources whose inputs of this minute differ. */
  differences(minute: Micros): Promise<readonly InputDifference[]>;
}
