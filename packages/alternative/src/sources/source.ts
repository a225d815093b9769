import type { Micros } from '@parallax/core';

/** Takes one message, in any order. `ref`, a safe integer of its own, finds its payload again during the same minute. */
export type TakeMessage = (payload: Buffer | null, transportId: string | null, ref: number) => void;

/** Takes the payload of a message once more; valid during the call only. */
export type TakePayload = (ref: number, payload: Buffer) => void;

/** One bulk call as it was captured. `status` 0 is a time-out. */
export interface OnlineCall {
  /** µs since 1970: the call's start. */
  readonly at: Micros;
  /** Keys as text. */
  readonly ids: readonly string[];
  readonly status: number;
  readonly body: Buffer | null;
}

/** A batch day as its tables were marked complete; marked again it is another version. */
export interface DayVersion {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Of its markers; empty where a day has but one. */
  readonly version: string;
}

/** A batch day of which every table is complete. */
export interface RegisteredDay extends DayVersion {
  /** µs since 1970: when its last table became complete. */
  readonly registered: Micros;
}

/** Cells by the table's own column names; null is null, text is text. Rows have no order. */
export interface TableRows {
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<readonly (string | null)[]>;
  /** What an error about the table names: a file or an address. */
  readonly place: string;
}

/** Where the streams of a minute come from. The live consumers and the recording are both one; nothing behind this knows which. */
export interface StreamSource {
  /** All messages of one stream in the iteration `minute`, but for those that `messagesAhead` gave. */
  messages(minute: Micros, stream: string, take: TakeMessage, signal?: AbortSignal): Promise<void>;
  /** The payloads of some messages that `messages` or `messagesAhead` of the same minute and stream gave, none of them null. @param refs ascending */
  payloads(minute: Micros, stream: string, refs: readonly number[], take: TakePayload, signal?: AbortSignal): Promise<void>;
  /** Reads some messages behind the last minute that was read, as far as memory allows. Whether anything came. */
  readAhead?(stream: string): Promise<boolean>;
  /**
   * Gives some of the messages that were read ahead and are of the iteration `minute` for certain, which is not sealed yet. Should its seal say something
   * else, `messages` throws PRLX_ALTERNATIVE_AHEAD: an alternative that goes on from before the minute reads what is right.
   */
  messagesAhead?(minute: Micros, stream: string, take: TakeMessage): void;
}

export interface OnlineSourceCalls {
  /** The calls of the iteration `minute` in the order in which they were captured, but for those that `callsAhead` gave; none for a missed minute. */
  calls(minute: Micros, source: string): AsyncIterable<OnlineCall>;
  /** The next of the calls that were captured for the iteration `minute` so far. `calls` throws PRLX_ALTERNATIVE_AHEAD when they are not what its close names. */
  callsAhead?(minute: Micros, source: string): Promise<readonly OnlineCall[]>;
}

export interface BatchSourceTables {
  /** The complete days that are known now, in any order. */
  days(): Promise<readonly RegisteredDay[]>;
  /** One table of a complete day. */
  table(day: string, source: string, table: string): Promise<TableRows>;
  /** Whether the stores' tables are still those of this version. */
  holds(day: DayVersion): Promise<boolean>;
  /** About how many bytes a day's tables are. */
  dayBytes(day: string): Promise<number>;
}

/** All that a minute reads. */
export interface Sources extends StreamSource, OnlineSourceCalls, BatchSourceTables {}
