import type { OffsetRange, Seal } from '@parallax/core';

/** The messages of one minute as a baseline reads them: the very ranges that the pipeline's seal names. */
export interface MinuteToRead {
  /** Microseconds since 1970. */
  readonly minuteUs: number;
  readonly streams: readonly {
    readonly stream: string;
    readonly topic: string;
    readonly topicId: string;
    readonly ranges: readonly OffsetRange[];
  }[];
}

/** What a seal of topics names. Throws RangeError when it names files. */
export function minuteToRead(minuteUs: number, seal: Seal): MinuteToRead {
  return {
    minuteUs,
    streams: seal.streams.map((stream) => {
      if (stream.kind !== 'topic') throw new RangeError(`the seal of ${stream.stream} names a file`);
      const { topic, topicId, ranges } = stream;
      return { stream: stream.stream, topic, topicId, ranges: ranges.filter((range) => range.to > range.from) };
    }),
  };
}

/** Messages that the ranges span. */
export function spanOf({ streams }: MinuteToRead): number {
  return streams.reduce((sum, { ranges }) => sum + ranges.reduce((n, range) => n + range.to - range.from, 0), 0);
}
