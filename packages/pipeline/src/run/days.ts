import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import type { EngineProvider } from '../attempts.ts';
import { type BatchWork, makeBatchView, removeParts, viewBefore } from '../batch/layer.ts';
import { driftOf, readProfile, writeDrift } from '../batch/profile.ts';
import { type DayFacts, refuseDay } from '../batch/quality.ts';
import { reclaimVersions } from '../batch/reclaim-versions.ts';
import { type CompleteDay, completeDays, refuseVersion, registerDay } from '../batch/store-reader.ts';
import type { Engine } from '../engine/engine.ts';
import type { BatchView, Ledger, RegisteredDay } from '../ledger/ledger.ts';
import type { Pipeline } from '../pipeline.ts';
import { makeBaseline } from '../serve/baseline.ts';
import { gatherOverlay } from '../serve/overlay.ts';

export interface DayKeeperOptions {
  readonly pipeline: Pipeline;
  /** Sessions of its own: a day that is being made does not stand in a minute's way, and can be given up. */
  readonly engines: EngineProvider;
  readonly now: () => Micros;
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
    if (this.#busy !== null || (this.#looked !== null && this.#options.now() - this.#looked < MICROS_PER_MINUTE)) return;
    this.look().catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Gives up what is being made: its finished tables are used when it is begun again. Throws what no look could answer. */
  async end(): Promise<void> {
    const { engines } = this.#options;
    this.#ending = true;
    if (this.#busy !== null) await (await engines.engine()).session.interruptAll();
    await this.#busy?.catch((error: unknown) => {
      this.#failure ??= error;
    });
    if (this.#failure !== null) throw this.#failure;
  }

  async #decide(): Promise<void> {
    const { pipeline, engines, env, note, now } = this.#options;
    const { project, ledger, paths } = pipeline;
    this.#looked = now();
    const engine = await engines.engine();
    try {
      const days = await completeDays(project, ledger, engine.session, env);
      for (const day of days) await this.#adopt(day, day === days.at(-1));
      await this.#serve(engine);
      await reclaimVersions(ledger, paths);
    } catch (error) {
      if (!(error instanceof ParallaxError)) throw error;
      // It was broken off by `end`: the next start does it anew.
      if (this.#ending) return;
      if (error.retryable && error.code.startsWith('PRLX_SPARK')) await engines.lost(engine, error);
      // The day that stands goes on standing while a store is away.
      note(`no new batch day could be made: ${error.message.split('\n')[0]}`);
    }
  }

  /** What customers are served from: the baseline of days that are or will be active, and the overlay of iterations. */
  async #serve(engine: Engine): Promise<void> {
    const { ledger, paths } = this.#options.pipeline;
    const newest = ledger.newest();
    const current = newest === null ? null : (ledger.seal(newest.minute)?.batch ?? null);
    const days = ledger.days();
    const wanted = [days.find((d) => d.day === current?.day && d.version === current.version), days.at(-1)];
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
      if (!(error instanceof ParallaxError) || error.retryable) throw error;
      // The minutes need no baseline: what is served has none until the rules or the day change.
      this.#without.add(made);
      note(`the batch day ${day.day} has no baseline: ${error.message.split('\n')[0]}`);
    }
  }

  /** Of several days only the newest is made at once: an older one, if a minute wants it, is made by that minute. */
  async #adopt(day: CompleteDay, newest: boolean): Promise<void> {
    const { pipeline, engines, note } = this.#options;
    const { project, ledger } = pipeline;
    const work: BatchWork = pipeline;
    const view = newest ? await makeBatchView(work, await engines.engine(), day, pipeline.onBatchProgress) : null;
    try {
      if (view !== null) refuseDay(project, day, view, await factsOf(ledger, day, view));
      registerDay(project, ledger, day, view);
      if (view !== null) await removeParts(work, view);
      note(`batch day ${day.day} is complete and registered`);
    } catch (error) {
      if (!(error instanceof ParallaxError) || error.code !== 'PRLX_BATCH_REFUSED') throw error;
      refuseVersion(ledger, day, error.message);
      if (view !== null) await rm(dirname(view.folder), { recursive: true, force: true });
      note(error.message);
    }
  }
}

/** What a day is judged by: its markers, and the newest day before. Its drift from that day is kept with it. */
async function factsOf(ledger: Ledger, day: CompleteDay, view: BatchView): Promise<DayFacts> {
  const before = viewBefore(ledger, day);
  const [old, now] = [before === null ? null : await readProfile(dirname(before.folder)), await readProfile(dirname(view.folder))];
  const drifts = old === null || now === null ? [] : driftOf(old, now);
  await writeDrift(dirname(view.folder), drifts);
  return { completed: day.completed, before: before?.rows ?? null, drifts };
}
