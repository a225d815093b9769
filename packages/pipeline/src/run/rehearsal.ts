import { join } from 'node:path';
import type { Micros, StreamSeal } from '@parallax/core';
import { type Draft, writeDraft } from '../draft/draft.ts';
import type { Engine } from '../engine/engine.ts';
import { type Slice, type TopicSeal, writeSlice } from '../ingest/slices.ts';
import type { CountedCapture } from '../online/answers.ts';
import type { DoneAhead, Pipeline, Span } from '../pipeline.ts';
import { settleSlice } from './settle.ts';

/**
 * The work ahead of a minute that is over, for an engine that is to be warmed: the first half of its messages is read, settled and drafted, so that the minute
 * amends a draft, as live ones do. It makes no bulk calls.
 */
export class Rehearsal implements DoneAhead {
  #slices: readonly Slice[] = [];
  #draft: Draft | null = null;

  /** Does it for `minute`, which is run next. Without messages, or where the SQL lets no draft be made, the minute is run whole. Throws the engine's errors. */
  async begin(pipeline: Pipeline, engine: Engine, minute: Micros): Promise<void> {
    this.#slices = [];
    this.#draft = null;
    const place = pipeline.paths.ahead(minute, pipeline.ledger.epoch);
    const { streams } = await pipeline.source.seal(minute);
    const half = streams.flatMap(firstHalf);
    const folder = join(place, 'slice');
    if (!(await writeSlice(pipeline, engine, minute, half, folder))) return;
    const target = { claimed: join(place, 'claimed'), panes: join(place, 'panes') };
    const settled = await settleSlice(pipeline, engine, minute, [], folder, target);
    this.#slices = [{ folder, streams: half, settled }];
    if (settled !== null) this.#draft = await writeDraft(pipeline, engine, minute, [settled], async () => [], join(place, 'draft'));
  }

  async slices(): Promise<readonly Slice[]> {
    return this.#slices;
  }

  draft(): Draft | null {
    return this.#draft;
  }

  /** Nothing is read beside it. */
  claimed(): void {}

  turn(): undefined {
    return undefined;
  }

  readingAfter(): null {
    return null;
  }

  reading(): readonly Span[] {
    return [];
  }

  scoring(): null {
    return null;
  }

  async answersAfter(): Promise<readonly CountedCapture[]> {
    return [];
  }
}

function firstHalf(stream: StreamSeal): readonly TopicSeal[] {
  if (stream.kind !== 'topic') return [];
  return [{ ...stream, ranges: stream.ranges.map((range) => ({ ...range, to: range.from + Math.ceil((range.to - range.from) / 2) })) }];
}
