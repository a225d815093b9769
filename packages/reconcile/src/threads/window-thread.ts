/** A thread of `WindowThreads`: tells of its share of a minute's windows whether they are the same on both sides, and ahead of a minute of which customers they are. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WindowReader, WindowReaderType } from '../sides.ts';
import { PackedFault } from '../spark-side/bytes.ts';
import { layoutOf } from '../spark-side/layout.ts';
import { ParquetReader } from '../spark-side/parquet.ts';
import type { RunPair } from '../spark-side/run-cursor.ts';
import { windowRuns } from '../spark-side/window-runs.ts';
import { WindowMatch } from '../stages/window-match.ts';
import { type Agreed, OTHER, SAME, type ShareAnswer, type ShareQuestion, type ThreadData } from './window-threads.ts';

const { project, share } = workerData as ThreadData;
const layout = layoutOf(project);
const parquet = await ParquetReader.open();
let reader: WindowReader | null = null;
let match: WindowMatch | null = null;
/** By slot: the question in which its customer was met last. */
let met = new Uint32Array(1024);
let questions = 0;

const DIFFERENT: ShareAnswer = { equal: false, customers: 0, ahead: 0 };
/** To a question ahead: what it found is noted. */
const NOTED: ShareAnswer = { equal: true, customers: 0, ahead: 0 };

/** Looks at the windows that a question names. */
async function lookAt({ module, windows }: ShareQuestion): Promise<{ readonly reader: WindowReader; readonly match: WindowMatch }> {
  if (reader === null) {
    const { WindowReader: Reader } = (await import(module)) as { readonly WindowReader: WindowReaderType };
    reader = new Reader(project);
  }
  reader.attach(windows);
  const at = reader;
  match ??= new WindowMatch(project, (...of) => at.windowCells(...of));
  return { reader, match };
}

async function answerTo(question: ShareQuestion): Promise<ShareAnswer> {
  const at = await lookAt(question);
  return question.isAhead ? notedAhead(question.agreed, question.spark, at.reader, at.match) : compared(question, at.reader, at.match);
}

/** Notes of each customer whether its windows are the same by now: of windows that were merged ahead each may be what it will be, whatever others are. */
async function notedAhead({ found }: Agreed, spark: ShareQuestion['spark'], at: WindowReader, by: WindowMatch): Promise<ShareAnswer> {
  for await (const pair of windowRuns(parquet, spark, layout, share)) {
    while (pair.next()) {
      const slot = slotIn(at, pair);
      if (slot >= 0) Atomics.or(found, slot, isEqual(by, slot, pair) ? SAME : OTHER);
    }
  }
  return NOTED;
}

async function compared({ spark, agreed }: ShareQuestion, at: WindowReader, by: WindowMatch): Promise<ShareAnswer> {
  questions++;
  let customers = 0;
  let ahead = 0;
  for await (const pair of windowRuns(parquet, spark, layout, share)) {
    while (pair.next()) {
      const slot = slotIn(at, pair);
      const asBefore = agreed !== null && isAgreed(agreed, at, slot, pair.isAmended);
      if (!asBefore && !isEqual(by, slot, pair)) return DIFFERENT;
      if (slot < 0 || isMet(slot)) continue;
      customers++;
      if (asBefore) ahead++;
    }
  }
  return { equal: true, customers, ahead };
}

function slotIn(at: WindowReader, { at: { bytes, keyStart, keyEnd } }: RunPair): number {
  return at.slotOf(bytes, keyStart, keyEnd);
}

function isEqual(by: WindowMatch, slot: number, { hour, last }: RunPair): boolean {
  for (let stream = 0; stream < layout.streams.length; stream++) if (!by.isEqual(slot, stream, hour, last)) return false;
  return true;
}

/** Whether all windows of a customer were found the same before, and neither side has touched them since. */
function isAgreed({ found, epoch }: Agreed, at: WindowReader, slot: number, isAmended: boolean): boolean {
  return !isAmended && slot >= 0 && found[slot] === SAME && !at.changedSince(slot, epoch);
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
