import { type Micros, ParallaxError } from '@parallax/core';
import type { Engine } from '../engine/engine.ts';
import { type Slice, type TopicSeal, writeSlice } from '../ingest/slices.ts';
import type { Pipeline, Span } from '../pipeline.ts';

/** What is read of one minute. */
interface Reading {
  readonly minute: Micros;
  /** Null when there is nothing, or it could not be read. */
  readonly slice: Promise<Slice | null>;
  readonly now: () => Micros;
  /** `to` is null as long as it lasts. */
  span: { readonly from: Micros; readonly to: Micros | null };
}

/** Reads and parses the messages of a minute that was over before its turn, beside the minute before it; they are settled when its turn comes. */
export class NextMinute {
  #reading: Reading | null = null;

  /**
   * Begins to read a minute, once.
   *
   * @param ended what the minute's seal will name
   */
  begin(
    pipeline: Pipeline,
    engine: Engine,
    { minute, folder, ended }: { readonly minute: Micros; readonly folder: string; readonly ended: () => Promise<readonly TopicSeal[]> },
  ): void {
    if (this.#reading?.minute === minute) return;
    const read = async (): Promise<Slice | null> => {
      try {
        const streams = await ended();
        return (await writeSlice(pipeline, engine, minute, streams, folder)) ? { streams, folder, settled: null } : null;
      } catch (error) {
        // The minute reads them itself, and meets again what has not passed.
        if (error instanceof ParallaxError) return null;
        throw error;
      }
    };
    const from = pipeline.now();
    const reading: Reading = { minute, slice: read(), now: pipeline.now, span: { from, to: null } };
    this.#reading = reading;
    // Whoever asks for the slice meets the error; nobody may.
    reading.slice.catch(() => undefined).then(() => (reading.span = { from, to: pipeline.now() }));
  }

  /** What was read of the minute, when all of it is; null when nothing was. */
  async slice(minute: Micros): Promise<Slice | null> {
    return this.#reading?.minute === minute ? this.#reading.slice : null;
  }

  /** When, until now, the minute was read; null: it was not. */
  span(minute: Micros): Span | null {
    if (this.#reading?.minute !== minute) return null;
    const { span, now } = this.#reading;
    return { from: span.from, to: span.to ?? now() };
  }

  /** Waits for what is being read. */
  async end(): Promise<void> {
    await this.#reading?.slice.catch(() => undefined);
  }
}
