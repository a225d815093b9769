import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { floorTo, formatSecond, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import type { AcceptedEvents } from './accept/accepted-events.ts';
import { type ClassCount, Intake } from './accept/intake.ts';
import { activeDay } from './batch/active-day.ts';
import { BatchView } from './batch/batch-view.ts';
import { KeptRows } from './batch/kept-rows.ts';
import { BASE_POPULATION_MAX } from './limits.ts';
import { Lookups, type Rescored } from './lookups.ts';
import type { Project } from './names.ts';
import { Answers } from './online/answers.ts';
import type { LineFiles } from './output/line-files.ts';
import { Lines } from './output/lines.ts';
import { EventParser } from './parse/event-parser.ts';
import { compareUtf8 } from './parse/text.ts';
import { EventClock } from './parse/time.ts';
import { Phases } from './phases.ts';
import { CustomerView, type Substitution, substituted, windowColumns } from './score/customer-view.ts';
import { Decisions } from './score/decisions.ts';
import type { Logic } from './score/logic.ts';
import { Scorer } from './score/results.ts';
import { type Spread, SpreadCounter } from './score/spread.ts';
import type { Sources } from './sources/source.ts';
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
  /** The first minute that is run; times are counted from it. */
  readonly from: Micros;
  /** A folder of its own for raw events and batch views. */
  readonly state: string;
  readonly signal?: AbortSignal;
}

/** Computes minute after minute by the alternative method (design, section 5); each minute must be the one after the last. */
export class Alternative {
  /** What it knows of the minute that was run last. */
  readonly lookups: Lookups;
  readonly #options: AlternativeOptions;
  readonly #clock: EventClock;
  readonly #store: EventStore;
  readonly #windows: Windows;
  readonly #intakes: readonly Intake[];
  readonly #answers: readonly Answers[];
  readonly #rows = new KeptRows();
  readonly #customers: CustomerView;
  readonly #scorer: Scorer;
  readonly #decisions: Decisions;
  readonly #lines: Lines;
  #view: BatchView | null = null;
  /** Customers of the last minute whose batch rows no window keeps. */
  #passing: readonly string[] = [];
  #next: Micros;

  constructor(options: AlternativeOptions) {
    const { project, sources } = options;
    this.#options = options;
    this.#next = options.from;
    this.#clock = new EventClock(options.from);
    this.#store = new EventStore(
      join(options.state, 'events'),
      project.streams.map(({ variables }) => variables.length),
    );
    this.#windows = new Windows(project, this.#store);
    this.#intakes = project.streams.map(
      (stream) =>
        new Intake(new EventParser(stream, project.key.type, this.#clock), (ref) => sources.payload(this.#next, stream.name, ref)),
    );
    this.#answers = project.online.map((source) => new Answers(source, project.key.type));
    const columns = windowColumns(project, this.#windows);
    this.#customers = new CustomerView(project, columns, this.#answers);
    this.#scorer = new Scorer(project, options.logic);
    this.#decisions = new Decisions(project);
    this.#lines = new Lines(project.key.name, columns);
    this.lookups = new Lookups(this.#windows, this.#rows, this.#answers, this.#store, (key, substitution) =>
      this.#rescore(key, substitution),
    );
  }

  async open(): Promise<void> {
    await this.#store.open();
  }

  async close(): Promise<void> {
    await this.#view?.close();
  }

  /** Accept and window, online, batch, score and act: writes the minute's lines to `out`. */
  async run(minute: Micros, out: LineFiles): Promise<AlternativeMinute> {
    if (minute !== this.#next) throw new RangeError(`${formatSecond(minute)} is not the minute after the last`);
    const { project } = this.#options;
    const text = formatSecond(minute);
    const phases = new Phases();
    const digest = createHash('sha256');
    this.#rows.forget(this.#passing);
    const { counts, accepted, gone } = await this.#accept(minute, phases);
    for (const [stream, classes] of Object.entries(counts)) {
      for (const each of classes) addTo(digest, out, 'events', this.#lines.event(text, stream, each));
    }
    await phases.time('online', () => this.#takeAnswers(minute));
    const newBatchDay = await phases.time('batch', () => this.#activate(minute));
    this.#rows.forget(gone);
    const { keys, outsideBase } = await phases.time('population', () => this.#population());
    const { actions, satisfaction } = await phases.time('score', () => this.#score(minute, keys, digest, out));
    this.#decisions.forget(minute);
    const rejected = this.#intakes.map((intake) => intake.rejected());
    this.lookups.show({
      minute,
      counts,
      accepted,
      rejected,
      origin: this.#clock.origin,
      population: keys,
      batchDay: this.#view?.day ?? null,
    });
    this.#passing = project.population === 'touched' ? keys.filter((key) => this.#windows.customers.slotOf(key) < 0) : [];
    this.#next = minute + MICROS_PER_MINUTE;
    return {
      minute: text,
      digest: digest.digest('hex'),
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

  /** Every message of the minute becomes exactly one class; the windows move on by a minute. */
  async #accept(
    minute: Micros,
    phases: Phases,
  ): Promise<{
    readonly counts: Record<string, readonly ClassCount[]>;
    readonly accepted: readonly AcceptedEvents[];
    readonly gone: readonly string[];
  }> {
    const { project, sources, signal } = this.#options;
    const at = this.#clock.relative(minute);
    const limits = {
      oldest: at - Number(project.latenessUs),
      ahead: at + Number(MICROS_PER_MINUTE + project.maxAheadUs),
    };
    const minutes = (time: Micros) => Number((time - this.#clock.origin) / MICROS_PER_MINUTE);
    await phases.time('window', () => this.#windows.begin(minutes(minute), minutes(floorTo(minute, MICROS_PER_HOUR))));
    const counts: Record<string, readonly ClassCount[]> = {};
    const accepted: AcceptedEvents[] = [];
    for (const [index, { name }] of project.streams.entries()) {
      const intake = this.#intakes[index] as Intake;
      intake.begin(limits);
      await phases.time('accept', () => sources.messages(minute, name, (payload, id, ref) => intake.offer(payload, id, ref), signal));
      const events = intake.end();
      accepted.push(events);
      await phases.time('window', () => this.#windows.accept(index, events));
      counts[name] = intake.counts();
    }
    return { counts, accepted, gone: await phases.time('window', () => this.#windows.end()) };
  }

  async #takeAnswers(minute: Micros): Promise<void> {
    for (const answers of this.#answers) await answers.take(minute, this.#options.sources.calls(minute, answers.source.name));
  }

  /** Switches to the batch day of the minute; true when it is another than before. */
  async #activate(minute: Micros): Promise<boolean> {
    const { project, sources, state, signal } = this.#options;
    const day = activeDay(project, await sources.days(), minute);
    if (day === null || day.day === this.#view?.day) return false;
    await this.#view?.close();
    this.#view = await BatchView.build(project, sources, day.day, join(state, 'batch', day.day), signal);
    this.#rows.use(this.#view);
    return true;
  }

  /** The keys of the minute's population, sorted as UTF-8 bytes. */
  async #population(): Promise<{ readonly keys: readonly string[]; readonly outsideBase: number }> {
    if (this.#view === null) return { keys: [], outsideBase: this.#windows.customers.size };
    const { population, key } = this.#options.project;
    await this.#rows.ensure(this.#windows.customers.keys());
    let outsideBase = 0;
    for (const each of this.#windows.customers.keys()) if (this.#rows.get(each) === null) outsideBase++;
    const candidates =
      population === 'base'
        ? await this.#base(this.#view)
        : population === 'touched'
          ? [...this.#windows.touched]
          : [...this.#windows.customers.keys()];
    await this.#rows.ensure(candidates);
    const keys = candidates.filter((each) => this.#rows.get(each) !== null);
    // Integers are ASCII: their code units are their bytes.
    if (key.type === 'text') keys.sort(compareUtf8);
    else keys.sort();
    return { keys, outsideBase };
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
    digest: Hash,
    out: LineFiles,
  ): Promise<Pick<AlternativeMinute, 'actions' | 'satisfaction'>> {
    const spread = new SpreadCounter();
    if (this.#view === null) {
      await out.flush();
      return { actions: 0, satisfaction: spread.spread() };
    }
    const text = formatSecond(minute);
    this.#customers.begin(minute, this.#view.day);
    const decided: string[] = [];
    for (const key of keys) {
      const slot = this.#windows.customers.slotOf(key);
      const row = this.#rows.get(key);
      if (row === null) throw new Error(`${key} is in the population and not in the base`);
      if (out.wants('windows')) {
        out.add('windows', this.#lines.window(text, key, slot, 'hour_to_date'));
        out.add('windows', this.#lines.window(text, key, slot, 'last_hour'));
      }
      const { satisfaction, result, actions } = this.#scorer.score(this.#customers.show(key, slot, row), minute);
      if (satisfaction !== null) spread.add(Number(satisfaction.unscaled));
      addTo(digest, out, 'results', this.#lines.result(text, key, satisfaction, this.#scorer.columns, result));
      for (const each of this.#decisions.decide(key, minute, actions)) decided.push(this.#lines.action(text, key, each));
      if (out.isFull) {
        await out.flush();
        this.#options.signal?.throwIfAborted();
      }
    }
    for (const line of decided) addTo(digest, out, 'actions', line);
    await out.flush();
    return { actions: decided.length, satisfaction: spread.spread() };
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

function addTo(digest: Hash, out: LineFiles, file: 'events' | 'results' | 'actions', line: string): void {
  digest.update(line);
  digest.update('\n');
  out.add(file, line);
}
