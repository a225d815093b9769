import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MICROS_PER_DAY, type Micros, type OffsetRange, type Project, type StreamSeal } from '@parallax/core';
import { onTestFinished } from 'vitest';
import type { EngineProvider } from '../src/attempts.ts';
import type { TableCells } from '../src/batch/reduce.ts';
import { type AnswersSoFar, type Draft, writeDraft } from '../src/draft/draft.ts';
import type { Engine } from '../src/engine/engine.ts';
import { StatePaths } from '../src/engine/paths.ts';
import { type Slice, type TopicSeal, topicsOf, writeSlice } from '../src/ingest/slices.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import type { CountedCapture } from '../src/online/answers.ts';
import type { DoneAhead, MinuteSource, Pipeline } from '../src/pipeline.ts';
import { LiveSource } from '../src/run/live-source.ts';
import { NothingAhead } from '../src/run/nothing-ahead.ts';
import { settleSlice } from '../src/run/settle.ts';
import { writeTurn } from '../src/window/turns.ts';
import { at, folderOf, ManualClock } from './support.ts';

/** What tests of minutes share that are worked on before their seal: a pipeline on real topics, and that work at places which the test chooses. */

/** The seed of this run, printed; PRLX_SEED repeats one. */
export function printedSeed(): number {
  const seed = Number(process.env.PRLX_SEED ?? Date.now() % 1e9);
  console.log(`PRLX_SEED=${seed}`);
  return seed;
}

/** Numbers from 0 on, below what is asked for. */
export type Below = (below: number) => number;

export function randomOf(seed: number): Below {
  let state = seed;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** An engine that is not given up: the test fails with it. */
export function enginesOf(engine: Engine): EngineProvider {
  return {
    engine: async () => engine,
    lost: async (_engine, error) => {
      throw error;
    },
  };
}

/** Work ahead of minutes, done as the test says. */
export class AheadByHand extends NothingAhead {
  readonly #answersAfter: () => Promise<readonly CountedCapture[]>;
  #minute: Micros | null = null;
  #slices: Slice[] = [];
  #turn: string | null | undefined;
  #draft: Draft | null = null;

  constructor(answersAfter: () => Promise<readonly CountedCapture[]> = async () => []) {
    super();
    this.#answersAfter = answersAfter;
  }

  get read(): readonly Slice[] {
    return this.#slices;
  }

  begin(minute: Micros): void {
    this.#minute = minute;
    this.#slices = [];
    this.#turn = undefined;
    this.#draft = null;
  }

  /** Turns the stacks whose turn it is. @returns whether any was */
  async turnStacks(pipeline: Pipeline, engine: Engine): Promise<boolean> {
    const folder = join(this.#place(pipeline), 'turn');
    this.#turn = (await writeTurn(pipeline, engine, this.#now(), folder)) ? folder : null;
    return this.#turn !== null;
  }

  /** Reads and settles a slice, or keeps it where that cannot be; none where there is nothing to read. */
  async slice(pipeline: Pipeline, engine: Engine, streams: readonly StreamSeal[]): Promise<void> {
    const n = this.#slices.length;
    const [place, minute] = [this.#place(pipeline), this.#now()];
    const slice = await settleSlice(pipeline, engine, minute, this.#slices, streams, { place, number: n });
    const folder = join(place, `slice-${n}`);
    if (slice !== 'empty' && slice !== 'unsettled') this.#slices.push(slice);
    else if (await writeSlice(pipeline, engine, minute, streams, folder))
      this.#slices.push({ streams: topicsOf(streams), folder, settled: null });
  }

  /** Makes a draft of the first slices. @returns whether there is one */
  async makeDraft(pipeline: Pipeline, engine: Engine, slices: number, answersSoFar: AnswersSoFar = async () => []): Promise<boolean> {
    const settled = this.#slices.slice(0, slices).flatMap((slice) => slice.settled ?? []);
    this.#draft = await writeDraft(pipeline, engine, this.#now(), settled, answersSoFar, join(this.#place(pipeline), 'draft'));
    return this.#draft !== null;
  }

  override async slices(minute: Micros): Promise<readonly Slice[]> {
    return minute === this.#minute ? this.#slices : [];
  }

  override turn(minute: Micros): string | null | undefined {
    return minute === this.#minute ? this.#turn : undefined;
  }

  override draft(minute: Micros): Draft | null {
    return minute === this.#minute ? this.#draft : null;
  }

  override answersAfter(): Promise<readonly CountedCapture[]> {
    return this.#answersAfter();
  }

  #now(): Micros {
    if (this.#minute === null) throw new Error('no minute was begun');
    return this.#minute;
  }

  #place({ paths, ledger }: Pipeline): string {
    return paths.ahead(this.#now(), ledger.epoch);
  }
}

/** The reader of a project's topics at noon: every minute before is over. */
export function liveSource(project: Project, ledger: Ledger, paths: StatePaths, bootstrap: string): LiveSource {
  const source = new LiveSource({ project, ledger, paths, clock: new ManualClock(at('12:00')), bootstrap, onlineUrls: new Map() });
  onTestFinished(() => source.close());
  return source;
}

/** The base table, as rows of a query. */
export interface Base {
  readonly sql: string;
  readonly cells: TableCells['cells'];
}

/** What a test's pipeline is made of. */
export interface Parts {
  readonly base: Base;
  readonly buckets: number;
  readonly ahead: DoneAhead | null;
  readonly source: (ledger: Ledger, paths: StatePaths) => MinuteSource;
}

/** A pipeline on a folder: a new one, or an earlier pipeline's, from which this one takes the lease. */
export async function pipelineOn(root: string, project: Project, { base, buckets, ahead, source }: Parts): Promise<Pipeline> {
  const paths = new StatePaths(root);
  await mkdir(paths.root, { recursive: true });
  const ledger = Ledger.open(paths.ledger);
  onTestFinished(() => ledger.close());
  ledger.takeLease('test', 0n, at('10:00') + MICROS_PER_DAY);
  if (ledger.days().length === 0) ledger.registerDay({ day: '2026-01-04', version: 'v' }, 0n);
  return {
    project,
    ledger,
    paths,
    source: source(ledger, paths),
    batch: {
      files: async () => new Map(),
      holds: async () => true,
      async table({ session }) {
        await session.command(`CREATE OR REPLACE TEMPORARY VIEW stage_profile AS ${base.sql}`);
        return { relation: 'stage_profile', cells: base.cells };
      },
    },
    buckets,
    ahead,
    now: () => at('12:00'),
  };
}

/** A pipeline on a folder of its own. */
export async function pipelineOf(project: Project, parts: Parts): Promise<Pipeline> {
  return pipelineOn(await folderOf(), project, parts);
}

/** Parts of a seal that follow each other: the first has at least a tenth of it, and at least an eighth is left to be read after them. */
export function partsOf(seal: readonly StreamSeal[], random: Below): TopicSeal[][] {
  const topics = topicsOf(seal);
  const parts: TopicSeal[][] = [];
  let from = new Map<string, number>(topics.flatMap((s) => s.ranges.map((r) => [`${s.stream} ${r.partition}`, r.from] as const)));
  for (let part = 0; part < 3; part++) {
    const next = new Map<string, number>(from);
    parts.push(
      topics.map((s) => ({
        ...s,
        ranges: s.ranges.map((range): OffsetRange => {
          const place = `${s.stream} ${range.partition}`;
          const start = from.get(place) ?? range.from;
          const to = start + Math.floor(((range.to - start) * ((part === 0 ? 10 : 0) + random(part === 0 ? 41 : 51))) / 100);
          next.set(place, to);
          return { ...range, from: start, to };
        }),
      })),
    );
    from = next;
  }
  return parts;
}
