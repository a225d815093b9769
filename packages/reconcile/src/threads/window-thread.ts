/** A thread of `WindowThreads`: tells of its share of a minute's windows whether they are the same on both sides, and ahead of a minute of which customers they are. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WindowReader, WindowReaderType } from '../sides.ts';
import { PackedFault } from '../spark-side/bytes.ts';
import { layoutOf } from '../spark-side/layout.ts';
import { ParquetReader } from '../spark-side/parquet.ts';
import type { RunPair } from '../spark-side/run-cursor.ts';
import { windowRuns } from '../spark-side/window-runs.ts';
import { WindowMatch } from '../stages/window-match.ts';
import type { Agreed, ShareAnswer, ShareQuestion, ThreadData } from './window-threads.ts';

const { project, share } = workerData as ThreadData;
const layout = layoutOf(project);
const parquet = await ParquetReader.open();
let reader: WindowReader | null = null;
let match: WindowMatch | null = null;
/** By slot: the question in which its customer was met last. */
let met = new Uint32Array(1024);
let questions = 0;

const DIFFERENT: ShareAnswer = { equal: false, customers: 0, ahead: 0 };

async function answerTo({ spark, module, windows, agreed, isAhead }: ShareQuestion): Promise<ShareAnswer> {
  if (reader === null) {
    const { WindowReader: Reader } = (await import(module)) as { readonly WindowReader: WindowReaderType };
    reader = new Reader(project);
  }
  reader.attach(windows);
  const at = reader;
  match ??= new WindowMatch(project, (...of) => at.windowCells(...of));
  questions++;
  let equal = true;
  let customers = 0;
  let ahead = 0;
  for await (const pair of windowRuns(parquet, spark, layout, share)) {
    while (pair.next()) {
      const { bytes, keyStart, keyEnd } = pair.at;
      const slot = reader.slotOf(bytes, keyStart, keyEnd);
      const asBefore = !isAhead && agreed !== null && isAgreed(agreed, reader, slot, pair.isAmended);
      if (!asBefore && !isEqual(match, slot, pair)) {
        equal = false;
        // Of windows that were merged ahead each may be what it will be, whatever others are.
        if (!isAhead) return DIFFERENT;
        continue;
      }
      if (slot < 0) continue;
      if (isAhead && agreed !== null) agreed.epochs[slot] = agreed.epoch;
      if (isMet(slot)) continue;
      customers++;
      if (asBefore) ahead++;
    }
  }
  return { equal, customers, ahead };
}

function isEqual(match: WindowMatch, slot: number, { hour, last }: RunPair): boolean {
  for (let stream = 0; stream < layout.streams.length; stream++) if (!match.isEqual(slot, stream, hour, last)) return false;
  return true;
}

/** Whether a customer's windows were found the same before, and neither side has touched them since. */
function isAgreed({ epochs, epoch }: Agreed, reader: WindowReader, slot: number, isAmended: boolean): boolean {
  return !isAmended && slot >= 0 && epochs[slot] === epoch && !reader.changedSince(slot, epoch);
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
      if (error instanceof PackedFault) parentPort?.postMessage(DIFFERENT);
      else parentPort?.postMessage({ failed: error instanceof Error ? error.message : String(error) });
    },
  );
});
