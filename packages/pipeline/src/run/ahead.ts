import { join } from 'node:path';
import { formatSecond, MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import type { EngineProvider } from '../attempts.ts';
import { type Draft, writeDraft } from '../draft/draft.ts';
import type { Engine } from '../engine/engine.ts';
import type { KeyBatches } from '../engine/key-batches.ts';
import { beyondSlices, isPacked, type Slice, settledPrefix, type TopicSeal, topicsOf, writeSlice } from '../ingest/slices.ts';
import {
  AHEAD_FIRST_MS,
  DRAFT_EARLIEST_MS,
  DRAFT_FIRST_MS,
  DRAFT_LEAST_MS,
  DRAFT_MARGIN,
  DRAFT_MOST_MS,
  SEAL_LATE_MS,
  SLICE_FIRST_MS,
  SLICE_LEAST_MS,
  SLICE_MOST_MS,
  SLICE_OVER_MS,
  SLICE_PAUSE_MS,
} from '../limits.ts';
import type { CountedCapture } from '../online/answers.ts';
import type { DoneAhead, Pipeline, Span } from '../pipeline.ts';
import { writeTurn } from '../window/turns.ts';
import { type Clock, sleepUntil } from './clock.ts';
import { NextMinute } from './next-minute.ts';
import { settleSlice } from './settle.ts';

/** The ledger's note of the messages that were settled last before their minute's end, by the folders of their claims: whoever verifies them may look at them already. */
const SETTLED_AHEAD = 'settled ahead';

/** What of a running minute is there. */
export interface RunningMinute {
  /** What its seal would name if it ended now. */
  soFar(minute: Micros): Promise<readonly TopicSeal[]>;
  /** What its bulk calls have brought, topped up for the population so far; null when they are not done. */
  answersSoFar(minute: Micros, population: () => KeyBatches): Promise<readonly CountedCapture[] | null>;
  /** The calls after those. */
  answersAfter(minute: Micros): readonly CountedCapture[];
  /** What the seal of a minute that is over will name; nothing when the minute before it is not sealed. */
  ended(minute: Micros): Promise<readonly TopicSeal[]>;
}

/** What the work ahead of one minute works with. */
interface Work {
  readonly pipeline: Pipeline;
  readonly minute: Micros;
  /** The instant of the minute's seal. */
  readonly due: Micros;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Does for a minute what can be done while it runs: turns the stacks of the buckets whose turn it is, reads, parses, settles and sums its messages
 * slice by slice, makes a draft of it once its bulk calls are done, and a last slice ending as the seal is due. Nothing of it is believed: the seal takes
 * only slices that lie within it, and a draft of such slices.
 */
export class AheadReader implements DoneAhead {
  readonly #running: RunningMinute;
  #minute: Micros | null = null;
  readonly #next = new NextMinute();
  #slices: Slice[] = [];
  #turn: string | null | undefined;
  #draft: Draft | null = null;
  #scoring: Span | null = null;
  #reading: Span[] = [];
  #written = 0;
  /** The last slice: milliseconds that it took, and of the log that it read. */
  #last = { ms: SLICE_FIRST_MS, logMs: SLICE_PAUSE_MS };
  /** Milliseconds that the last slice before a seal took: one takes hardly less, however little it reads. */
  #closingMs = SLICE_LEAST_MS;
  /** Milliseconds that a draft takes, by the last one. */
  #draftMs = DRAFT_FIRST_MS;

  constructor(running: RunningMinute) {
    this.#running = running;
  }

  async slices(minute: Micros): Promise<readonly Slice[]> {
    if (minute === this.#minute) return this.#slices;
    const slice = await this.#next.slice(minute);
    return slice === null ? [] : [slice];
  }

  claimed(pipeline: Pipeline, engine: Engine, minute: Micros): void {
    const next = minute + MICROS_PER_MINUTE;
    if (pipeline.now() < sealDue(pipeline, next)) return;
    const folder = join(pipeline.paths.ahead(next, pipeline.ledger.epoch), `slice-${this.#written++}`);
    this.#next.begin(pipeline, engine, { minute: next, folder, ended: () => this.#running.ended(next) });
  }

  readingAfter(minute: Micros): Span | null {
    return this.#next.span(minute + MICROS_PER_MINUTE);
  }

  /** Waits for what is being read. */
  end(): Promise<void> {
    return this.#next.end();
  }

  turn(minute: Micros): string | null | undefined {
    return minute === this.#minute ? this.#turn : undefined;
  }

  draft(minute: Micros): Draft | null {
    return minute === this.#minute ? this.#draft : null;
  }

  reading(minute: Micros): readonly Span[] {
    return minute === this.#minute ? this.#reading : [];
  }

  scoring(minute: Micros): Span | null {
    return minute === this.#minute ? this.#scoring : null;
  }

  async answersAfter(minute: Micros): Promise<readonly CountedCapture[]> {
    return this.#running.answersAfter(minute);
  }

  /** Works until `due`, or until `signal` aborts. A failure ends it: the rest is done after the seal. */
  async work(
    pipeline: Pipeline,
    engines: EngineProvider,
    { minute, due, clock, signal, note }: { minute: Micros; due: Micros; clock: Clock; signal: AbortSignal; note: (text: string) => void },
  ): Promise<void> {
    this.#minute = minute;
    this.#slices = [];
    this.#turn = undefined;
    this.#draft = null;
    this.#scoring = null;
    this.#reading = [];
    const work: Work = { pipeline, minute, due, clock, signal };
    await sleepUntil(clock, minute + BigInt(AHEAD_FIRST_MS) * 1000n, signal);
    let engine: Engine | null = null;
    try {
      if (!isRunning(work)) return;
      engine = await engines.engine();
      const turn = join(pipeline.paths.ahead(minute, pipeline.ledger.epoch), 'turn');
      const turning = clock.now();
      this.#turn = (await writeTurn(pipeline, engine, minute, turn)) ? turn : null;
      this.#reading.push({ from: turning, to: clock.now() });
      const draftAt = this.#draftAt(work);
      const readUntil = await this.#readUntil(work, engine, draftAt, minute);
      if (isRunning(work)) await this.#makeDraft(work, engine);
      await this.#readUntil(work, engine, due, readUntil);
      this.#closingMs = this.#last.ms;
    } catch (error) {
      if (!(error instanceof ParallaxError)) throw error;
      if (engine !== null && error.retryable && error.code.startsWith('PRLX_SPARK')) await engines.lost(engine, error);
      note(`working ahead failed, the rest is done after the seal: ${error.message.split('\n')[0]}`);
    }
    await sleepUntil(clock, due, signal);
  }

  /** When a draft is begun: so that after it there is time for one more slice before the seal. */
  #draftAt({ minute, due }: Work): Micros {
    const own = BigInt(Math.round(this.#draftMs * DRAFT_MARGIN * 1000));
    const slice = BigInt(Math.round(this.#sliceMs(this.#draftMs * DRAFT_MARGIN) * 1000));
    const earliest = minute + BigInt(DRAFT_EARLIEST_MS) * 1000n;
    const latest = due - own - slice;
    return latest > earliest ? latest : earliest;
  }

  async #makeDraft({ pipeline, minute, due, clock }: Work, engine: Engine): Promise<void> {
    const settled = settledPrefix(this.#slices, this.#slices);
    const start = clock.now();
    // A draft that would hold up the seal is of no use: the minute before took so long that little is left of this one.
    if (settled === null || start + BigInt(Math.round(this.#draftMs * 1000)) > due) return;
    const folder = join(pipeline.paths.ahead(minute, pipeline.ledger.epoch), 'draft');
    const answers = (population: () => KeyBatches) => this.#running.answersSoFar(minute, population);
    this.#draft = await writeDraft(pipeline, engine, minute, settled, answers, folder);
    if (this.#draft === null) return;
    this.#scoring = this.#draft.scored;
    this.#reading.push({ from: start, to: this.#scoring.from });
    const ms = Number(clock.now() - start) / 1000;
    this.#draftMs = Math.min(DRAFT_MOST_MS, Math.max(DRAFT_LEAST_MS, ms));
  }

  /** Reads slices, the last of them ending at `end`, none that would hold up the seal. @returns the instant until which was read */
  async #readUntil(work: Work, engine: Engine, end: Micros, from: Micros): Promise<Micros> {
    const { clock, signal, due } = work;
    const latest = due + BigInt(SLICE_OVER_MS) * 1000n;
    let readUntil = from;
    while (isRunning(work) && clock.now() < end) {
      await sleepUntil(clock, this.#nextSlice(readUntil, end), signal);
      if (!isRunning(work) || clock.now() >= end) break;
      const start = clock.now();
      const logMs = Number(start - readUntil) / 1000;
      if (start + BigInt(Math.round(this.#sliceMs(logMs) * 1000)) > latest) break;
      await this.#slice(work.pipeline, engine, work.minute);
      const done = clock.now();
      this.#reading.push({ from: start, to: done });
      this.#last = { ms: Number(done - start) / 1000, logMs: Math.max(1, logMs) };
      readUntil = start;
    }
    return readUntil;
  }

  /** After a pause, or so that the last one ends at `end`. */
  #nextSlice(readUntil: Micros, end: Micros): Micros {
    const last = end - BigInt(Math.round(this.#sliceMs(Number(end - readUntil) / 1000) * 1000));
    const next = readUntil + BigInt(SLICE_PAUSE_MS) * 1000n;
    if (readUntil >= last - BigInt(SLICE_LEAST_MS) * 1000n) return end;
    return next + BigInt(SLICE_PAUSE_MS) * 500n < last ? next : last;
  }

  /** Milliseconds that a slice of so many milliseconds of the log takes: half of one is the same whatever it reads. */
  #sliceMs(logMs: number): number {
    const { ms, logMs: lastMs } = this.#last;
    return Math.min(SLICE_MOST_MS, Math.max(this.#closingMs, SLICE_LEAST_MS, (ms / 2) * (1 + logMs / lastMs)));
  }

  async #slice(pipeline: Pipeline, engine: Engine, minute: Micros): Promise<void> {
    const soFar = await this.#running.soFar(minute);
    let { used, rest } = beyondSlices(soFar, this.#slices);
    const beginAnew = (): void => {
      this.#draft = null;
      this.#slices = [];
      rest = soFar;
    };
    // What was settled stands on all slices before it.
    if (used.length < this.#slices.length) beginAnew();
    const place = pipeline.paths.ahead(minute, pipeline.ledger.epoch);
    const number = this.#written++;
    if (!this.#slices.some(isPacked)) {
      const slice = await settleSlice(pipeline, engine, minute, this.#slices, rest, { place, number });
      if (slice === 'empty') return;
      if (slice !== 'unsettled') {
        this.#slices.push(slice);
        const claimed = this.#slices.flatMap(({ settled }) => settled?.claimed ?? []);
        pipeline.ledger.setMeta(SETTLED_AHEAD, JSON.stringify({ minute: formatSecond(minute), claimed }));
        return;
      }
      // All of the minute is settled after its seal: only to read and to parse it is done ahead.
      beginAnew();
    }
    const folder = join(place, `slice-${number}`);
    if (await writeSlice(pipeline, engine, minute, rest, folder)) this.#slices.push({ streams: topicsOf(rest), folder, settled: null });
  }
}

function isRunning({ minute, due, clock, signal }: Work): boolean {
  return !signal.aborted && clock.now() >= minute && clock.now() < due;
}

/** The instant at which the seal of `minute` is due. */
export function sealDue({ project }: Pick<Pipeline, 'project'>, minute: Micros): Micros {
  return minute + MICROS_PER_MINUTE + project.graceUs;
}

/** Whether the seal of `minute` was written when it was due; false when it is not sealed. */
export function sealedOnTime(pipeline: Pick<Pipeline, 'project' | 'ledger'>, minute: Micros): boolean {
  const sealed = pipeline.ledger.sealedAt(minute);
  return sealed !== null && sealed <= sealDue(pipeline, minute) + BigInt(SEAL_LATE_MS) * 1000n;
}
