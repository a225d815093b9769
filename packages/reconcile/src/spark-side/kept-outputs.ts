import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AlternativeLookups, SparkMinute } from '../sides.ts';

/** The files that an iteration's digest covers, in its order (contract, section 9). */
const DIGESTED = ['events.ndjson', 'results.ndjson', 'actions.ndjson'];

/**
 * What of a committed iteration's files is gone or is not what was committed, in words; null: all is there. Who is late finds parts reclaimed: then
 * nothing can be said of the minute. A part that has no rows need not be there.
 */
export async function changedOutputs(spark: SparkMinute, lookups: AlternativeLookups): Promise<string | null> {
  const { accepted, population } = lookups.facts;
  if (!existsSync(spark.folder)) return `the iteration's folder is gone: ${spark.folder}`;
  for (const file of DIGESTED) if (!existsSync(join(spark.folder, file))) return `${file} is gone`;
  const parts: readonly (readonly [string, boolean])[] = [
    ['windows', hasAny(lookups.windowKeys())],
    ['members', population.length > 0],
    ['windows-amended', spark.amended],
    ['members-amended', spark.amended],
    ['claimed', accepted.some(({ count }) => count > 0)],
  ];
  for (const [part, wanted] of parts) if (wanted && !existsSync(join(spark.folder, part))) return `the part ${part} is gone`;
  const gone = spark.answers.find((folder) => !existsSync(folder));
  if (gone !== undefined) return `the part ${basename(gone)} is gone`;
  if (spark.batch !== null && !existsSync(spark.batch.folder)) return `the batch view of ${spark.batch.day} is gone`;
  if (spark.batch !== null && !spark.batch.rows.every((folder) => existsSync(folder)))
    return `the batch rows of ${spark.batch.day} are gone`;
  const digest = createHash('sha256');
  for (const file of DIGESTED) for await (const bytes of createReadStream(join(spark.folder, file))) digest.update(bytes as Buffer);
  return digest.digest('hex') === spark.digest ? null : 'events, results and actions do not make the digest that was committed';
}

function hasAny(keys: Iterable<string>): boolean {
  for (const _ of keys) return true;
  return false;
}
