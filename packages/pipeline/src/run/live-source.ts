import { existsSync } from 'node:fs';
import {
  type Close,
  floorTo,
  MICROS_PER_MINUTE,
  type Micros,
  type OnlineClose,
  ParallaxError,
  type Project,
  type Seal,
  type StreamSeal,
} from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import type { KeyBatches } from '../engine/key-batches.ts';
import type { StatePaths } from '../engine/paths.ts';
import { openTopicRange, topicEventsSql } from '../ingest/kafka-messages.ts';
import { OffsetReader, rangesOf, type TopicFacts } from '../ingest/kafka-offsets.ts';
import type { TopicSeal } from '../ingest/slices.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { CUT_OFF_AGAIN_MS, CUT_OFF_MARGIN_MS, KNOWN_CUSTOMERS_MAX, ONLINE_CLOSE_MS, ONLINE_LEAD_MS } from '../limits.ts';
import type { Capture, CountedCapture } from '../online/answers.ts';
import { SourceCapture } from '../online/capture.ts';
import type { MinuteSource } from '../pipeline.ts';
import { fileDigest } from '../replay/recording.ts';
import { type Clock, sleepUntil } from './clock.ts';

export interface LiveSourceOptions {
  readonly project: Project;
  readonly ledger: Ledger;
  readonly paths: StatePaths;
  readonly clock: Clock;
  readonly bootstrap: string;
  /** The resolved URL of each online source, by name. */
  readonly onlineUrls: ReadonlyMap<string, string>;
}

/** What a minute's calls belong to while they run. */
interface Armed {
  readonly deadline: AbortController;
  readonly captures: readonly SourceCapture[];
  /** All that is being asked; replaced when more are. */
  running: Promise<void>;
  /** The population that a draft has asked for. */
  drafted: readonly string[];
}

/** An offset of each partition of a topic. */
type Offsets = (topic: string, partitions: number) => Promise<readonly number[]>;

/** Minutes from the brokers and the bulk API, as they pass. */
export class LiveSource implements MinuteSource {
  readonly #options: LiveSourceOptions;
  readonly #offsets: OffsetReader;
  readonly #armed = new Map<Micros, Armed>();
  #known: readonly string[] = [];
  #after: { readonly minute: Micros; readonly captures: readonly CountedCapture[] } | null = null;
  #asked: { readonly minute: Micros; readonly keys: readonly string[] } | null = null;

  constructor(options: LiveSourceOptions) {
    this.#options = options;
    this.#offsets = new OffsetReader(options.bootstrap, `parallax-${options.project.name}-coordinator`);
  }

  /** Another reader of the same sources, over another ledger and folder. */
  over(ledger: Ledger, paths: StatePaths): LiveSource {
    return new LiveSource({ ...this.#options, ledger, paths });
  }

  async close(): Promise<void> {
    for (const armed of this.#armed.values()) armed.deadline.abort();
    await Promise.allSettled([...this.#armed.values()].flatMap((a) => [a.running, finishAll(a)]));
    await this.#offsets.close();
  }

  /** Customers whom calls that may still be made remember as asked: those of minutes whose time for calls is not over, however many wait for their seal. */
  get remembered(): number {
    return [...this.#armed.values()].reduce((sum, { captures }) => sum + captures.reduce((n, each) => n + each.remembered, 0), 0);
  }

  /** The customers of the newest committed minute: whom the next calls ask for, and those of a minute that has begun its calls already. */
  setKnown(keys: readonly string[]): void {
    this.#known = keys;
    for (const armed of this.#armed.values()) {
      if (armed.deadline.signal.aborted) continue;
      const more = armed.captures.map((capture) => capture.ask(keys));
      armed.running = Promise.all([armed.running, ...more]).then(() => undefined);
    }
  }

  /** The population of a minute, if its calls were topped up for it. */
  askedFor(minute: Micros): readonly string[] | null {
    return this.#asked?.minute === minute ? this.#asked.keys : null;
  }

  /** Begins each minute's bulk calls 25 s before it ends, until `signal` aborts. */
  async captureMinutes(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const lead = BigInt(ONLINE_LEAD_MS) * 1000n;
    let minute = floorTo(clock.now() + lead, MICROS_PER_MINUTE);
    while (!signal.aborted) {
      const start = minute + MICROS_PER_MINUTE - lead;
      await sleepUntil(clock, start, signal);
      if (signal.aborted) return;
      if (clock.now() < minute + MICROS_PER_MINUTE) this.#arm(minute);
      minute += MICROS_PER_MINUTE;
    }
  }

  async seal(minute: Micros): Promise<{ missed: boolean; streams: StreamSeal[] }> {
    const previous = this.#options.ledger.seal(minute - MICROS_PER_MINUTE);
    return { missed: !this.#armed.has(minute), streams: await this.#sealed(minute, previous) };
  }

  async ended(minute: Micros): Promise<readonly TopicSeal[]> {
    const previous = this.#options.ledger.seal(minute - MICROS_PER_MINUTE);
    return previous === null ? [] : this.#sealed(minute, previous);
  }

  /** What the seal of a running minute would name if it ended now; nothing when the minute before it is not sealed. */
  async soFar(minute: Micros): Promise<TopicSeal[]> {
    const previous = this.#options.ledger.seal(minute - MICROS_PER_MINUTE);
    return previous === null ? [] : this.#seals(previous, (topic, partitions) => this.#offsets.ends(topic, partitions));
  }

  /** What arrived until the cut-off of a minute that is over. @param previous the seal of the minute before */
  #sealed(minute: Micros, previous: Seal | null): Promise<TopicSeal[]> {
    const cutOffMs = (minute + MICROS_PER_MINUTE + this.#options.project.graceUs + 999n) / 1000n;
    const until = (ms: bigint) => (topic: string, partitions: number) => this.#cutOffs(topic, partitions, ms);
    // The first minute of all begins where the one before it would have ended; a topic made anew begins at its log start.
    return this.#seals(previous, until(cutOffMs), previous === null ? until(cutOffMs - 60_000n) : null);
  }

  /** Where `ms` (since 1970) lies in each partition, known for good: asked again where a message may still become readable that was stamped before. */
  async #cutOffs(topic: string, partitions: number, ms: bigint): Promise<readonly number[]> {
    const { clock } = this.#options;
    for (;;) {
      const isOver = clock.now() >= (ms + BigInt(CUT_OFF_MARGIN_MS)) * 1000n;
      const { offsets, isPassed } = await this.#offsets.cutOffs(topic, partitions, ms);
      if (isPassed || isOver) return offsets;
      await clock.sleep(CUT_OFF_AGAIN_MS);
    }
  }

  /** The streams from the seal before on. @param first where they begin without one; null: at their log's start */
  async #seals(previous: Seal | null, ends: Offsets, first: Offsets | null = null): Promise<TopicSeal[]> {
    const { project } = this.#options;
    const streams: TopicSeal[] = [];
    for (const { name } of project.streams) {
      const topic = topicOf(project, name);
      const facts = await this.#offsets.describe(topic);
      const to = await ends(topic, facts.partitions);
      const from = first === null ? null : await first(topic, facts.partitions);
      streams.push(await this.#topicSeal(name, topic, facts, previous, from, to));
    }
    return streams;
  }

  async #topicSeal(
    stream: string,
    topic: string,
    { id, partitions, arrival }: TopicFacts,
    previous: Seal | null,
    first: readonly number[] | null,
    ends: readonly number[],
  ): Promise<TopicSeal> {
    const before = previous?.streams.find((s) => s.stream === stream && s.kind === 'topic');
    const kept = before?.kind === 'topic' && before.topicId === id ? before.ranges : null;
    const starts = await this.#offsets.logStarts(topic, partitions);
    const { ranges, lost } = rangesOf(kept, first ?? starts, starts, ends);
    return { stream, kind: 'topic', topic, topicId: id, arrival, ranges, lost };
  }

  async messages(session: SparkSession, _minute: Micros, stream: StreamSeal): Promise<string | null> {
    if (stream.kind !== 'topic') throw new ParallaxError('PRLX_SEAL', `the seal of ${stream.stream} names a file, not a topic`);
    const index = this.#options.project.streams.findIndex((s) => s.name === stream.stream);
    const view = `prlx_messages_${index}`;
    return (await openTopicRange(session, view, this.#options.bootstrap, stream)) ? `SELECT * FROM ${view}` : null;
  }

  async packed(_session: SparkSession, _minute: Micros, stream: StreamSeal, spec: string): Promise<string | null> {
    if (stream.kind !== 'topic') throw new ParallaxError('PRLX_SEAL', `the seal of ${stream.stream} names a file, not a topic`);
    return topicEventsSql(this.#options.bootstrap, stream, spec);
  }

  async capture(minute: Micros, seal: Seal, population: () => KeyBatches, isMore: boolean): Promise<Close> {
    const armed = this.#armed.get(minute);
    if (seal.missed || armed === undefined) return { online: [] };
    await armed.running;
    const asked = await askAll(armed, population);
    this.#asked = { minute, keys: isMore ? joined(armed.drafted, asked) : asked };
    const cut = armed.deadline.signal.aborted;
    armed.deadline.abort();
    this.#armed.delete(minute);
    const closed = await Promise.all(armed.captures.map((capture) => capture.close()));
    this.#after = { minute, captures: armed.captures.flatMap((capture) => capture.after() ?? []) };
    return { online: closed.filter((c): c is OnlineClose => c !== null), ...(cut ? { cut } : {}) };
  }

  /**
   * What the calls of a running minute have brought, topped up for its population so far: for a draft of it. Null when they were cut off, or not made.
   */
  async answersSoFar(minute: Micros, population: () => KeyBatches): Promise<readonly CountedCapture[] | null> {
    const armed = this.#armed.get(minute);
    if (armed === undefined) return this.#options.project.online.length === 0 ? [] : null;
    await armed.running;
    armed.drafted = await askAll(armed, population);
    if (armed.deadline.signal.aborted) return null;
    const captures = await Promise.all(armed.captures.map((capture) => capture.soFar()));
    return captures.filter((capture) => capture !== null);
  }

  /** The calls after those that a draft of the minute took. */
  answersAfter(minute: Micros): readonly CountedCapture[] {
    return this.#after?.minute === minute ? this.#after.captures : [];
  }

  async captures(minute: Micros, close: Close): Promise<readonly Capture[]> {
    const { project, paths } = this.#options;
    const captures: Capture[] = [];
    for (const { source: name, sha256 } of close.online) {
      const source = project.online.find((s) => s.name === name);
      const path = paths.capture(minute, name);
      if (source === undefined || !existsSync(path) || (await fileDigest(path)) !== sha256) {
        throw new ParallaxError('PRLX_CAPTURE', `the captured answers of ${name} for this minute are gone or changed: ${path}`, {
          advice: 'Restore the file: the minute cannot be computed from its manifest without it.',
        });
      }
      captures.push({ source, path });
    }
    return captures;
  }

  #arm(minute: Micros): void {
    const { project, paths, clock, onlineUrls } = this.#options;
    const deadline = new AbortController();
    const last = minute + MICROS_PER_MINUTE + project.graceUs + BigInt(ONLINE_CLOSE_MS) * 1000n;
    const captures = project.online.map(
      (source) =>
        new SourceCapture({
          source,
          keyType: project.key.type,
          url: onlineUrls.get(source.name) ?? '',
          path: paths.capture(minute, source.name),
          clock,
          deadline,
        }),
    );
    const known = this.#known;
    const armed: Armed = {
      deadline,
      captures,
      running: Promise.all(captures.map((c) => c.ask(known))).then(() => undefined),
      drafted: [],
    };
    this.#armed.set(minute, armed);
    void sleepUntil(clock, last, deadline.signal).then(() => {
      deadline.abort();
      return finishAll(armed);
    });
  }
}

/** Ends the files of calls whose time is over; whoever closes the minute meets what fails. */
async function finishAll({ captures }: Armed): Promise<void> {
  await Promise.allSettled(captures.map((capture) => capture.finish()));
}

/** Asks for those of a population that were not asked for. @returns its keys: read once for all sources, and for the next minute's calls, as many as are kept */
async function askAll({ deadline, captures }: Armed, population: () => KeyBatches): Promise<readonly string[]> {
  const keys: string[] = [];
  let all = true;
  for await (const some of population()) {
    const room = KNOWN_CUSTOMERS_MAX - keys.length;
    for (const key of room < some.length ? some.slice(0, room) : some) keys.push(key);
    all = some.length <= room;
    if (!all) break;
  }
  if (!deadline.signal.aborted) await Promise.all(captures.map((capture) => capture.ask(all ? keys : population())));
  return keys;
}

/** All keys of a population that was drafted, and behind them those of `more` that it has not: some thousand, which alone are looked at twice. */
function joined(drafted: readonly string[], more: readonly string[]): readonly string[] {
  const others = new Set(more);
  for (const key of drafted) others.delete(key);
  return others.size === 0 ? drafted : [...drafted, ...others];
}

/** The Kafka topic that carries a stream: its own, or the bridge's. */
export function topicOf(project: Project, stream: string): string {
  const from = project.streams.find((s) => s.name === stream)?.from;
  if (from === undefined || from === null)
    throw new ParallaxError('PRLX_PROJECT', `the stream ${stream} says no \`from\``, {
      exitCode: 2,
      advice: 'Name its Kafka topic or AMQP address.',
    });
  return from.kind === 'kafka' ? from.topic : from.bridgeTopic;
}
