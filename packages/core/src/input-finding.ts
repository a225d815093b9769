/**
 * What the alternative method finds when it checks a minute's manifest and inputs by itself, before it compares any result. It trusts neither
 * the seal nor the close: each is held against what brokers, queue and stores say to it.
 */
export const INPUT_FINDINGS = [
  /** Offsets between two seals belong to neither. */
  'range_gap',
  /** Offsets belong to two seals. */
  'range_overlap',
  /** A range does not end where the broker's log says that the minute ends. */
  'cut_off',
  /** A partition that the topic has is not in the seal, or the other way round. */
  'partition',
  /** The topic was deleted and made anew. */
  'topic_replaced',
  /** The log had lost messages of the minute before they were read. */
  'lost',
  /** A message is on one side only of the address: in this side's queue or in the bridge's topic. */
  'one_side_only',
  /** A message is in the bridge's topic, and nobody can tell whether it was sent before this side's queue was made: nothing has come by that yet. */
  'before_queue',
  /** A message's payload is not the same in both. */
  'payload',
  /** The seal does not name the newest complete day that was active. */
  'batch_stale',
  /** The seal names a day that is not complete. */
  'batch_incomplete',
  /** The day's tables were written again after it was registered. */
  'batch_overwritten',
  /** Captured answers are missing, or not those that the close names. */
  'capture',
  /** Customers of the population were not asked for. */
  'not_asked',
  /** What this side was answered is not what the captures hold. */
  'online_skew',
  /** Seal and close do not make the digest that the iteration was committed with, or the seal is of another project or minute. */
  'manifest',
] as const;
export type InputFindingKind = (typeof INPUT_FINDINGS)[number];

export interface InputFinding {
  readonly stage: 'inputs';
  readonly kind: InputFindingKind;
  /** The stream, the batch source or the online source; null when it is none of them. */
  readonly source: string | null;
  /** One line for a person. */
  readonly detail: string;
  /** Whose input it is; null when that cannot be told: then it is everyone's. */
  readonly customers: readonly string[] | null;
}
