import { join } from 'node:path';
import {
  canonicalJson,
  type InputFinding,
  MICROS_PER_MINUTE,
  type Micros,
  ParallaxError,
  type Project,
  type Seal,
  type Stream,
} from '@parallax/core';
import { resolveSecret } from '@parallax/core/secrets.ts';
import { EventParser } from '../../parse/event-parser.ts';
import { EventClock } from '../../parse/time.ts';
import type { TopicPosition } from '../../store/checkpoint.ts';
import type { DayVersion, OnlineCall, RegisteredDay, Sources, TableRows, TakeMessage, TakePayload } from '../source.ts';
import { aheadOfSeal } from './ahead-of-seal.ts';
import { BatchSource } from './batch-source.ts';
import { BridgedStream } from './bridged-stream.ts';
import { CaptureReader } from './captures.ts';
import { checkAsked } from './check-asked.ts';
import { checkManifest } from './check-manifest.ts';
import type { TopicSeal } from './check-stream.ts';
import type { Joined } from './join-queue.ts';
import type { LedgerReader, Manifest } from './ledger-reader.ts';
import { AHEAD_BYTES_MAX, QUEUE_PATIENCE_MS } from './limits.ts';
import { LiveTopic, placeOf, type TopicMinute, type TopicRecord } from './live-topic.ts';
import { OwnQueue } from './own-queue.ts';
import { type CapturedAnswers, type OwnCallRule, OwnSamples } from './own-samples.ts';
import { type KeptMessage, QueueJournal } from './queue-journal.ts';
import type { Env } from './settings.ts';
import { TopicLog } from './topic-log.ts';

export interface LiveSourcesOptions {
  readonly project: Project;
  /** The run's state folder: its captures are read there, this side's own files are kept in `verifier` in it. */
  readonly state: string;
  /** The run's ledger; asked for when the first minute begins. */
  readonly ledger: () => LedgerReader;
  /** Kafka's bootstrap servers, `host:port,…`: the run's own, or others of the same cluster: topic ids and offsets are those of the seal. */
  readonly kafka: string;
  /** The AMQP broker of streams that name none; undefined: no such stream. */
  readonly amqp: string | undefined;
  /** Addresses of copies of the stores, by batch source. */
  readonly stores: Readonly<Record<string, string>>;
  /** The bulk APIs that this side may call by itself, by online source. */
  readonly ownCalls?: Readonly<Record<string, OwnCallRule>>;
  readonly env: Env;
  readonly now: () => number;
  /** How long the own queue is waited for when a minute is read, ms (default: 30 s); a message that has just come is given 2 minutes in any case. */
  readonly queuePatienceMs?: number;
  readonly note: (text: string) => void;
}

interface LiveStream {
  readonly stream: Stream;
  readonly topic: LiveTopic;
  readonly bridged: { readonly join: BridgedStream; readonly queue: OwnQueue; readonly journal: QueueJournal } | null;
}

/** What was given of a minute, before it was sealed and after. */
interface Given {
  readonly minute: Micros;
  /** By stream: messages whose payload in the own queue is another than the bridge's, by their `ref`. */
  readonly differing: Map<string, Map<number, KeptMessage>>;
  /** By online source. */
  readonly captures: Map<string, CaptureReader>;
}

/** A minute with what was sealed for it. */
export type SealedMinute = Pick<Manifest, 'minute' | 'seal'>;

/** What one minute is read by. */
interface Current {
  readonly minute: Micros;
  readonly seal: Seal;
  /** Null until it is closed. */
  manifest: Manifest | null;
  /** By stream. */
  readonly topics: ReadonlyMap<string, TopicMinute>;
  readonly calls: Map<string, readonly OnlineCall[]>;
  readonly findings: InputFinding[];
  readonly known: boolean;
  before: number;
  beforeBridge: number;
  readonly notAsked: Record<string, number>;
}

/**
 * Everything that a minute reads, from its own place: brokers, queue and stores by this side's own clients. `begin` a minute with its seal, whereupon the alternative can
 * take its messages in; tell it that it is `closed` with its manifest, let the alternative run it, then ask for the `findings` and say that it is `done`.
 */
export class LiveSources implements Sources {
  readonly #options: LiveSourcesOptions;
  readonly #log: TopicLog;
  readonly #streams: readonly LiveStream[];
  readonly #batch: BatchSource;
  readonly #samples: OwnSamples;
  readonly #reading = new AbortController();
  #current: Current | null = null;
  #given: Given | null = null;
  /** Of the last two minutes whose findings were asked for. */
  readonly #populations = new Map<Micros, readonly string[]>();

  constructor(options: LiveSourcesOptions) {
    const { project, kafka, env, stores, state, now } = options;
    this.#options = options;
    this.#log = new TopicLog(kafka, `parallax-${project.name}-verifier`, now);
    this.#streams = project.streams.map((stream) => this.#liveStream(stream));
    this.#batch = new BatchSource({ project, env, addresses: stores, scratch: join(state, 'verifier', 'shape'), now });
    this.#samples = new OwnSamples(project, options.ownCalls ?? {}, env, now);
  }

  /** Attaches to this side's own queues: what is sent to their addresses from then on is kept. */
  async open(): Promise<void> {
    await this.#batch.open();
    for (const { bridged } of this.#streams) {
      if (bridged === null) continue;
      await bridged.journal.open();
      await bridged.queue.start();
      // Only now is it certain that the queue is there.
      await bridged.journal.attached(this.#options.now());
    }
  }

  async close(): Promise<void> {
    this.#reading.abort();
    for (const { bridged } of this.#streams) {
      await bridged?.queue.stop();
      await bridged?.journal.close();
    }
    await this.#batch.close();
    await this.#log.close();
  }

  /**
   * Starts a minute: checks its seal, and finds by itself what belongs to the minute.
   * @param known the minute was verified before: it is taken in once more for what later ones need of it
   */
  async begin({ minute, seal }: SealedMinute, known = false, signal?: AbortSignal): Promise<void> {
    const ledger = this.#options.ledger();
    const previous = ledger.seal(minute - MICROS_PER_MINUTE);
    const findings: InputFinding[] = [];
    const topics = new Map<string, TopicMinute>();
    for (const { stream, topic } of this.#streams) {
      const checked = await topic.check(minute, topicSeal(seal, stream.name), previous === null ? null : topicSeal(previous, stream.name));
      topics.set(stream.name, checked);
      findings.push(...checked.findings);
    }
    findings.push(...(await this.#batch.check(minute, seal, ledger.days(), ledger.refused())));
    if (previous === null)
      for (const { stream, topic, bridged } of this.#streams)
        if (bridged !== null)
          await topic.earlier(
            topics.get(stream.name) as TopicMinute,
            (record, partition) => bridged.join.earlier({ ...record, partition }),
            signal,
          );
    this.#current = { minute, seal, manifest: null, topics, findings, known, calls: new Map(), before: 0, beforeBridge: 0, notAsked: {} };
  }

  /** The minute's online calls are closed: checks the manifest. Throws PRLX_ALTERNATIVE_AHEAD where it has another seal than the minute was begun with. */
  closed(manifest: Manifest): void {
    const current = this.#at();
    if (canonicalJson({ seal: manifest.seal }) !== canonicalJson({ seal: current.seal })) throw aheadOfSeal('it was sealed anew');
    current.findings.unshift(...checkManifest(this.#options.project, manifest));
    current.manifest = manifest;
  }

  /** While a minute is awaited: makes this side's own bulk calls when it is about to end. @param population of the minute before */
  sample(minute: Micros, population: readonly string[]): void {
    this.#samples.take(minute, population);
  }

  /** How this side's own answers compare to the captured ones, when the minute was run. Those of an earlier minute are not waited for. */
  async skew(captured: CapturedAnswers): Promise<Readonly<Record<string, number>>> {
    const { minute, findings } = this.#at();
    const { findings: found, coverage } = await this.#samples.compare(minute, captured);
    findings.push(...found);
    return coverage;
  }

  /** What the minute's inputs have wrong, when it was run. */
  findings(population: readonly string[]): readonly InputFinding[] {
    const { minute, seal, manifest, calls, findings } = this.#at();
    const { project } = this.#options;
    const known = this.#wasKnown(minute, population);
    if (seal.missed) return findings;
    if (manifest === null) throw new Error('the minute is not closed');
    const sealed = minute + MICROS_PER_MINUTE + project.graceUs;
    const cut = manifest.close.cut === true;
    const asked: InputFinding[] = [];
    for (const { name } of project.online) {
      const of = checkAsked({ source: name, sealed, sealedAt: manifest.sealedAt, calls: calls.get(name) ?? [], population, known, cut });
      asked.push(...of.findings);
      if (of.notAsked > 0) this.#at().notAsked[`not_asked.${name}`] = of.notAsked;
    }
    return [...findings, ...asked];
  }

  /** By online source: customers of the minute who were not asked for, as the verdict's coverage names it. Known with the findings. */
  get notAsked(): Readonly<Record<string, number>> {
    return this.#at().notAsked;
  }

  /** Who is known when calls begin: the coordinator may still be at the minute before, so whoever was in both minutes before. */
  #wasKnown(minute: Micros, population: readonly string[]): (customer: string) => boolean {
    const [first, second] = [1n, 2n].map((before) => this.#populations.get(minute - before * MICROS_PER_MINUTE));
    for (const each of this.#populations.keys()) if (each < minute - MICROS_PER_MINUTE) this.#populations.delete(each);
    this.#populations.set(minute, population);
    if (first === undefined || second === undefined) return () => false;
    // Made when somebody was left out, which is rare.
    let keys: readonly ReadonlySet<string>[] | null = null;
    return (customer) => {
      keys ??= [new Set(first), new Set(second)];
      return keys.every((each) => each.has(customer));
    };
  }

  /** Messages of the minute whose payload this side has from the bridge's topic, since its own queue was not there yet. */
  get beforeQueue(): number {
    return this.#at().before;
  }

  /** Messages of the own queue that no minute will hold, since the bridge's queue was not there yet: found when the minute was read. */
  get beforeBridge(): number {
    return this.#at().beforeBridge;
  }

  /** The minute was run and its outcome is durable. */
  async done(): Promise<void> {
    this.#current = null;
    for (const { bridged } of this.#streams) await bridged?.join.done();
  }

  /** How far each stream's topic was read. */
  positions(): Readonly<Record<string, TopicPosition>> {
    return Object.fromEntries(
      this.#streams.flatMap(({ stream, topic }) => (topic.position === null ? [] : [[stream.name, topic.position]])),
    );
  }

  /**
   * For an alternative that begins anew: reading goes on at `positions`, of other streams where the seal says. What was read ahead was taken by
   * another alternative: it is read again.
   */
  restart(positions: Readonly<Record<string, TopicPosition>>): void {
    this.#current = null;
    this.#given = null;
    for (const { stream, topic } of this.#streams) topic.restart(positions[stream.name] ?? null);
  }

  /** The minute's messages were taken: nobody asks for their payloads any more. */
  taken(): void {
    this.#given = null;
  }

  async readAhead(name: string): Promise<boolean> {
    let held = 0;
    for (const { topic } of this.#streams) held += topic.aheadBytes;
    return held <= AHEAD_BYTES_MAX && this.#stream(name).topic.readAhead(this.#reading.signal);
  }

  #stream(name: string): LiveStream {
    const found = this.#streams.find(({ stream }) => stream.name === name);
    if (found === undefined) throw new Error(`no stream ${name}`);
    return found;
  }

  /**
   * Of a queue's messages those that this side's own queue has handed over. Nothing once the minute has ended: who stamps messages late may put some of its
   * time behind its end.
   */
  messagesAhead(minute: Micros, name: string, take: TakeMessage): void {
    if (BigInt(this.#options.now()) * 1000n >= minute + MICROS_PER_MINUTE) return;
    const { bridged, topic } = this.#stream(name);
    this.#givenOf(minute);
    topic.offerAhead(minute, (record, partition) => {
      const joined = bridged === null ? { payload: record.value, id: null } : bridged.join.ahead({ ...record, partition });
      if (joined === null) return false;
      take(joined.payload, joined.id, placeOf(record, partition));
      return true;
    });
  }

  /** What was given of the minute; of another one all is forgotten. */
  #givenOf(minute: Micros): Given {
    if (this.#given?.minute !== minute) this.#given = { minute, differing: new Map(), captures: new Map() };
    return this.#given;
  }

  /** Messages are taken as they are read: none of them stays here. */
  async messages(minute: Micros, name: string, take: TakeMessage, signal?: AbortSignal): Promise<void> {
    const current = this.#at();
    const { topic, bridged } = this.#stream(name);
    const of = current.topics.get(name);
    if (of === undefined) throw new Error(`no topic of ${name} was looked at`);
    if (bridged === null) {
      await topic.read(of, (record, partition) => take(record.value, null, placeOf(record, partition)), signal);
      return;
    }
    const differing = new Map<number, KeptMessage>();
    this.#givenOf(minute).differing.set(name, differing);
    const give = ({ record, payload, id, by, own }: Joined): void => {
      const ref = placeOf(record, record.partition);
      if (by === 'differs' && own !== null) differing.set(ref, own);
      take(payload, id, ref);
    };
    const read = (each: (record: TopicRecord) => void) => topic.read(of, (record, partition) => each({ ...record, partition }), signal);
    const { findings, before, beforeBridge } = await bridged.join.minute(read, give, this.#endMs(), current.known, signal);
    current.findings.push(...findings);
    current.before += before;
    current.beforeBridge += beforeBridge;
  }

  async payloads(minute: Micros, name: string, refs: readonly number[], take: TakePayload, signal?: AbortSignal): Promise<void> {
    const { topic, bridged } = this.#stream(name);
    const differing = this.#givenOf(minute).differing.get(name);
    const give = (ref: number, payload: Buffer | null): void => {
      if (payload !== null) take(ref, payload);
    };
    await topic.again(
      refs,
      (record, partition) => {
        const ref = placeOf(record, partition);
        const own = differing?.get(ref);
        give(ref, own === undefined || bridged === null ? record.value : bridged.journal.payload(own));
      },
      signal,
    );
  }

  callsAhead(minute: Micros, source: string): Promise<readonly OnlineCall[]> {
    return this.#capture(this.#givenOf(minute), source).ahead();
  }

  #capture({ minute, captures }: Given, source: string): CaptureReader {
    let reader = captures.get(source);
    if (reader === undefined) {
      reader = new CaptureReader(this.#options.state, minute, source);
      captures.set(source, reader);
    }
    return reader;
  }

  async *calls(minute: Micros, source: string): AsyncIterable<OnlineCall> {
    const current = this.#current?.minute === minute ? this.#current : null;
    // Of an earlier minute only what stands in is wanted: what was wrong with it was found in its time.
    const manifest = current?.manifest ?? this.#options.ledger().manifest(minute);
    if (manifest === null) return;
    const reader = current === null ? new CaptureReader(this.#options.state, minute, source) : this.#capture(this.#givenOf(minute), source);
    if (manifest.seal.missed) {
      if (reader.given.length > 0) throw aheadOfSeal(`${source} was not asked in time`);
      return;
    }
    const { calls, findings } = await reader.rest(manifest.close);
    current?.calls.set(source, [...reader.given, ...calls]);
    current?.findings.push(...findings);
    yield* calls;
  }

  days(): Promise<readonly RegisteredDay[]> {
    return this.#batch.days(this.#options.ledger().days());
  }

  /** The newest day that the stores' markers say is complete, registered or not; null: none is. */
  newestDay(): Promise<DayVersion | null> {
    return this.#batch.newest();
  }

  holds(day: DayVersion): Promise<boolean> {
    return this.#batch.holds(day);
  }

  table(day: string, source: string, table: string): Promise<TableRows> {
    return this.#batch.table(day, source, table);
  }

  async dayBytes(): Promise<number> {
    return this.#batch.dayBytes();
  }

  #at(): Current {
    if (this.#current === null) throw new Error('no minute has begun');
    return this.#current;
  }

  #endMs(): number {
    return Number((this.#at().minute + MICROS_PER_MINUTE + this.#options.project.graceUs) / 1000n);
  }

  #liveStream(stream: Stream): LiveStream {
    const { project, amqp, env, state, now, note, queuePatienceMs = QUEUE_PATIENCE_MS } = this.#options;
    const { from } = stream;
    if (from === null) throw new ParallaxError('PRLX_PROJECT', `the stream ${stream.name} says no \`from\``, { exitCode: 2 });
    if (from.kind === 'kafka') return { stream, topic: new LiveTopic(this.#log, from.topic, project), bridged: null };
    const url = amqp ?? (from.url === null ? undefined : resolveSecret(from.url, env));
    if (url === undefined)
      throw new ParallaxError('PRLX_USAGE', `the stream ${stream.name} comes from AMQP, and no broker is named`, {
        exitCode: 2,
        advice: 'Give --amqp amqp://host:port, or alternative: { amqp: … } in deploy.yaml.',
      });
    const journal = new QueueJournal(join(state, 'verifier', 'queues', stream.name));
    const queue = new OwnQueue({ url, address: from.address, queue: `${from.address}.alternative`, journal, now, note });
    const parser = new EventParser(stream, project.key.type, new EventClock(0n));
    const customerOf = (payload: Buffer | null): string | null => (parser.parse(payload, 'any') === null ? parser.key : null);
    const bridged = new BridgedStream({ stream: stream.name, queue, journal, now, patienceMs: queuePatienceMs, customerOf });
    return { stream, topic: new LiveTopic(this.#log, from.bridgeTopic, project), bridged: { join: bridged, queue, journal } };
  }
}

function topicSeal(seal: Seal, stream: string): TopicSeal {
  const found = seal.streams.find((each) => each.stream === stream);
  if (found?.kind !== 'topic')
    throw new ParallaxError('PRLX_SEAL', `the seal of ${seal.minute} names no topic of the stream ${stream}`, {
      advice: 'Was the run made with other streams? Give the verifier the same project.',
    });
  return found;
}
