import type { WindowReader } from '../sides.ts';
import { textOf } from '../spark-side/bytes.ts';
import type { Layout } from '../spark-side/layout.ts';
import { PackedKeys } from '../spark-side/packed-keys.ts';
import type { ParquetReader } from '../spark-side/parquet.ts';
import { RunPair } from '../spark-side/run-cursor.ts';
import { amendedRuns, bucketsOfShare, type Share, type SomeBuckets, windowRuns } from '../spark-side/window-runs.ts';

/** Which windows a customer has; both: 3. */
const HOUR = 1;
const LAST = 2;
/** Bits that they take. */
const BITS = 2;

/** What a share of a minute's windows is looked at with. */
export interface Looking {
  readonly parquet: ParquetReader;
  readonly layout: Layout;
  readonly reader: WindowReader;
  /** Whether a customer's windows say the same as those in a slot of the alternative (−1: none). */
  readonly isEqual: (slot: number, pair: RunPair) => boolean;
  /** Takes a customer whose windows are the same on both sides; of slot −1 none is counted. */
  readonly same: (slot: number, ahead: boolean) => void;
}

/** A customer's windows that were not the same when they were looked at, a run of it alone each; null: it has none. */
interface LeftWindows {
  readonly bucket: number;
  readonly hour: Uint8Array | null;
  readonly last: Uint8Array | null;
}

/**
 * What was found of a share of windows that were merged before their minute was over: whose were the same on both sides, and those that were not. Once the minute has the
 * files, no more of it need be read than who was done again.
 */
export class ShareAhead {
  /** The epoch of the alternative's windows in which they were compared. */
  readonly epoch: number;
  /** By customer that was the same, the alternative's slot × 4, and which windows it has. */
  readonly #same: number[] = [];
  /** Of the same customers, the bucket and the key. */
  readonly #sameBuckets: number[] = [];
  readonly #sameKeys = new PackedKeys();
  readonly #left: LeftWindows[] = [];
  readonly #amendable: SomeBuckets;

  private constructor(epoch: number, amendable: SomeBuckets) {
    this.epoch = epoch;
    this.#amendable = amendable;
  }

  static async look({ parquet, layout, reader, isEqual }: Looking, folder: string, share: Share, epoch: number): Promise<ShareAhead> {
    const ahead = new ShareAhead(epoch, await bucketsOfShare(parquet, folder, share));
    for await (const pair of windowRuns(parquet, { folder, amended: false }, layout, share)) {
      while (pair.next()) {
        const slot = slotIn(reader, pair);
        if (slot >= 0 && isEqual(slot, pair)) ahead.#addSame(slot, pair);
        else ahead.#left.push({ bucket: pair.bucket, hour: pair.hour?.alone() ?? null, last: pair.last?.alone() ?? null });
      }
    }
    return ahead;
  }

  #addSame(slot: number, pair: RunPair): void {
    const { bytes, keyStart, keyEnd } = pair.at;
    this.#same.push((slot << BITS) | windowsIn(pair));
    this.#sameBuckets.push(pair.bucket);
    this.#sameKeys.add(bytes, keyStart, keyEnd);
  }

  #keyOfSame(index: number): string {
    const { bytes } = this.#sameKeys;
    return textOf(bytes, this.#sameKeys.startOf(index), this.#sameKeys.endOf(index));
  }

  /**
   * Whether all windows of the share are the same, now that the minute has the files that were looked at. Null: that cannot be told without them, since the alternative has
   * changed a customer's windows and Spark has not, or Spark one window of two.
   */
  async equal(looking: Looking, spark: { readonly folder: string; readonly amended: boolean }): Promise<boolean | null> {
    const { parquet, layout, reader, isEqual, same } = looking;
    const amended = new Amended();
    if (spark.amended) {
      for await (const pair of amendedRuns(parquet, spark.folder, layout, this.#amendable)) {
        while (pair.next()) {
          const slot = slotIn(reader, pair);
          if (!isEqual(slot, pair)) return false;
          same(slot, false);
          amended.add(slot, pair);
        }
      }
    }
    for (const [index, each] of this.#same.entries()) {
      const [slot, windows] = [each >>> BITS, each & (HOUR | LAST)];
      // The slot may be another customer's by now.
      const again = amended.hasSlot(slot) ? amended.of(this.#sameBuckets[index] as number, this.#keyOfSame(index)) : 0;
      if (again !== 0 ? (windows & ~again) !== 0 : reader.changedSince(slot, this.epoch)) return null;
      if (again === 0) same(slot, true);
    }
    for (const { bucket, hour, last } of this.#left) {
      const pair = new RunPair(bucket, { whole: hour, amended: null }, { whole: last, amended: null }, layout);
      pair.next();
      const again = amended.of(bucket, pair.key);
      if ((windowsIn(pair) & ~again) === 0) continue;
      if (again !== 0) return null;
      const slot = slotIn(reader, pair);
      if (!isEqual(slot, pair)) return false;
      same(slot, false);
    }
    return true;
  }
}

/** Whose windows were done again, and which. */
class Amended {
  readonly #slots = new Set<number>();
  /** By bucket and key. */
  readonly #windows = new Map<string, number>();

  add(slot: number, pair: RunPair): void {
    this.#slots.add(slot);
    this.#windows.set(`${pair.bucket} ${pair.key}`, windowsIn(pair));
  }

  hasSlot(slot: number): boolean {
    return this.#slots.has(slot);
  }

  /** The windows of a customer that were done again; 0: none. */
  of(bucket: number, key: string): number {
    return this.#windows.get(`${bucket} ${key}`) ?? 0;
  }
}

export function slotIn(reader: WindowReader, { at: { bytes, keyStart, keyEnd } }: RunPair): number {
  return reader.slotOf(bytes, keyStart, keyEnd);
}

function windowsIn({ hour, last }: RunPair): number {
  return (hour === null ? 0 : HOUR) | (last === null ? 0 : LAST);
}
