import { join } from 'node:path';
import type { Comparison } from '../context.ts';
import { EventChecksum } from '../event-checksum.ts';
import { fieldsOf, textField } from '../lines/canonical-line.ts';
import { linesOf } from '../lines/line-file.ts';
import { acceptedChecksums } from '../spark-side/accepted-checksums.ts';
import { keptFiles } from '../spark-side/parquet.ts';

/** How a minute's messages differ in one stream. */
export interface StreamInputs {
  readonly stream: number;
  /** Messages by class, an invalid one's as `invalid.<reason>`, where the sides differ. */
  readonly counts: readonly { readonly class: string; readonly spark: number; readonly alternative: number }[];
  /** Of the accepted events' keys, ids, times and values; null when they are the same. */
  readonly checksums: { readonly spark: string; readonly alternative: string } | null;
}

/** Compares what became of the messages: counts by stream, class and reason, and a checksum over all that was accepted. */
export async function compareInputs(comparison: Comparison): Promise<readonly StreamInputs[]> {
  const { project, spark, own, findings } = comparison;
  const counted = { spark: await sparkCounts(join(spark.folder, 'events.ndjson')), alternative: alternativeCounts(comparison) };
  const sums = await sparkChecksums(comparison);
  const differing: StreamInputs[] = [];
  let messages = 0;
  for (const [stream, { name }] of project.streams.entries()) {
    const [ours, theirs] = [
      counted.spark.get(name) ?? new Map<string, number>(),
      counted.alternative.get(name) ?? new Map<string, number>(),
    ];
    for (const n of ours.values()) messages += n;
    const counts = [...new Set([...ours.keys(), ...theirs.keys()])]
      .sort()
      .map((each) => ({ class: each, spark: ours.get(each) ?? 0, alternative: theirs.get(each) ?? 0 }))
      .filter((each) => each.spark !== each.alternative);
    const [a, b] = [sums[stream] as EventChecksum, own.checksums[stream] as EventChecksum];
    const differ = a.hex !== b.hex || a.events !== b.events;
    if (counts.length > 0 || differ) differing.push({ stream, counts, checksums: differ ? { spark: a.hex, alternative: b.hex } : null });
  }
  findings.covered('messages', messages);
  findings.covered(
    'accepted_events',
    sums.reduce((n, { events }) => n + events, 0),
  );
  return differing;
}

type Counts = ReadonlyMap<string, ReadonlyMap<string, number>>;

const labelOf = (name: string, reason: string | null) => (reason === null ? name : `${name}.${reason}`);

async function sparkCounts(file: string): Promise<Counts> {
  const counts = new Map<string, Map<string, number>>();
  for await (const line of linesOf(file)) {
    const fields = fieldsOf(line);
    const stream = textField(fields, 'stream') ?? '';
    const ofStream = counts.get(stream) ?? new Map<string, number>();
    const label = labelOf(textField(fields, 'class') ?? '', textField(fields, 'reason'));
    ofStream.set(label, (ofStream.get(label) ?? 0) + Number(fields.get('n')));
    counts.set(stream, ofStream);
  }
  return counts;
}

function alternativeCounts({ alternative }: Comparison): Counts {
  const { counts } = alternative.lookups.facts;
  return new Map(
    Object.entries(counts).map(([stream, classes]) => [stream, new Map(classes.map((each) => [labelOf(each.class, each.reason), each.n]))]),
  );
}

/** By stream. Times are counted from the minute, as those of the other side are. */
async function sparkChecksums({ project, spark, parquet, ahead }: Comparison): Promise<readonly EventChecksum[]> {
  const sums = project.streams.map(() => new EventChecksum());
  for (const file of await keptFiles(join(spark.folder, 'claimed'))) {
    const ofFile = ahead.accepted.of(file) ?? (await acceptedChecksums(parquet, file.path, project, spark.minute));
    for (const [stream, sum] of sums.entries()) sum.addAll(ofFile[stream] as EventChecksum);
  }
  return sums;
}
