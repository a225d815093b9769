/**
 * The manifest of one minute: the *seal* (what belongs to it, fixed before anything is scored) and the *close* (the
 * digest of what was captured online). From seal and close either side computes the minute again (design, section 3).
 */

/** Half-open range of offsets `[from, to)` of one partition. */
export interface OffsetRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** What one stream contributes to a minute: offsets of a topic, or the file of a recording. */
export type StreamSeal =
  | {
      readonly stream: string;
      readonly kind: 'topic';
      readonly topic: string;
      /** Changes when a topic is deleted and made anew. */
      readonly topicId: string;
      /** `approximate` when the topic's timestamps are the producers' (CreateTime). */
      readonly arrival: 'log' | 'approximate';
      readonly ranges: readonly OffsetRange[];
      /** Messages that the log had lost before the minute was read, by partition; empty when whole. */
      readonly lost: readonly OffsetRange[];
    }
  | { readonly stream: string; readonly kind: 'file'; readonly sha256: string };

export interface BatchVersion {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Digest of what the version was made from. */
  readonly version: string;
}

export interface Seal {
  readonly format: 1;
  /** Name of the project and the hash of its files. */
  readonly project: string;
  readonly projectHash: string;
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly minute: string;
  /** True when the minute was over before the coordinator could serve it: no online calls were made. */
  readonly missed: boolean;
  readonly streams: readonly StreamSeal[];
  /** The newest complete day that was active at the seal's instant; null before any. */
  readonly batch: BatchVersion | null;
}

export interface OnlineClose {
  readonly source: string;
  /** SHA-256 of the capture's bytes: NDJSON lines as in a recording's `online/<source>.ndjson`. */
  readonly sha256: string;
  readonly calls: number;
}

export interface Close {
  readonly online: readonly OnlineClose[];
  /** Set when the time for calls was over before everybody had been asked and had answered. */
  readonly cut?: true;
}
