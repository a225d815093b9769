import { join } from 'node:path';
import type { Micros, OffsetRange, StreamSeal } from '@parallax/core';
import { type Draft, writeDraft } from '../draft/draft.ts';
import type { Engine } from '../engine/engine.ts';
import { type Slice, settledPrefix, type TopicSeal, topicsOf } from '../ingest/slices.ts';
import type { Pipeline } from '../pipeline.ts';
import { NothingAhead } from './nothing-ahead.ts';
import { settleSlice } from './settle.ts';

/**
 * The work ahead of a minute that is over, for an engine that is to be warmed: the first of its messages are read, settled and drafted, so that the minute
 * amends a draft, as live ones do. It makes no bulk calls.
 */
export class Rehearsal extends NothingAhead {
  #slices: readonly Slice[] = [];
  #draft: Draft | null = null;

  /**
   * Does it for `minute`, which is run next. Without messages, or where the SQL lets no draft be made, the minute is run whole. Throws the engine's errors.
   *
   * @param part how much of its messages: what is done again for few customers is done by other code than what is done for many (`Engine.compiled`)
   */
  async begin(pipeline: Pipeline, engine: Engine, minute: Micros, part: number): Promise<void> {
    this.#slices = [];
    this.#draft = null;
    const place = pipeline.paths.ahead(minute, pipeline.ledger.epoch);
    const { streams } = await pipeline.source.seal(minute);
    const slice = await settleSlice(pipeline, engine, minute, [], firstPart(streams, part), { place, number: 0 });
    if (slice === 'empty' || slice === 'unsettled') return;
    this.#slices = [slice];
    const settled = settledPrefix(this.#slices, this.#slices) ?? [];
    this.#draft = await writeDraft(pipeline, engine, minute, settled, async () => [], join(place, 'draft'));
  }

  override async slices(): Promise<readonly Slice[]> {
    return this.#slices;
  }

  override draft(): Draft | null {
    return this.#draft;
  }
}

/** So much of each partition's messages, its first ones, of the streams on topics. */
export function firstPart(streams: readonly StreamSeal[], part: number): readonly TopicSeal[] {
  const end = ({ from, to }: OffsetRange) => from + Math.ceil((to - from) * part);
  return topicsOf(streams).map((stream) => ({ ...stream, ranges: stream.ranges.map((range) => ({ ...range, to: end(range) })) }));
}
