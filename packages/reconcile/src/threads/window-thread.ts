/** A thread of `WindowThreads`: tells of its share of a minute's windows whether they are the same on both sides. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WindowReader, WindowReaderType } from '../sides.ts';
import { PackedFault } from '../spark-side/bytes.ts';
import { layoutOf } from '../spark-side/layout.ts';
import { ParquetReader } from '../spark-side/parquet.ts';
import { windowRuns } from '../spark-side/window-runs.ts';
import { WindowMatch } from '../stages/window-match.ts';
import type { ShareAnswer, ShareQuestion, ThreadData } from './window-threads.ts';

const { project, share } = workerData as ThreadData;
const layout = layoutOf(project);
const parquet = await ParquetReader.open();
let reader: WindowReader | null = null;
let match: WindowMatch | null = null;
/** By slot: the question in which its customer was met last. */
let met = new Uint32Array(1024);
let questions = 0;

async function answerTo({ spark, module, windows }: ShareQuestion): Promise<ShareAnswer> {
  if (reader === null) {
    const { WindowReader: Reader } = (await import(module)) as { readonly WindowReader: WindowReaderType };
    reader = new Reader(project);
  }
  reader.attach(windows);
  const at = reader;
  match ??= new WindowMatch(project, (...of) => at.windowCells(...of));
  questions++;
  let customers = 0;
  for await (const pair of windowRuns(parquet, spark, layout, share)) {
    while (pair.next()) {
      const { bytes, keyStart, keyEnd } = pair.at;
      const slot = reader.slotOf(bytes, keyStart, keyEnd);
      for (let stream = 0; stream < layout.streams.length; stream++)
        if (!match.isEqual(slot, stream, pair.hour, pair.last)) return { equal: false, customers: 0 };
      if (slot >= 0 && !isMet(slot)) customers++;
    }
  }
  return { equal: true, customers };
}

/** Whether a slot was met in this question before; it is from now on. */
function isMet(slot: number): boolean {
  if (slot >= met.length) {
    const grown = new Uint32Array(Math.max(slot + 1, 2 * met.length));
    grown.set(met);
    met = grown;
  }
  if (met[slot] === questions) return true;
  met[slot] = questions;
  return false;
}

parentPort?.on('message', (question: ShareQuestion) => {
  answerTo(question).then(
    (answer) => parentPort?.postMessage(answer),
    (error: unknown) => {
      // Whoever looks more closely will say it.
      if (error instanceof PackedFault) parentPort?.postMessage({ equal: false, customers: 0 } satisfies ShareAnswer);
      else parentPort?.postMessage({ failed: error instanceof Error ? error.message : String(error) });
    },
  );
});
