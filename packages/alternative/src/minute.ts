import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { floorTo, formatSecond, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import type { AcceptedMinute } from './accept/accepted-minute.ts';
import { type ClassCount, Intake } from './accept/intake.ts';
import { activeDay } from './batch/active-day.ts';
import { BatchDays } from './batch/batch-days.ts';
import type { AsideRows, BatchView } from './batch/batch-view.ts';
import { contributionsOf } from './batch/contributions.ts';
import { KeptRows } from './batch/kept-rows.ts';
import { BASE_POPULATION_MAX, SCORED_AT_ONCE, WRITE_BYTES } from './limits.ts';
import { Lookups, type Rescored } from './lookups.ts';
import type { Project } from './names.ts';
import { Answers } from './online/answers.ts';
import { LineBytes } from './output/line-bytes.ts';
import { LineDigest } from './output/line-digest.ts';
import type { LineFiles } from './output/line-files.ts';
import { Lines } from './output/lines.ts';
import { EventParser } from './parse/event-parser.ts';
import { Interner } from './parse/interner.ts';
import { compareUtf8 } from './parse/text.ts';
import { EventClock } from './parse/time.ts';
import { Phases } from './phases.ts';
import { CustomerView, type Substitution, substituted, windowColumns } from './score/customer-view.ts';
import { Decisions, type LastDecision } from './score/decisions.ts';
import type { Logic } from './score/logic.ts';
import { Scorer } from './score/results.ts';
import { type Score, ScoredAhead } from './score/scored-ahead.ts';
import { SortedKeys } from './score/sorted-keys.ts';
import { type Spread, SpreadCounter } from './score/spread.ts';
import type { Sources } from './sources/source.ts';
import { type Checkpoint, writeCheckpoint } from './store/checkpoint.ts';
import { EventStore } from './store/event-store.ts';
import { Windows } from './window/windows.ts';

/** What the alternative made of one minute. */
export interface AlternativeMinute {
  /** `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly minute: string;
  /** SHA-256 of the lines of events, results and actions, hex: equal to the Spark side's when all of them are. */
  readonly digest: string;
  /** By stream. */
  readonly counts: Readonly<Record<string, readonly ClassCount[]>>;
  readonly population: number;
  readonly satisfaction: Spread;
  /** Customers with events in the last hour that are not in the base. */
  readonly outsideBase: number;
  readonly actions: number;
  /** `YYYY-MM-DD`; null before any day is active. */
  readonly batchDay: string | null;
  /** Whether the day became active in this minute. */
  readonly newBatchDay: boolean;
  /** Milliseconds by phase, in the order in which they ran. */
  readonly phasesMs: Readonly<Record<string, number>>;
}

export interface AlternativeOptions {
  readonly project: Project;
  readonly logic: Logic;
  readonly sources: Sources;
  /** The first minute that is run; times are counted from it. A checkpoint has its own. */
  readonly from: Micros;
  /** Where `state` was when an alternative before this one was closed or killed; null: it begins with nothing. */
  readonly resume?: Checkpoint | null;
  /** A folder of its own for raw events and batch views. */
  readonly state: string;
  /** Whether `checkpoint` is called: files that the last one names stay until then. */
  readonly durable?: boolean;
  /** Batch views that outlast this alternative; it has its own otherwise. */
  readonly days?: BatchDays;
  readonly signal?: AbortSignal;
}

/** What became of a minute's messages. */
interface TakenIn {
  /** By stream. */
  readonly counts: Readonly<Record<string, readonly ClassCount[]>>;
  readonly accepted: readonly AcceptedMinute[];
  readonly phases: Phases;
}

/** Computes minute after minute by the alternative method (design, section 5); each minute must be the one after the last. */
export class Alternative {
  /** What it knows of the minute that was run last. */
  readonly lookups: Lookups;
  readonly #options: AlternativeOptions;
  readonly #clock: EventClock;
  /** The folder of what the minute at hand has accepted. */
  readonly #accepted: string;
  readonly #store: EventStore;
  readonly #windows: Windows;
  readonly #intakes: readonly Intake[];
  readonly #answers: readonly Answers[];
  readonly #rows = new KeptRows();
  readonly #customers: CustomerView;
  readonly #scorer: Scorer;
  readonly #decisions: Decisions;
  readonly #lines: Lines;
  /** Whether a key comes before another. */
  readonly #precedes: (a: string, b: string) => boolean;
  /** The customers with windows that are in the base. */
  readonly #windowed: SortedKeys;
  readonly #days: BatchDays;
  #view: BatchView | null = null;
  #version = '';
  /** Whether the view is another one than the last minute's. */
  #newDay = false;
  /** Customers of the last minute whose batch rows no window keeps. */
  #passing: readonly string[] = [];
  #next: Micros;
  /** The minute that was begun. */
  #begun: Micros | null = null;
  /** What of it was scored before its seal, by the view at hand. */
  #ahead: ScoredAhead | null = null;
  /** The minute whose messages were taken in before it is run. */
  #taken: TakenIn | null = null;

  constructor(options: AlternativeOptions) {
    const { project, sources } = options;
    this.#options = options;
    const { resume = null, state, signal } = options;
    this.#days =
      options.days ?? new BatchDays({ project, sources, folder: join(state, 'batch'), ...(signal === undefined ? {} : { signal }) });
    this.#next = resume === null ? options.from : resume.minute + MICROS_PER_MINUTE;
    this.#clock = new EventClock(resume?.origin ?? options.from);
    this.#accepted = join(options.state, 'accepted');
    this.#store = new EventStore(
      join(options.state, 'events'),
      project.streams.map(({ variables }) => variables.length),
    );
    this.#windows = new Windows(project, this.#store);
    const interner = new Interner();
    this.#intakes = project.streams.map(
      (stream, index) =>
        new Intake({
          parser: new EventParser(stream, project.key.type, this.#clock, interner),
          file: join(this.#accepted, `${index}.events`),
          payloadsOf: (refs, take) => sources.payloads(this.#next, stream.name, refs, take, signal),
          onAccepted: (event) => this.#windows.enter(index, event),
        }),
    );
    this.#answers = project.online.map((source) => new Answers(source, project.key.type, interner));
    const columns = windowColumns(project, this.#windows);
    this.#customers = new CustomerView(project, columns, this.#answers);
    this.#scorer = new Scorer(project, options.logic);
    this.#decisions = new Decisions(project);
    this.#lines = new Lines(project.key.name, columns);
    this.#precedes = project.key.type === 'text' ? (a, b) => compareUtf8(a, b) < 0 : (a, b) => a < b;
    this.#windowed = new SortedKeys(this.#precedes);
    this.lookups = new Lookups(project, this.#windows, this.#rows, this.#answers, this.#store, {
      rescore: (key, substitution) => this.#rescore(key, substitution),
      contributions: (key, day) => contributionsOf(project, sources, day, key),
    });
  }

  /** Throws PRLX_ALTERNATIVE_STATE when the raw events are not those that the checkpoint names. */
  async open(): Promise<void> {
    const { resume = null } = this.#options;
    await this.#store.open(resume?.files);
    // What one that was killed had accepted of its minute is read again.
    await rm(this.#accepted, { recursive: true, force: true });
    await mkdir(this.#accepted);
    if (resume !== null) await this.#restore(resume);
  }

  /** Windows and claims are made of the raw events on disk, answers of the captures: nothing is read from a broker again. */
  async #restore({ minute, decisions }: Checkpoint): Promise<void> {
    const { project } = this.#options;
    this.#windows.beginRestored(this.#minutes(minute), this.#minutes(floorTo(minute, MICROS_PER_HOUR)));
    const oldest = this.#clock.relative(minute) - Number(project.latenessUs);
    await this.#store.load((stream, at, event) => {
      this.#windows.restore(stream, at, event);
      if (event.time >= oldest) (this.#intakes[stream] as Intake).restore(event);
    });
    for (const answers of this.#answers)
      for (let back = BigInt(answers.source.maxAge); back >= 0n; back--) {
        const at = minute - back * MICROS_PER_MINUTE;
        answers.begin(at);
        await answers.take(at, this.#options.sources.calls(at, answers.source.name));
      }
    this.#decisions.restore(decisions);
  }

  /**
   * Makes what the next minutes need durable, in place of the last time: an alternative that is made of it goes on after the minute that was run last.
   * @param topics how far the source's topics were read
   */
  async checkpoint(topics: Checkpoint['topics']): Promise<void> {
    await writeCheckpoint(this.#options.state, {
      project: this.#options.project.hash,
      minute: this.#next - MICROS_PER_MINUTE,
      origin: this.#clock.origin,
      files: await this.#store.lengths(),
      topics,
      decisions: this.#decisions.last(),
    });
    await this.#store.sweep();
  }

  #minutes(time: Micros): number {
    return Number((time - this.#clock.origin) / MICROS_PER_MINUTE);
  }

  async close(): Promise<void> {
    if (this.#options.days === undefined) await this.#days.close();
  }

  /** Takes a minute in without scoring it: what later minutes need of it, when this side begins in the middle of a run. */
  async warm(minute: Micros): Promise<void> {
    this.#mustBeNext(minute);
    await this.#accept(minute, new Phases());
    this.#next = minute + MICROS_PER_MINUTE;
    await this.#takeAnswers(minute);
  }

  /** Makes the batch view of the minute's day, if it is another one: what can fail and take long is done before anything moves on. */
  async prepare(minute: Micros): Promise<void> {
    if (await this.#activate(minute)) this.#newDay = true;
  }

  /** What the batch view of the minute's day keeps aside; null without a day. */
  async batchAside(): Promise<readonly AsideRows[] | null> {
    return (await this.#view?.aside()) ?? null;
  }

  /** The cool-downs that minutes before the first have begun. */
  restoreDecisions(last: readonly LastDecision[]): void {
    this.#decisions.restore(last);
  }

  /**
   * Reads messages behind the minute that was run last, a few of each stream, where the source can; of the minute that was begun those that are in it for certain enter
   * the windows, and the calls that were captured for it are taken.
   */
  async readAhead(): Promise<void> {
    const { project, sources } = this.#options;
    const minute = this.#begun;
    for (const [index, { name }] of project.streams.entries()) {
      await sources.readAhead?.(name);
      if (minute === null) continue;
      const intake = this.#intakes[index] as Intake;
      sources.messagesAhead?.(minute, name, (payload, id, ref) => intake.offer(payload, id, ref));
      await this.#oust(index);
    }
    if (minute !== null) await this.#takeAnswersSoFar(minute);
  }

  async #takeAnswersSoFar(minute: Micros): Promise<void> {
    const { sources } = this.#options;
    for (const answers of this.#answers) await answers.take(minute, (await sources.callsAhead?.(minute, answers.source.name)) ?? []);
  }

  /**
   * Scores the customers of the minute that was begun as if it ended now; when it is run, only those are scored again for whom something has changed. Of the population
   * `window` only: who is in another one is not known before.
   *
   * @param isOver asked between some customers and the next: whether there is no time left
   */
  async scoreAhead(isOver: () => boolean): Promise<void> {
    const { project, sources, signal } = this.#options;
    const minute = this.#begun;
    const view = this.#view;
    if (minute === null || view === null || project.population !== 'window') return;
    const day = activeDay(project, await sources.days(), minute);
    if (day?.day !== view.day || day.version !== this.#version) return;
    const ahead = new ScoredAhead(this.#windows.customers.mark());
    for (const answers of this.#answers) answers.mark();
    const { keys } = await this.#population();
    const text = formatSecond(minute);
    this.#customers.begin(minute, view.day);
    try {
      for (const [index, key] of keys.entries()) {
        if (index % SCORED_AT_ONCE === 0) {
          // Others have their turn: brokers and queues are answered meanwhile.
          await new Promise(setImmediate);
          signal?.throwIfAborted();
          if (isOver()) break;
        }
        const slot = this.#windows.customers.slotOf(key);
        const { line, ...score } = this.#scored(minute, text, key, slot);
        ahead.add(key, slot, line, score);
      }
    } catch (error) {
      // The minute itself will say it, if it is still so then.
      if (error instanceof ParallaxError && error.code === 'PRLX_ALTERNATIVE') return;
      throw error;
    }
    this.#ahead = ahead;
  }

  /**
   * Does what the minute's seal decides, before its online calls are closed: every message becomes one class, the windows move on, and who was scored ahead is scored again where
   * something has changed. The lookups are then of this minute, but for its answers and actions. `run` does it otherwise; what fails behind the messages, it meets again.
   */
  async takeIn(minute: Micros): Promise<void> {
    const { counts, accepted } = await this.#takenIn(minute);
    if (this.#options.project.population !== 'window') return;
    try {
      await this.prepare(minute);
      if (this.#view === null) return;
      await this.#takeAnswersSoFar(minute);
      const { keys } = await this.#population();
      await this.#scoreAgain(minute, keys);
      this.#show(minute, keys, counts, accepted);
    } catch (error) {
      this.#ahead = null;
      if (!(error instanceof ParallaxError) || error.retryable) throw error;
    }
  }

  /** Scores those again for whom something has changed since they were scored ahead. */
  async #scoreAgain(minute: Micros, keys: readonly string[]): Promise<void> {
    const [ahead, view] = [this.#ahead, this.#view];
    if (ahead === null || view === null) return;
    const text = formatSecond(minute);
    const { customers } = this.#windows;
    const epoch = customers.mark();
    const answered = this.#answers.map((answers) => answers.mark());
    this.#customers.begin(minute, view.day);
    for (const [index, key] of keys.entries()) {
      if (index % SCORED_AT_ONCE === 0) {
        await new Promise(setImmediate);
        this.#options.signal?.throwIfAborted();
      }
      const at = ahead.find(key, this.#precedes);
      if (at < 0 || !(customers.changedSince(ahead.slot(at), ahead.epoch) || answered.some((changed) => changed.has(key)))) continue;
      const slot = customers.slotOf(key);
      const { line, ...score } = this.#scored(minute, text, key, slot);
      ahead.replace(at, slot, line, score);
    }
    ahead.renewed(epoch);
  }

  /** Does what can be done for a minute before its messages are known; `run` does it otherwise. The lookups of the minute before end here. */
  async begin(minute: Micros): Promise<void> {
    this.#mustBeNext(minute);
    if (this.#begun === minute) return;
    await this.#windows.begin(this.#minutes(minute), this.#minutes(floorTo(minute, MICROS_PER_HOUR)));
    const at = this.#clock.relative(minute);
    const limits = {
      oldest: at - Number(this.#options.project.latenessUs),
      ahead: at + Number(MICROS_PER_MINUTE + this.#options.project.maxAheadUs),
    };
    for (const intake of this.#intakes) await intake.begin(limits);
    for (const answers of this.#answers) answers.begin(minute);
    this.#ahead = null;
    if (this.#options.durable !== true) await this.#store.sweep();
    this.#begun = minute;
  }

  #mustBeNext(minute: Micros): void {
    if (minute !== this.#next) throw new RangeError(`${formatSecond(minute)} is not the minute after the last`);
  }

  /** Accept and window, online, batch, score and act: writes the minute's lines to `out`. */
  async run(minute: Micros, out: LineFiles): Promise<AlternativeMinute> {
    this.#mustBeNext(minute);
    const { project } = this.#options;
    const text = formatSecond(minute);
    const digest = new LineDigest();
    const { counts, accepted, phases } = await this.#takenIn(minute);
    this.#taken = null;
    // From here on the windows are this minute's: when scoring fails the next minute can be run all the same.
    this.#next = minute + MICROS_PER_MINUTE;
    for (const [stream, classes] of Object.entries(counts)) {
      for (const each of classes) addTo(digest, out, 'events', this.#lines.event(text, stream, each));
    }
    await phases.time('online', () => this.#takeAnswers(minute));
    await phases.time('batch', () => this.prepare(minute));
    const newBatchDay = this.#newDay;
    this.#newDay = false;
    const { keys, outsideBase } = await phases.time('population', () => this.#population());
    const { actions, acted, satisfaction } = await phases.time('score', () => this.#score(minute, keys, digest, out));
    this.#decisions.forget(minute);
    this.#show(minute, keys, counts, accepted);
    this.lookups.decided(acted);
    this.#passing = project.population === 'touched' ? keys.filter((key) => this.#windows.customers.slotOf(key) < 0) : [];
    return {
      minute: text,
      digest: digest.hex(),
      counts,
      population: keys.length,
      satisfaction,
      outsideBase,
      actions,
      batchDay: this.#view?.day ?? null,
      newBatchDay,
      phasesMs: phases.milliseconds(),
    };
  }

  /** Shows the minute to who asks; once, if nothing of it has changed. */
  #show(minute: Micros, population: readonly string[], counts: TakenIn['counts'], accepted: TakenIn['accepted']): void {
    const batchDay = this.#view?.day ?? null;
    const rejected = this.#intakes.map((intake) => intake.rejected());
    this.lookups.show({ minute, counts, accepted, rejected, origin: this.#clock.origin, population, batchDay });
  }

  /** What the minute has taken in; once. */
  async #takenIn(minute: Micros): Promise<TakenIn> {
    this.#mustBeNext(minute);
    if (this.#taken !== null) return this.#taken;
    const phases = new Phases();
    this.#rows.forget(this.#passing);
    const { counts, accepted, gone } = await this.#accept(minute, phases);
    this.#rows.forget(gone);
    this.#taken = { counts, accepted, phases };
    return this.#taken;
  }

  /** Every message of the minute becomes exactly one class; the windows move on by a minute. */
  async #accept(minute: Micros, phases: Phases): Promise<Omit<TakenIn, 'phases'> & { readonly gone: readonly string[] }> {
    const { project, sources, signal } = this.#options;
    await phases.time('window', () => this.begin(minute));
    const counts: Record<string, readonly ClassCount[]> = {};
    const accepted: AcceptedMinute[] = [];
    for (const [index, { name }] of project.streams.entries()) {
      const intake = this.#intakes[index] as Intake;
      await phases.time('accept', () => sources.messages(minute, name, (payload, id, ref) => intake.offer(payload, id, ref), signal));
      await phases.time('accept', () => intake.settle());
      await phases.time('window', () => this.#oust(index));
      await phases.time('keep', () => this.#windows.keep(index, intake.events));
      accepted.push(intake.end());
      counts[name] = intake.counts();
    }
    this.#begun = null;
    return { counts, accepted, gone: this.#windows.end() };
  }

  /** What a stream's intake has ousted since the last time leaves the windows. */
  #oust(stream: number): Promise<void> {
    const intake = this.#intakes[stream] as Intake;
    return this.#windows.oust(stream, intake.ousted(), intake.events);
  }

  async #takeAnswers(minute: Micros): Promise<void> {
    for (const answers of this.#answers) await answers.take(minute, this.#options.sources.calls(minute, answers.source.name));
  }

  /** Switches to the batch day of the minute; true when it, or its version, is another than before. */
  async #activate(minute: Micros): Promise<boolean> {
    const { project, sources } = this.#options;
    const day = activeDay(project, await sources.days(), minute);
    if (day === null || (day.day === this.#view?.day && day.version === this.#version)) return false;
    this.#view = await this.#days.use(day);
    this.#version = day.version;
    this.#ahead = null;
    this.#windowed.clear();
    this.#rows.use(this.#view);
    return true;
  }

  /** The keys of the minute's population, sorted as UTF-8 bytes. */
  async #population(): Promise<{ readonly keys: readonly string[]; readonly outsideBase: number }> {
    if (this.#view === null) return { keys: [], outsideBase: this.#windows.customers.size };
    const { population, key } = this.#options.project;
    const { customers } = this.#windows;
    const { come, gone } = customers.turnover();
    const isNew = this.#windowed.keys.length === 0;
    try {
      this.#windowed.change(await this.#inBase(isNew ? customers.keys() : come), isNew ? NOBODY : gone);
    } catch (error) {
      // Who came is not told twice.
      this.#windowed.clear();
      throw error;
    }
    const { keys } = this.#windowed;
    const outsideBase = customers.size - keys.length;
    if (population === 'window') return { keys, outsideBase };
    const candidates = await this.#inBase(population === 'base' ? await this.#base(this.#view) : this.#windows.touched);
    // Integers are ASCII: their code units are their bytes.
    return { keys: key.type === 'text' ? candidates.sort(compareUtf8) : candidates.sort(), outsideBase };
  }

  async #inBase(keys: Iterable<string>): Promise<string[]> {
    const asked = [...keys];
    await this.#rows.ensure(asked);
    return asked.filter((key) => this.#rows.get(key) !== null);
  }

  async #base(view: BatchView): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of view.base()) {
      if (keys.push(key) > BASE_POPULATION_MAX)
        throw new ParallaxError('PRLX_POPULATION', `the base holds more than ${BASE_POPULATION_MAX} customers`, {
          exitCode: 2,
          advice: 'Use population: window or touched in parallax.yaml.',
        });
    }
    return keys;
  }

  /** Windows, results and actions of the population; returns how satisfied it is, and how many actions were decided. */
  async #score(
    minute: Micros,
    keys: readonly string[],
    digest: LineDigest,
    out: LineFiles,
  ): Promise<Pick<AlternativeMinute, 'actions' | 'satisfaction'> & { readonly acted: readonly string[] }> {
    const spread = new SpreadCounter();
    if (this.#view === null) {
      await out.flush();
      return { actions: 0, acted: [], satisfaction: spread.spread() };
    }
    const text = formatSecond(minute);
    this.#customers.begin(minute, this.#view.day);
    const decided: string[] = [];
    const acted: string[] = [];
    const results = new LineBytes(WRITE_BYTES);
    const write = async (): Promise<void> => {
      const lines = results.take();
      digest.addBytes(lines);
      await out.write('results', lines);
    };
    for (const key of keys) {
      if (out.wants('windows')) {
        const slot = this.#windows.customers.slotOf(key);
        out.add('windows', this.#lines.window(text, key, slot, 'hour_to_date'));
        out.add('windows', this.#lines.window(text, key, slot, 'last_hour'));
      }
      const { hundredths, actions } = this.#result(minute, text, key, results);
      if (hundredths !== null) spread.add(hundredths);
      const decisions = this.#decisions.decide(key, minute, actions);
      for (const each of decisions) decided.push(this.#lines.action(text, key, each));
      if (decisions.length > 0) acted.push(key);
      if (out.isFull || results.isFull) {
        await write();
        this.#options.signal?.throwIfAborted();
      }
    }
    await write();
    for (const line of decided) addTo(digest, out, 'actions', line);
    await out.flush();
    return { actions: decided.length, acted, satisfaction: spread.spread() };
  }

  /** Adds the result line of a customer of the population: the one that was made ahead, if it still holds. */
  #result(minute: Micros, text: string, key: string, results: LineBytes): Score {
    const ahead = this.#ahead;
    const index = ahead?.find(key, this.#precedes) ?? -1;
    if (ahead !== null && index >= 0 && this.#holds(ahead, index, key)) {
      ahead.line(index, (block, from, to) => results.copy(block, from, to));
      return ahead.score(index);
    }
    const { line, ...score } = this.#scored(minute, text, key, this.#windows.customers.slotOf(key));
    results.add(line);
    return score;
  }

  /** The score of a customer of the population. @param text the minute as it is written */
  #scored(minute: Micros, text: string, key: string, slot: number): Score & { readonly line: string } {
    const row = this.#rows.get(key);
    if (row === null) throw new Error(`${key} is in the population and not in the base`);
    const { satisfaction, result, actions } = this.#scorer.score(this.#customers.show(key, slot, row), minute);
    const line = this.#lines.result(text, key, satisfaction, this.#scorer.columns, result);
    return { line, hundredths: satisfaction === null ? null : Number(satisfaction.unscaled), actions };
  }

  /** Whether all that a score was made of ahead is as it was. */
  #holds(ahead: ScoredAhead, index: number, key: string): boolean {
    return !this.#windows.customers.changedSince(ahead.slot(index), ahead.epoch) && this.#answers.every(({ changed }) => !changed.has(key));
  }

  #rescore(key: string, substitution: Substitution): Rescored | null {
    const row = this.#rows.get(key);
    if (row === null) return null;
    const { minute } = this.lookups.facts;
    const customer = substituted(this.#customers.show(key, this.#windows.customers.slotOf(key), row), substitution);
    try {
      const { satisfaction, result, actions } = this.#scorer.score(customer, minute);
      return { line: this.#lines.result(formatSecond(minute), key, satisfaction, this.#scorer.columns, result), actions };
    } catch (error) {
      // What is put in need not be what the functions can take.
      if (error instanceof ParallaxError && error.code === 'PRLX_ALTERNATIVE') return null;
      throw error;
    }
  }
}

const NOBODY: ReadonlySet<string> = new Set();

function addTo(digest: LineDigest, out: LineFiles, file: 'events' | 'actions', line: string): void {
  digest.add(line);
  out.add(file, line);
}
