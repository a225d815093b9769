import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatFolder, formatSecond, later, MICROS_PER_MINUTE, type Micros, type StreamSeal } from '@parallax/core';
import { expect, test } from 'vitest';
import { runToCommit } from '../src/attempts.ts';
import { openAmended } from '../src/draft/amend.ts';
import type { Engine } from '../src/engine/engine.ts';
import { fileTable } from '../src/engine/sql.ts';
import { beyondSlices, topicsOf } from '../src/ingest/slices.ts';
import { WINDOWS_KEPT_MINUTES } from '../src/limits.ts';
import { windowLines } from '../src/lines/lines.ts';
import { linesFile, type MinuteOutcome } from '../src/outcome.ts';
import type { MinuteSource, Pipeline } from '../src/pipeline.ts';
import { oldestNeeded, reclaimFiles } from '../src/reclaim.ts';
import type { LiveSource } from '../src/run/live-source.ts';
import { firstPart } from '../src/run/rehearsal.ts';
import { AheadByHand, enginesOf, liveSource, pipelineOn, printedSeed, randomOf } from './ahead-stage.ts';
import { BASE, type History, makeHistory, type Span } from './hour-history.ts';
import { TestKafka } from './kafka-support.ts';
import { address, engineOfTest } from './real-engine.ts';
import { at, folderOf } from './support.ts';

/**
 * Goal: minutes that are worked on ahead keep what earlier ones left them right: stacks that turn while events leave `last_hour`, customers and whole buckets that fall
 * silent for more than an hour and come back, files that are reclaimed, a run that is killed and goes on. Method: random small minutes on a real topic, each worked
 * on ahead in another way, every line of each against the naive oracle.
 */
const BUCKETS = 16;

/** How a minute is worked on ahead, in turn: not at all, read only, drafted with messages after the draft, or with none. */
const WAYS = ['whole', 'amended', 'whole', 'drafted', 'read', 'amended'] as const;
type Way = (typeof WAYS)[number];

interface Run {
  readonly pipeline: Pipeline;
  readonly engine: Engine;
  readonly ahead: AheadByHand;
  /** What was asked of the log for the minute. */
  readonly asked: StreamSeal[];
}

/** A new process on the state, which knows nothing but what is there. */
async function openRun(root: string, { project }: History, bootstrap: string): Promise<Run> {
  const ahead = new AheadByHand();
  const asked: StreamSeal[] = [];
  const pipeline = await pipelineOn(root, project, {
    base: BASE,
    buckets: BUCKETS,
    ahead,
    source: (ledger, paths) => watched(liveSource(project, ledger, paths, bootstrap), asked),
  });
  return { pipeline, engine: await engineOfTest({ shufflePartitions: 2 }), ahead, asked };
}

function watched(source: LiveSource, asked: StreamSeal[]): MinuteSource {
  return {
    seal: (minute) => source.seal(minute),
    messages: (session, minute, stream) => {
      asked.push(stream);
      return source.messages(session, minute, stream);
    },
    packed: (session, minute, stream, spec) => {
      asked.push(stream);
      return source.packed(session, minute, stream, spec);
    },
    capture: (...args) => source.capture(...args),
    captures: (...args) => source.captures(...args),
  };
}

/** Works on a minute ahead. @param turning whether stacks are turned before its draft, which else does it itself */
async function workAhead({ pipeline, engine, ahead }: Run, minute: Micros, way: Way, turning: boolean): Promise<void> {
  ahead.begin(minute);
  if (way === 'whole') return;
  if (turning) await ahead.turnStacks(pipeline, engine);
  const { streams } = await pipeline.source.seal(minute);
  await ahead.slice(pipeline, engine, firstPart(streams, 0.5));
  if (way === 'drafted') await ahead.slice(pipeline, engine, beyondSlices(streams, ahead.read).rest);
  if (way !== 'read') await ahead.makeDraft(pipeline, engine, ahead.read.length);
}

/** What is asked of the log for a minute is the minute's own: nothing of an earlier one is read again. */
function expectOwnMessages({ pipeline, asked }: Run, minute: Micros): void {
  const rangesOf = (streams: readonly StreamSeal[]) => topicsOf(streams).flatMap(({ ranges }) => ranges);
  const sealed = rangesOf(pipeline.ledger.seal(minute)?.streams ?? []);
  const beyond = rangesOf(asked).filter(({ partition, from, to }) => {
    const own = sealed.find((range) => range.partition === partition);
    return own === undefined || from < own.from || to > own.to;
  });
  expect(beyond, formatSecond(minute)).toEqual([]);
  expect(asked.length, formatSecond(minute)).toBeGreaterThan(0);
  asked.length = 0;
}

/** Every line that the minute keeps is the oracle's, and, where `windows`, so are the windows that stand in its folders. */
async function expectLines({ pipeline, engine }: Run, { expected }: History, outcome: MinuteOutcome, windows: boolean): Promise<void> {
  const minute = formatSecond(outcome.minute);
  const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
  for (const file of ['events', 'results', 'actions'] as const)
    expect(linesOf(await readFile(linesFile(outcome.folder, file), 'utf8')), `${file} of ${minute}`).toEqual(expected.lines(file, minute));
  if (!windows) return;
  if (outcome.amended) await openAmended(pipeline, engine, outcome);
  const found: string[] = [];
  for await (const line of windowLines(engine, pipeline.project, outcome.minute)) found.push(line.trimEnd());
  expect(found, `windows of ${minute}`).toEqual(expected.lines('windows', minute));
}

/** The buckets of customers that have anything in `last_hour`. */
async function bucketsOf({ engine }: Run, { folder, amended }: MinuteOutcome): Promise<Set<number>> {
  const folders = ['windows', ...(amended ? ['windows-amended'] : [])].map((name) => fileTable('parquet', join(folder, name)));
  const rows = await engine.session.collect(
    folders.map((table) => `SELECT bucket FROM ${table} WHERE last IS NOT NULL`).join(' UNION ALL '),
  );
  return new Set(rows.map(({ bucket }) => Number(bucket)));
}

/** What is left of earlier minutes is what a later one can need: their panes and turns, of the newest the windows, and nothing of the work ahead but turns. */
async function expectReclaimed({ pipeline }: Run, span: Span): Promise<void> {
  const { paths, project } = pipeline;
  const newest = span.from + BigInt(span.minutes - 1) * MICROS_PER_MINUTE;
  const names = (await readdir(join(paths.root, 'iterations'))).sort();
  expect(names[0]).toBe(formatFolder(later(oldestNeeded(project, newest), span.from)));
  const withWindows = formatFolder(newest - BigInt(WINDOWS_KEPT_MINUTES - 1) * MICROS_PER_MINUTE);
  for (const name of names) {
    for (const attempt of await readdir(join(paths.root, 'iterations', name))) {
      const parts = await readdir(join(paths.root, 'iterations', name, attempt));
      if (attempt.startsWith('ahead-')) expect(parts.filter((part) => part !== 'turn')).toEqual([]);
      else
        expect(
          parts.some((part) => /^(windows|members|beside)/.test(part)),
          name,
        ).toBe(name >= withWindows);
    }
  }
}

const SPANS: readonly (Span & { readonly killedIn: number })[] = [
  { population: 'window', from: at('10:20'), minutes: 68, killedIn: 33 },
  { population: 'touched', from: at('10:57'), minutes: 7, killedIn: 4 },
  { population: 'base', from: at('10:58'), minutes: 4, killedIn: 2 },
];

test.each(SPANS)(
  'population $population: $minutes minutes are the oracle’s, however they are worked on ahead',
  { timeout: 600_000 },
  async (span) => {
    const random = randomOf(printedSeed());
    const kafka = new TestKafka(address('PARALLAX_KAFKA'));
    const history = await makeHistory(kafka, TestKafka.name(), random, span);
    const root = await folderOf();
    let run = await openRun(root, history, kafka.bootstrap);
    const seen = { amended: 0, drafted: 0, turnedBefore: 0, turnedInDraft: 0 };
    const buckets: Set<number>[] = [];
    for (let m = 0; m < span.minutes; m++) {
      const minute = span.from + BigInt(m) * MICROS_PER_MINUTE;
      const isKilled = m === span.killedIn;
      const way = isKilled ? 'amended' : (WAYS[m % WAYS.length] ?? 'whole');
      const turning = Math.floor(m / WAYS.length) % 2 === 0;
      await workAhead(run, minute, way, turning);
      if (isKilled) run = await openRun(root, history, kafka.bootstrap);
      const outcome = await runToCommit(run.pipeline, enginesOf(run.engine), minute);
      expect(outcome.amended && (isKilled || span.population === 'base')).toBe(false);
      expectOwnMessages(run, minute);
      await expectLines(run, history, outcome, m % 6 === 5 || span.minutes < 10);
      if (m === 1 || m >= span.minutes - 4) buckets.push(await bucketsOf(run, outcome));
      await reclaimFiles(run.pipeline, minute);
      if (!outcome.amended) continue;
      seen[way === 'drafted' ? 'drafted' : 'amended'] += 1;
      if (outcome.turn !== null) seen[turning ? 'turnedBefore' : 'turnedInDraft'] += 1;
    }
    console.log(span.population, seen);
    await expectReclaimed(run, span);
    if (span.minutes < 60) return;
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(1);
    const [first, silent, again] = buckets;
    const emptied = [...(first ?? [])].filter((bucket) => silent?.has(bucket) === false && again?.has(bucket) === true);
    expect(emptied.length, 'buckets that emptied and were filled again').toBeGreaterThan(0);
  },
);
