import type { Micros, Project } from '@parallax/core';
import { EventChecksum } from '../event-checksum.ts';
import { eachAcceptedOf } from './accepted-events.ts';
import { type ParquetReader, tableOf } from './parquet.ts';

/** The checksums of the accepted events of one file, by stream. Times are counted from the minute. */
export async function acceptedChecksums(
  parquet: ParquetReader,
  file: string,
  project: Project,
  minute: Micros,
): Promise<readonly EventChecksum[]> {
  const sums = project.streams.map(() => new EventChecksum());
  await eachAcceptedOf(parquet, tableOf([file]), project, (event) => {
    (sums[event.stream] as EventChecksum).addPacked(event, Number(event.time - minute), event.values, 0, event.width);
  });
  return sums;
}
