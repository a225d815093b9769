import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Micros, ParallaxError, type Project } from '@parallax/core';
import type { AlternativeLookups, SparkMinute } from '../sides.ts';
import { keptFiles } from '../spark-side/parquet.ts';
import type { Share } from '../spark-side/window-runs.ts';

/** What a thread has from its beginning. */
export interface ThreadData {
  readonly project: Pick<Project, 'streams'>;
  readonly share: Share;
}

/** What is asked of a thread: `module` and `windows` are what `AlternativeLookups.shared` gives. */
export type ShareQuestion = {
  readonly spark: Pick<SparkMinute, 'folder' | 'amended'>;
  readonly module: string;
  readonly windows: unknown;
} & (
  | {
      /** They are looked at before their minute is over: what is found is kept until the next question. */
      readonly isAhead: true;
      /** The epoch of the alternative's windows. */
      readonly epoch: number;
    }
  | {
      readonly isAhead: false;
      /** The epoch in which they were looked at ahead; null: they were not. */
      readonly epoch: number | null;
    }
);

export interface ShareAnswer {
  readonly equal: boolean;
  /** The alternative's customers that have windows on Spark's side too. */
  readonly customers: number;
  /** Those of them whose windows were compared before the minute's end. */
  readonly ahead: number;
}

/** What `WindowThreads` found where all windows are the same. */
export type EqualWindows = Pick<ShareAnswer, 'customers' | 'ahead'>;

/** Of a thread that lives and cannot read what it was asked for. */
const UNREADABLE = 'PRLX_RECONCILE_WINDOWS';

type Message = ShareAnswer | { readonly failed: string };

/** What threads need of the alternative. */
export type SharedLookups = Pick<AlternativeLookups, 'shared' | 'mark'>;

/** What was looked at of a minute before its end. */
interface Ahead {
  readonly minute: Micros;
  /** Which files they were. */
  readonly files: string;
  readonly epoch: number;
}

/**
 * Threads that look whether all windows of a minute are the same on both sides, while the other stages are compared. They say yes or no: what differs is found by
 * `compareWindows`, which says the same without them.
 *
 * Windows that Spark merges before a minute ends are compared then, and where the minute commits those very files only the customers are again whom either side has touched
 * since (`ShareAhead`).
 */
export class WindowThreads {
  readonly #workers: readonly Worker[];
  #ahead: Ahead | null = null;
  /** Ends when no thread is at work any more. */
  #idle: Promise<unknown> = Promise.resolve();

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  static open({ streams }: Pick<Project, 'streams'>, threads: number): WindowThreads {
    return new WindowThreads(
      Array.from({ length: threads }, (_, index) => {
        const workerData: ThreadData = { project: { streams }, share: { index, of: threads } };
        const worker = new Worker(new URL('./window-thread.ts', import.meta.url), { workerData });
        // Nobody waits for a thread that is not asked anything.
        worker.unref();
        return worker;
      }),
    );
  }

  /**
   * Compares the windows that Spark has merged of a minute that still runs, in `folder`, with those that the alternative has by now, once; its windows must stay as they
   * are until this returns.
   */
  async ahead(minute: Micros, folder: string, lookups: SharedLookups): Promise<void> {
    try {
      const files = await filesOf(folder);
      if (files === '' || (this.#ahead?.minute === minute && this.#ahead.files === files)) return;
      this.#ahead = null;
      const epoch = lookups.mark();
      await this.#ask({ spark: { folder, amended: false }, ...lookups.shared(), isAhead: true, epoch });
      this.#ahead = { minute, files, epoch };
    } catch (error) {
      // Nobody has said yet that these files are the minute's: whether they can be read is asked when the minute has them.
      if (!isUnreadable(error)) throw error;
    }
  }

  /** The customers whose windows both sides have, when all are the same; null: not all are. */
  async equal(spark: SparkMinute, lookups: SharedLookups): Promise<EqualWindows | null> {
    const { folder, amended } = spark;
    const epoch = await this.#epochAhead(spark);
    const answers = await this.#ask({ spark: { folder, amended }, ...lookups.shared(), isAhead: false, epoch });
    if (!answers.every(({ equal }) => equal)) return null;
    const sum = (what: keyof EqualWindows) => answers.reduce((n, answer) => n + answer[what], 0);
    return { customers: sum('customers'), ahead: sum('ahead') };
  }

  /** When the windows of a minute were looked at ahead, if it has committed those files. */
  async #epochAhead({ minute, folder }: SparkMinute): Promise<number | null> {
    const ahead = this.#ahead;
    this.#ahead = null;
    if (ahead?.minute !== minute) return null;
    return ahead.files === (await filesOf(folder)) ? ahead.epoch : null;
  }

  /** Waits for all, also when one fails: who is still at work would give its answer to the next question. */
  async #ask(question: ShareQuestion): Promise<readonly ShareAnswer[]> {
    const asked = this.#workers.map((worker) => answerOf(worker, question));
    this.#idle = Promise.allSettled(asked);
    await this.#idle;
    return Promise.all(asked);
  }

  /** Waits for threads that are at work: DuckDB ends the whole process when its thread is gone in the middle of a query. */
  async close(): Promise<void> {
    await this.#idle;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** Names the files of the windows of an iteration. */
async function filesOf(folder: string): Promise<string> {
  return (await keptFiles(join(folder, 'windows'))).map(({ id }) => id).join('\n');
}

function isUnreadable(error: unknown): boolean {
  if (error instanceof ParallaxError) return error.code === UNREADABLE;
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function answerOf(worker: Worker, question: ShareQuestion): Promise<ShareAnswer> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => {
      worker.off('message', answered);
      reject(new ParallaxError('PRLX_RECONCILE', 'a thread of the comparison ended', { cause, retryable: true }));
    };
    const answered = (message: Message) => {
      worker.off('error', failed);
      worker.unref();
      if ('failed' in message) reject(new ParallaxError(UNREADABLE, `the windows cannot be compared: ${message.failed}`));
      else resolve(message);
    };
    worker.ref();
    worker.once('error', failed);
    worker.once('message', answered);
    worker.postMessage(question);
  });
}
