/** A thread of `WindowThreads`: tells of its share of a minute's windows whether they are the same on both sides, of those that were merged ahead of it with what it found then. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WindowReader, WindowReaderType } from '../sides.ts';
import { PackedFault } from '../spark-side/bytes.ts';
import { layoutOf } from '../spark-side/layout.ts';
import { ParquetReader } from '../spark-side/parquet.ts';
import type { RunPair } from '../spark-side/run-cursor.ts';
import { windowRuns } from '../spark-side/window-runs.ts';
import { WindowMatch } from '../stages/window-match.ts';
import { type Looking, ShareAhead, slotIn } from './share-ahead.ts';
import type { ShareAnswer, ShareQuestion, ThreadData } from './window-threads.ts';

const { project, share } = workerData as ThreadData;
const layout = layoutOf(project);
const parquet = await ParquetReader.open();
let reader: WindowReader | null = null;
let match: WindowMatch | null = null;
let ahead: ShareAhead | null = null;
/** By slot: the count in which its customer was met last. */
let met = new Uint32Array(1024);
let counts = 0;

const DIFFERENT: ShareAnswer = { equal: false, customers: 0, ahead: 0 };
/** To a question ahead: what it found is kept. */
const KEPT: ShareAnswer = { equal: true, customers: 0, ahead: 0 };

/** Customers that both sides have, each once. */
class Count {
  customers = 0;
  ahead = 0;

  constructor() {
    counts++;
  }

  add(slot: number, isAhead: boolean): void {
    if (slot < 0 || isMet(slot)) return;
    this.customers++;
    if (isAhead) this.ahead++;
  }
}

/** Looks at the windows that a question names. */
async function lookAt({ module, windows }: ShareQuestion, count: Count): Promise<Looking> {
  if (reader === null) {
    const { WindowReader: Reader } = (await import(module)) as { readonly WindowReader: WindowReaderType };
    reader = new Reader(project);
  }
  reader.attach(windows);
  const at = reader;
  match ??= new WindowMatch(project, (...of) => at.windowCells(...of));
  const by = match;
  return { parquet, layout, reader, isEqual: (slot, pair) => isEqual(by, slot, pair), same: (slot, isAhead) => count.add(slot, isAhead) };
}

async function answerTo(question: ShareQuestion): Promise<ShareAnswer> {
  const { spark } = question;
  if (question.isAhead) {
    ahead = null;
    ahead = await ShareAhead.look(await lookAt(question, new Count()), spark.folder, share, question.epoch);
    return KEPT;
  }
  const known = ahead;
  ahead = null;
  if (known !== null && known.epoch === question.epoch) {
    const count = new Count();
    const equal = await known.equal(await lookAt(question, count), spark);
    if (equal !== null) return equal ? { equal, customers: count.customers, ahead: count.ahead } : DIFFERENT;
  }
  return compared(question);
}

async function compared(question: ShareQuestion): Promise<ShareAnswer> {
  const count = new Count();
  const looking = await lookAt(question, count);
  for await (const pair of windowRuns(parquet, question.spark, layout, share)) {
    while (pair.next()) {
      const slot = slotIn(looking.reader, pair);
      if (!looking.isEqual(slot, pair)) return DIFFERENT;
      looking.same(slot, false);
    }
  }
  return { equal: true, customers: count.customers, ahead: count.ahead };
}

function isEqual(by: WindowMatch, slot: number, { hour, last }: RunPair): boolean {
  for (let stream = 0; stream < layout.streams.length; stream++) if (!by.isEqual(slot, stream, hour, last)) return false;
  return true;
}

/** Whether a slot was met in this count before; it is from now on. */
function isMet(slot: number): boolean {
  if (slot >= met.length) {
    const grown = new Uint32Array(Math.max(slot + 1, 2 * met.length));
    grown.set(met);
    met = grown;
  }
  if (met[slot] === counts) return true;
  met[slot] = counts;
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
