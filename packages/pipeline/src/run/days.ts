import { MICROS_PER_MINUTE, type Micros, ParallaxError } from '@parallax/core';
import type { EngineProvider } from '../attempts.ts';
import { type BatchWork, makeBatchView } from '../batch/layer.ts';
import { type CompleteDay, completeDays, refuseVersion, registerDay } from '../batch/store-reader.ts';
import type { Pipeline } from '../pipeline.ts';

export interface DayKeeperOptions {
  readonly pipeline: Pipeline;
  readonly engines: EngineProvider;
  /** Whether these are sessions of its own: then a day that is being made does not stand in a minute's way, and can be given up. */
  readonly apart: boolean;
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
  #failure: unknown = null;

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
    const { engines, apart } = this.#options;
    if (this.#busy !== null && apart) await (await engines.engine()).session.interruptAll();
    await this.#busy?.catch((error: unknown) => {
      this.#failure ??= error;
    });
    if (this.#failure !== null) throw this.#failure;
  }

  async #decide(): Promise<void> {
    const { pipeline, engines, env, note, now } = this.#options;
    const { project, ledger } = pipeline;
    this.#looked = now();
    const engine = await engines.engine();
    try {
      const days = await completeDays(project, ledger, engine.session, env);
      for (const day of days) await this.#adopt(day, day === days.at(-1));
    } catch (error) {
      if (!(error instanceof ParallaxError)) throw error;
      if (error.retryable && error.code.startsWith('PRLX_SPARK')) await engines.lost(engine, error);
      // The day that stands goes on standing while a store is away.
      note(`no new batch day could be made: ${error.message.split('\n')[0]}`);
    }
  }

  /** Of several days only the newest is made at once: an older one, if a minute wants it, is made by that minute. */
  async #adopt(day: CompleteDay, newest: boolean): Promise<void> {
    const { pipeline, engines, note } = this.#options;
    const work: BatchWork = pipeline;
    try {
      const view = newest ? await makeBatchView(work, await engines.engine(), day, pipeline.onBatchProgress) : null;
      registerDay(pipeline.project, pipeline.ledger, day, view);
      note(`batch day ${day.day} is complete and registered`);
    } catch (error) {
      if (!(error instanceof ParallaxError) || error.code !== 'PRLX_BATCH_REFUSED') throw error;
      refuseVersion(pipeline.ledger, day, error.message);
      note(error.message);
    }
  }
}
