import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import type { EngineProvider } from '../attempts.ts';
import type { Engine } from '../engine/engine.ts';
import { beyondSlices, type Slice, type TopicSeal, writeSlice } from '../ingest/slices.ts';
import { SLICE_FIRST_MS, SLICE_LEAST_MS, SLICE_MOST_MS, SLICE_PAUSE_MS } from '../limits.ts';
import type { DoneAhead, Pipeline } from '../pipeline.ts';
import { writeTurn } from '../window/turns.ts';
import { type Clock, sleepUntil } from './clock.ts';
import { settleSlice } from './settle.ts';

/** What of a running minute is in the log. */
export interface RunningMinute {
  soFar(minute: Micros): Promise<readonly TopicSeal[]>;
}

/**
 * Does for a minute what can be done while it runs: turns the stacks of the buckets whose turn it is, and reads, parses, settles and sums its messages
 * slice by slice, the last slice ending as the seal is due. Nothing of it is believed: the seal takes only slices that lie within it.
 */
export class AheadReader implements DoneAhead {
  #minute: Micros | null = null;
  #slices: Slice[] = [];
  #turn: string | null | undefined;
  #written = 0;
  /** Milliseconds of work for a second of the log, by the last slice. */
  #pace = SLICE_FIRST_MS / (SLICE_PAUSE_MS / 1000);

  slices(minute: Micros): readonly Slice[] {
    return minute === this.#minute ? this.#slices : [];
  }

  turn(minute: Micros): string | null | undefined {
    return minute === this.#minute ? this.#turn : undefined;
  }

  /** Works until `due`, the instant of the minute's seal, or until `signal` aborts. A failure ends it: the rest is read after the seal. */
  async work(
    pipeline: Pipeline,
    running: RunningMinute,
    engines: EngineProvider,
    { minute, due, clock, signal, note }: { minute: Micros; due: Micros; clock: Clock; signal: AbortSignal; note: (text: string) => void },
  ): Promise<void> {
    this.#minute = minute;
    this.#slices = [];
    this.#turn = undefined;
    const runs = () => !signal.aborted && clock.now() >= minute && clock.now() < due;
    await sleepUntil(clock, minute, signal);
    let engine: Engine | null = null;
    try {
      if (!runs()) return;
      engine = await engines.engine();
      const turn = join(pipeline.paths.ahead(minute, pipeline.ledger.epoch), 'turn');
      this.#turn = (await writeTurn(pipeline, engine, minute, turn)) ? turn : null;
      let readUntil = minute;
      while (runs()) {
        await sleepUntil(clock, this.#nextSlice(readUntil, due), signal);
        if (!runs()) break;
        const start = clock.now();
        await this.#slice(pipeline, running, engine, minute);
        this.#pace = Number(clock.now() - start) / 1000 / Math.max(1, Number(start - readUntil) / 1e6);
        readUntil = start;
      }
    } catch (error) {
      if (!(error instanceof ParallaxError)) throw error;
      if (engine !== null && error.retryable && error.code.startsWith('PRLX_SPARK')) await engines.lost(engine, error);
      note(`reading ahead failed, the rest is read after the seal: ${error.message.split('\n')[0]}`);
    }
    await sleepUntil(clock, due, signal);
  }

  /** After a pause, or so that the last one ends when the seal is due. */
  #nextSlice(readUntil: Micros, due: Micros): Micros {
    const last = due - BigInt(Math.round(this.#estimateMs(readUntil, due) * 1000));
    const next = readUntil + BigInt(SLICE_PAUSE_MS) * 1000n;
    if (readUntil >= last - BigInt(SLICE_LEAST_MS) * 1000n) return due;
    return next + BigInt(SLICE_PAUSE_MS) * 500n < last ? next : last;
  }

  #estimateMs(readUntil: Micros, due: Micros): number {
    const ms = (this.#pace * Number(due - readUntil)) / 1e6;
    return Math.min(SLICE_MOST_MS, Math.max(SLICE_LEAST_MS, ms));
  }

  async #slice(pipeline: Pipeline, running: RunningMinute, engine: Engine, minute: Micros): Promise<void> {
    const soFar = await running.soFar(minute);
    const { used, rest } = beyondSlices(soFar, this.#slices);
    const isWhole = used.length === this.#slices.length;
    // What was settled stands on the slices before it.
    if (!isWhole) this.#slices = used.map((slice) => ({ ...slice, settled: null }));
    const streams = isWhole ? rest : soFar;
    const place = pipeline.paths.ahead(minute, pipeline.ledger.epoch);
    const number = this.#written++;
    const folder = join(place, `slice-${number}`);
    if (!(await writeSlice(pipeline, engine, minute, streams, folder))) return;
    const target = { claimed: join(place, `claimed-${number}`), panes: join(place, `panes-${number}`) };
    const settled = await settleSlice(pipeline, engine, minute, this.#slices, folder, target);
    this.#slices.push({ folder, streams: streams.flatMap((s) => (s.kind === 'topic' ? [s] : [])), settled });
  }
}

/** The instant at which the seal of `minute` is due. */
export function sealDue(pipeline: Pipeline, minute: Micros): Micros {
  return minute + MICROS_PER_MINUTE + pipeline.project.graceUs;
}
