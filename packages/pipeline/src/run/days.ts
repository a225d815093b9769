import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type BatchVersion, formatDay, MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import type { EngineProvider } from '../attempts.ts';
import { keepDrift, readProfile, reclaimRecords, removeRecord } from '../batch/day-record.ts';
import { type BatchProgress, dayBefore, makeBatchView, removeParts } from '../batch/layer.ts';
import { driftOf, likenessOf } from '../batch/profile.ts';
import { type DayFacts, refuseDates, refuseRules } from '../batch/quality.ts';
import { reclaimVersions } from '../batch/reclaim-versions.ts';
import { decidedVersions, refuseVersion, registerDay } from '../batch/registration.ts';
import { type CompleteDay, completeDays } from '../batch/store-reader.ts';
import { tableName, tablesOf } from '../batch/variables.ts';
import { sameVersion, versionName } from '../batch/version.ts';
import type { Engine } from '../engine/engine.ts';
import type { StatePaths } from '../engine/paths.ts';
import type { RegisteredDay } from '../ledger/ledger.ts';
import { BATCH_INTERRUPT_MS, DAYS_UNREADABLE_MAX } from '../limits.ts';
import type { Pipeline } from '../pipeline.ts';
import { makeBaseline } from '../serve/baseline.ts';
import { gatherOverlay } from '../serve/overlay.ts';
import type { Clock } from './clock.ts';
import { newestWanted } from './wanted-days.ts';

export interface DayKeeperOptions {
  readonly pipeline: Pipeline;
  /** Sessions of its own: a day that is being made does not stand in a minute's way, and can be given up. */
  readonly engines: EngineProvider;
  readonly clock: Clock;
  /** The first minute of the run, if none is sealed yet. */
  readonly first: Micros;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly note: (text: string) => void;
}

/**
 * Looks for complete days, makes their batch views beside the running minutes, and registers a day only then: a minute never waits for one,
 * and a day that breaks what its tables declare is never active. The day that stands goes on standing until then.
 */
export class DayKeeper {
  readonly #options: DayKeeperOptions;
  #busy: Promise<void> | null = null;
  #looked: Micros | null = null;
  #ending = false;
  #failure: unknown = null;
  /** The date on which records were reclaimed last. */
  #reclaimed: string | null = null;
  /** Versions of which no baseline can be made under these rules. */
  readonly #without = new Set<string>();

  constructor(options: DayKeeperOptions) {
    this.#options = options;
  }

  /** Looks for days now, and returns when they are decided about. */
  async look(): Promise<void> {
    this.#busy ??= this.#decide().finally(() => {
      this.#busy = null;
    });
    await this.#busy;
  }

  /** Begins to look, unless it is at it or did so within the last minute. */
  lookInBackground(): void {
    if (this.#busy !== null || (this.#looked !== null && this.#options.clock.now() - this.#looked < MICROS_PER_MINUTE)) return;
    this.look().catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Gives up what is being made: its finished tables are used when it is begun again. Throws what no look could answer. */
  async end(): Promise<void> {
    this.#ending = true;
    const done = new AbortController();
    const busy = this.#busy
      ?.catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => done.abort());
    // What begins just after an interrupt is not met by it.
    while (this.#busy !== null) {
      await (await this.#options.engines.engine()).session.interruptAll();
      await Promise.race([busy, this.#options.clock.sleep(BATCH_INTERRUPT_MS, done.signal)]);
    }
    if (this.#failure !== null) throw this.#failure;
  }

  async #decide(): Promise<void> {
    const { pipeline, engines, note, clock } = this.#options;
    const { ledger, paths } = pipeline;
    this.#looked = clock.now();
    const engine = await engines.engine();
    try {
      const standing = await this.#adoptWanted(engine);
      await this.#serve(engine);
      await reclaimVersions(ledger, paths, standing);
      await this.#reclaimRecords(paths);
    } catch (error) {
      if (!(error instanceof ParallaxError)) throw error;
      // It was broken off by `end`: the next start does it anew.
      if (this.#ending) return;
      if (error.retryable && error.code.startsWith('PRLX_SPARK')) await engines.lost(engine, error);
      // The day that stands goes on standing while a store is away.
      note(`no new batch day could be made: ${error.message.split('\n')[0]}`);
    }
  }

  /** Records grow old by the day. */
  async #reclaimRecords(paths: StatePaths): Promise<void> {
    const now = this.#options.clock.now();
    const today = formatDay(now);
    if (this.#reclaimed === today) return;
    await reclaimRecords(paths, now);
    this.#reclaimed = today;
  }

  /** What customers are served from: the baseline of days that are or will be active, and the overlay of iterations. */
  async #serve(engine: Engine): Promise<void> {
    const { ledger, paths } = this.#options.pipeline;
    const newest = ledger.newest();
    const current = newest === null ? null : (ledger.seal(newest.minute)?.batch ?? null);
    const days = ledger.days();
    const wanted = [days.find((each) => sameVersion(each, current)), days.at(-1)];
    for (const day of new Set(wanted)) if (day !== undefined) await this.#makeBaseline(engine, day);
    await gatherOverlay(engine, ledger, paths);
  }

  async #makeBaseline(engine: Engine, day: RegisteredDay): Promise<void> {
    const { note, pipeline } = this.#options;
    const { project, ledger, paths } = pipeline;
    const made = paths.batchVersion(day.day, day.version, project.hash);
    // A view of other rules is made anew by the first minute that uses it.
    if (day.view === null || dirname(day.view.folder) !== made || day.baseline?.projectHash === project.hash || this.#without.has(made))
      return;
    try {
      const baseline = await makeBaseline(engine, project, day, day.view);
      ledger.setDayBaseline(day, baseline);
      note(`the baseline of the batch day ${day.day} has ${baseline.customers} customers`);
    } catch (error) {
      if (!(error instanceof ParallaxError) || error.retryable || this.#ending) throw error;
      // The minutes need no baseline: what is served has none until the rules or the day change.
      this.#without.add(made);
      note(`the batch day ${day.day} has no baseline: ${error.message.split('\n')[0]}`);
    }
  }

  /**
   * Makes and judges the days that minutes to come may use, the newest first, until one is registered that is active at the next seal: with a
   * refused day in the store the one before it stands, and a minute that is caught up has its own.
   *
   * @returns the days that the stores hold
   */
  async #adoptWanted(engine: Engine): Promise<readonly CompleteDay[]> {
    const { pipeline, env, first, note } = this.#options;
    const { project, ledger } = pipeline;
    const tried = new Set<string>();
    let unreadable = 0;
    let stands = await completeDays(project, engine.session, env);
    while (!this.#ending) {
      const decided = decidedVersions(ledger);
      const left = stands.filter((day) => !tried.has(versionName(day)) && !decided.has(versionName(day)));
      const day = newestWanted(project, ledger, left, first);
      if (day === null) return stands;
      tried.add(versionName(day));
      try {
        await this.#adopt(engine, day, async () => {
          stands = await completeDays(project, engine.session, env);
          return stands.some((each) => sameVersion(each, day));
        });
      } catch (error) {
        unreadable += 1;
        if (!(error instanceof ParallaxError) || error.retryable || this.#ending || unreadable === DAYS_UNREADABLE_MAX) throw error;
        // A day that cannot be read is tried again at the next look; an older one may stand until then.
        note(`the batch day ${day.day} could not be made: ${error.message.split('\n')[0]}`);
      }
    }
    return stands;
  }

  /** @param holds asks the stores whether they still hold this version */
  async #adopt(engine: Engine, day: CompleteDay, holds: () => Promise<boolean>): Promise<void> {
    const { pipeline, note } = this.#options;
    const { project, ledger, paths } = pipeline;
    try {
      refuseDates(project, day, day.completed);
      const view = await makeBatchView(pipeline, engine, day, (progress) => this.#progress(progress));
      // What was marked anew meanwhile may be half of each.
      if (!(await holds())) {
        await this.#drop(day);
        await removeRecord(paths, day);
        note(`batch day ${day.day} was marked complete again while it was read: it is read anew`);
        return;
      }
      refuseRules(project, day, view, await factsOf(pipeline, day));
      registerDay(project, ledger, day, view);
      await removeParts(pipeline, view);
      note(`batch day ${day.day} is complete and registered`);
    } catch (error) {
      if (!(error instanceof ParallaxError) || error.code !== 'PRLX_BATCH_REFUSED') throw error;
      refuseVersion(ledger, day, error.message);
      await this.#drop(day);
      note(error.message);
    }
  }

  /** Between two tables the work can be given up too. */
  #progress(progress: BatchProgress): void {
    if (this.#ending) throw new ParallaxError('PRLX_BATCH_ENDED', `the run ended while the batch day ${progress.day} was made`);
    this.#options.pipeline.onBatchProgress?.(progress);
  }

  async #drop({ day, version }: BatchVersion): Promise<void> {
    const { paths, project } = this.#options.pipeline;
    await rm(paths.batchVersion(day, version, project.hash), { recursive: true, force: true });
  }
}

/** What a day is judged by beside its own view: the newest day before. Its drift from that day is kept with it. */
async function factsOf({ project, ledger, paths }: Pipeline, day: CompleteDay): Promise<DayFacts> {
  const before = dayBefore(ledger, day);
  const [old, now] = [before === null ? null : await readProfile(paths, before), await readProfile(paths, day)];
  if (now === null) throw new RangeError(`nothing is kept of ${day.day} ${day.version}`);
  const drifts = old === null ? [] : driftOf(old, now);
  if (before !== null && old !== null) await keepDrift(paths, day, before.day, drifts);
  return {
    ...{ before: before?.view.rows ?? null, drifts },
    likeness: new Map(old === null ? [] : tablesOf(project).map((table) => [tableName(table), likenessOf(old, now, tableName(table))])),
    broken: new Map([...now].map(([column, { broken }]) => [column, broken])),
  };
}
