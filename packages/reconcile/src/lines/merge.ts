import { linesOf } from './line-file.ts';

/** Lines of both sides that belong together; null where a side has none. */
export interface LinePair {
  readonly spark: string | null;
  readonly alternative: string | null;
}

/**
 * Walks two files whose lines are sorted by the same rule and yields those that are not byte-equal on both sides, together when they have equal
 * keys. What is equal is passed over without a look at its key.
 *
 * @param compareKeys orders two lines by what they are sorted by
 */
export async function* differingLines(
  sparkFile: string,
  alternativeFile: string,
  compareKeys: (a: string, b: string) => number,
): AsyncIterable<LinePair> {
  const [sparkLines, alternativeLines] = [linesOf(sparkFile), linesOf(alternativeFile)];
  try {
    let spark = await sparkLines.next();
    let alternative = await alternativeLines.next();
    while (!spark.done || !alternative.done) {
      const order = spark.done
        ? 1
        : alternative.done
          ? -1
          : spark.value === alternative.value
            ? 0
            : compareKeys(spark.value, alternative.value);
      const pair = {
        spark: order <= 0 ? (spark.value as string) : null,
        alternative: order >= 0 ? (alternative.value as string) : null,
      };
      if (pair.spark !== pair.alternative) yield pair;
      if (order <= 0) spark = await sparkLines.next();
      if (order >= 0) alternative = await alternativeLines.next();
    }
  } finally {
    await sparkLines.return(undefined);
    await alternativeLines.return(undefined);
  }
}
