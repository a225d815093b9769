import type { Close, Micros, Project, Seal, StreamSeal } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import type { BatchProgress, BatchReader } from './batch/layer.ts';
import type { Draft } from './draft/draft.ts';
import type { Engine } from './engine/engine.ts';
import type { KeyBatches } from './engine/key-batches.ts';
import type { StatePaths } from './engine/paths.ts';
import type { Slice } from './ingest/slices.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Capture, CountedCapture } from './online/answers.ts';

/** What belongs to a minute, and how Spark reads it: from brokers or from a recording. */
export interface MinuteSource {
  /** Fixes the messages of `minute`. Called once a minute: the ledger keeps the answer. */
  seal(minute: Micros): Promise<{ readonly missed: boolean; readonly streams: readonly StreamSeal[] }>;
  /**
   * A query (partition INT, offset BIGINT, message_id STRING, payload BINARY) of what `stream`, a part of the minute's seal or of what will
   * be in it, names; null when that is nothing. It stands until the next call for the stream.
   */
  messages(session: SparkSession, minute: Micros, stream: StreamSeal): Promise<string | null>;
  /**
   * A query (bucket INT, events BINARY) of the same messages as packed records (`prlx_event` with `spec`), one or more rows a bucket; null when there
   * are none. It stands until the next call for the stream.
   */
  packed(session: SparkSession, minute: Micros, stream: StreamSeal, spec: string): Promise<string | null>;
  /**
   * Ends the online captures of `minute`. `unasked` streams the population's keys, for the top-up of customers that no call
   * has asked for yet; it need not be read. With `isMore` it streams those only whom a draft of the minute has not asked for.
   */
  capture(minute: Micros, seal: Seal, population: () => KeyBatches, isMore: boolean): Promise<Close>;
  /** The capture files that a close names. Throws PRLX_CAPTURE when one is gone or its digest differs. */
  captures(minute: Micros, close: Close): Promise<readonly Capture[]>;
}

/** What was done for a minute before its seal, by the same process. */
export interface DoneAhead {
  /** Parts of the minute's messages that were read already, in the order of reading, with what they came to. */
  slices(minute: Micros): Promise<readonly Slice[]>;
  /** Told that the messages of `minute` are settled: those of the next may be read beside what follows, if that minute is over too. */
  claimed(pipeline: Pipeline, engine: Engine, minute: Micros): void;
  /** When, until now, messages of the minute after `minute` were read beside it; null: none were. */
  readingAfter(minute: Micros): Span | null;
  /** The folder of the minute's turn; null: there is none; undefined: not done. */
  turn(minute: Micros): string | null | undefined;
  /** The minute as it would have been if it had ended earlier. */
  draft(minute: Micros): Draft | null;
  /** When the minute's messages were read and summed, stacks turned for it and windows merged, before its seal. */
  reading(minute: Micros): readonly Span[];
  /** When customers were scored for the minute, whether or not that draft is of use; null: none were. */
  scoring(minute: Micros): Span | null;
  /** The calls that were captured after the draft took its own. */
  answersAfter(minute: Micros): Promise<readonly CountedCapture[]>;
}

/** Two instants, microseconds since 1970. */
export interface Span {
  readonly from: Micros;
  readonly to: Micros;
}

/** All that an iteration works with. State is in the ledger and in files; nothing hides in a module. */
export interface Pipeline {
  readonly project: Project;
  readonly ledger: Ledger;
  readonly paths: StatePaths;
  readonly source: MinuteSource;
  readonly batch: BatchReader;
  /** Groups of customers, and of event ids, that state is kept by: a small multiple of the engine's cores. Outputs do not depend on it. */
  readonly buckets: number;
  /**
   * Whether batch rows hold every declared column, not only those that the SQL reads, and the reduced tables stay: so that other rules can be
   * scored from a view, and views made anew.
   */
  readonly keepAll?: boolean;
  /** Null where nothing can be read before a minute's seal: in a replay. */
  readonly ahead: DoneAhead | null;
  /** Microseconds since 1970. */
  readonly now: () => Micros;
  readonly onBatchProgress?: (progress: BatchProgress) => void;
}

/** One attempt at one minute, on one engine session. */
export interface Attempt {
  readonly pipeline: Pipeline;
  readonly engine: Engine;
  /** `engine.session` */
  readonly session: SparkSession;
  readonly minute: Micros;
  /** Where this attempt writes; visible only when the ledger names it. */
  readonly folder: string;
}
