import { Worker } from 'node:worker_threads';
import { ParallaxError, type Project } from '@parallax/core';
import type { AlternativeLookups, SparkMinute } from '../sides.ts';
import type { Share } from '../spark-side/window-runs.ts';

/** What a thread has from its beginning. */
export interface ThreadData {
  readonly project: Pick<Project, 'streams'>;
  readonly share: Share;
}

/** What is asked of a thread: `module` and `windows` are what `AlternativeLookups.shared` gives. */
export interface ShareQuestion {
  readonly spark: Pick<SparkMinute, 'folder' | 'amended'>;
  readonly module: string;
  readonly windows: unknown;
}

export interface ShareAnswer {
  readonly equal: boolean;
  /** The alternative's customers that have windows on Spark's side too. */
  readonly customers: number;
}

type Message = ShareAnswer | { readonly failed: string };

/**
 * Threads that look whether all windows of a minute are the same on both sides, while the other stages are compared. They say yes or no: what differs is found by
 * `compareWindows`, which says the same without them.
 */
export class WindowThreads {
  readonly #workers: readonly Worker[];

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

  /** Customers whose windows both sides have, when all are the same; null: not all are. */
  async equal(spark: SparkMinute, lookups: AlternativeLookups): Promise<number | null> {
    const { folder, amended } = spark;
    const question: ShareQuestion = { spark: { folder, amended }, ...lookups.shared() };
    const answers = await Promise.all(this.#workers.map((worker) => answerOf(worker, question)));
    return answers.every(({ equal }) => equal) ? answers.reduce((sum, { customers }) => sum + customers, 0) : null;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
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
      if ('failed' in message) reject(new ParallaxError('PRLX_RECONCILE', `the windows cannot be compared: ${message.failed}`));
      else resolve(message);
    };
    worker.ref();
    worker.once('error', failed);
    worker.once('message', answered);
    worker.postMessage(question);
  });
}
