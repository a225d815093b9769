import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import type { Project } from '../names.ts';
import type { BatchSourceTables, DayVersion } from '../sources/source.ts';
import { BatchView } from './batch-view.ts';

/** A view that is being read, or was. */
interface Reading {
  readonly view: Promise<BatchView>;
  readonly stop: AbortController;
}

export interface BatchDaysOptions {
  readonly project: Project;
  readonly sources: Pick<BatchSourceTables, 'table' | 'dayBytes' | 'holds'>;
  /** A folder of its own. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

/**
 * The batch views of the day in use and of the one that is expected next: it is read while the minutes still go on with the other, so that none of them waits
 * for it. Each version is read once, also when that fails for good; what may succeed later is tried again by whoever needs it.
 */
export class BatchDays {
  readonly #options: BatchDaysOptions;
  readonly #readings = new Map<string, Reading>();
  #used: string | null = null;
  #expected: string | null = null;

  constructor(options: BatchDaysOptions) {
    this.#options = options;
  }

  /** Begins to read a day that will be wanted. A failure is met by the minute that needs it. */
  expect(day: DayVersion): void {
    const name = nameOf(day);
    if (this.#expected === name) return;
    this.#expected = name;
    if (this.#readings.has(name)) return;
    this.#read(day);
    this.#drop();
  }

  /** The view of a day that is wanted from now on; that of the day before is removed. */
  async use(day: DayVersion): Promise<BatchView> {
    const name = nameOf(day);
    const view = await (this.#readings.get(name) ?? this.#read(day)).view;
    this.#used = name;
    this.#drop();
    return view;
  }

  async close(): Promise<void> {
    this.#used = null;
    this.#expected = null;
    await Promise.all(this.#drop());
  }

  #read(day: DayVersion): Reading {
    const name = nameOf(day);
    const stop = new AbortController();
    const { signal } = this.#options;
    const reading = { stop, view: this.#build(day, signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])) };
    this.#readings.set(name, reading);
    reading.view.catch((error: unknown) => {
      const isFinal = error instanceof ParallaxError && !error.retryable;
      if (isFinal || this.#readings.get(name) !== reading) return;
      this.#readings.delete(name);
      if (this.#expected === name) this.#expected = null;
    });
    return reading;
  }

  async #build(day: DayVersion, signal: AbortSignal): Promise<BatchView> {
    const { project, sources, folder } = this.#options;
    await this.#mustHold(day);
    const view = await BatchView.build(project, sources, day.day, join(folder, nameOf(day)), signal);
    try {
      // What was marked anew meanwhile may be half of each.
      await this.#mustHold(day);
      return view;
    } catch (error) {
      await view.close();
      throw error;
    }
  }

  async #mustHold(day: DayVersion): Promise<void> {
    if (await this.#options.sources.holds(day)) return;
    throw new ParallaxError('PRLX_ALTERNATIVE_OVERWRITTEN', `the tables of ${day.day} are not those of the version that the minutes use`, {
      advice: 'They were marked complete again: the new version is used once it is registered.',
    });
  }

  /** Removes what is neither used nor expected. */
  #drop(): Promise<void>[] {
    const gone = [...this.#readings].filter(([name]) => name !== this.#used && name !== this.#expected);
    return gone.map(async ([name, { view, stop }]) => {
      this.#readings.delete(name);
      stop.abort();
      const made = await view.catch(() => null);
      await made?.close();
    });
  }
}

function nameOf({ day, version }: DayVersion): string {
  return version === '' ? day : `${day}-${version.slice(0, 12)}`;
}
