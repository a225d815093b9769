import type { InputFinding, InputFindingKind, OffsetRange, StreamSeal } from '@parallax/core';

export type TopicSeal = Extract<StreamSeal, { kind: 'topic' }>;

/** What the broker says of a stream's topic to this side. Offsets are by partition. */
export interface OwnTopic {
  readonly id: string;
  readonly arrival: 'log' | 'approximate';
  readonly starts: readonly number[];
  /** Where the minute ends by the log. */
  readonly cutOffs: readonly number[];
  /** Where the minute before it ended by the log: needed when no seal went before. */
  readonly previousCutOffs: readonly number[];
  /** Partitions at whose sealed end a transaction was open when the minute was sealed. */
  readonly heldBack: ReadonlySet<number>;
}

export interface StreamCheck {
  readonly seal: TopicSeal;
  /** Null: the first minute of all. */
  readonly previous: TopicSeal | null;
  /** The ranges that this side has read of the minute before; null when it has read none. */
  readonly read: readonly OffsetRange[] | null;
  readonly own: OwnTopic;
}

/** What this side reads of the stream, and what is wrong with the seal. */
export interface StreamVerdict {
  readonly ranges: readonly OffsetRange[];
  readonly findings: readonly InputFinding[];
}

/**
 * Holds one stream of a seal against the log (contract, section 2): it begins where the minute before it ended and ends at the first offset of
 * the cut-off time or later, but not past a transaction that was open. Where a seal is wrong this side reads what is right.
 */
export function checkStream({ seal, previous, read, own }: StreamCheck): StreamVerdict {
  const findings: InputFinding[] = [];
  const find = (kind: InputFindingKind, detail: string): void => {
    findings.push({ stage: 'inputs', kind, source: seal.stream, detail: `${seal.topic}: ${detail}`, customers: null });
  };
  const anew = previous !== null && previous.topicId !== seal.topicId;
  if (seal.topicId !== own.id)
    find(
      'topic_replaced',
      `the seal names the topic ${seal.topicId}, the broker has ${own.id}: made anew, or a mirror, which cannot be read in its place`,
    );
  else if (anew) find('topic_replaced', `the topic was made anew since the minute before: ${previous.topicId}, now ${seal.topicId}`);
  for (const { partition, from, to } of seal.lost) find('lost', `partition ${partition}: the log has lost [${from}, ${to})`);
  for (const { partition } of seal.ranges)
    if (partition >= own.cutOffs.length) find('partition', `partition ${partition} is sealed, and the topic has ${own.cutOffs.length}`);
  const ranges = own.cutOffs.map((cutOff, partition): OffsetRange => {
    const start = own.starts[partition] ?? 0;
    const sealed = rangeOf(seal.ranges, partition);
    const before = anew ? null : previous && rangeOf(previous.ranges, partition);
    const begin = before?.to ?? (previous === null ? (own.previousCutOffs[partition] ?? start) : start);
    if (sealed === null) find('partition', `partition ${partition} is not in the seal`);
    else if (previous !== null) followsOn(sealed, begin, seal, find);
    const from = Math.max(anew ? start : (rangeOf(read ?? [], partition)?.to ?? begin), start);
    return { partition, from, to: Math.max(from, endOf(sealed, cutOff, seal, own, find)) };
  });
  return { ranges, findings };
}

type Find = (kind: InputFindingKind, detail: string) => void;

function rangeOf(ranges: readonly OffsetRange[], partition: number): OffsetRange | null {
  return ranges.find((range) => range.partition === partition) ?? null;
}

function followsOn(sealed: OffsetRange, begin: number, seal: TopicSeal, find: Find): void {
  const { partition, from } = sealed;
  if (from < begin) find('range_overlap', `partition ${partition} begins at ${from}, the minute before it ended at ${begin}`);
  const lost = rangeOf(seal.lost, partition);
  const known = lost === null ? begin : Math.max(begin, lost.to);
  if (from > known) find('range_gap', `partition ${partition} begins at ${from}, the minute before it ended at ${begin}`);
}

/** Where this side ends reading a partition. */
function endOf(sealed: OffsetRange | null, cutOff: number, seal: TopicSeal, own: OwnTopic, find: Find): number {
  if (sealed === null || sealed.to === cutOff) return cutOff;
  const approximate = seal.arrival === 'approximate' || own.arrival === 'approximate';
  // Where producers stamp, messages with earlier times may come behind an end. An open transaction ends a minute early.
  if (sealed.to < cutOff && (approximate || own.heldBack.has(sealed.partition))) return sealed.to;
  find('cut_off', `partition ${sealed.partition} is sealed up to ${sealed.to}, by the log the minute ends at ${cutOff}`);
  return cutOff;
}
