import { join } from 'node:path';
import type { CommittedMinute, LedgerReader } from '@parallax/alternative';
import { MICROS_PER_MINUTE, type Project } from '@parallax/core';
import type { SparkMinute } from '@parallax/reconcile';

/** What of a committed minute's report tells where its files are. */
interface Reported {
  readonly incomplete: readonly string[];
  readonly batch: { readonly day: string; readonly version: string } | null;
  readonly answered: boolean;
}

/** A committed minute of the Spark side, by what the ledger says of it. */
export function sparkMinute(project: Project, ledger: LedgerReader, committed: CommittedMinute): SparkMinute {
  const { minute, folder, manifest, digest } = committed;
  const { incomplete, batch } = reported(committed);
  const view = ledger.days().find(({ day, version }) => day === batch?.day && version === batch.version)?.view ?? null;
  const oldest = Math.max(0, ...project.online.map(({ maxAge }) => maxAge));
  const answers: { age: number; folder: string }[] = [];
  for (let age = 0; age <= oldest; age++) {
    const earlier = age === 0 ? committed : ledger.committed(minute - BigInt(age) * MICROS_PER_MINUTE);
    if (earlier !== null && reported(earlier).answered) answers.push({ age, folder: join(earlier.folder, 'answers') });
  }
  const used = batch === null || view === null ? null : { ...batch, folder: (JSON.parse(view) as { readonly folder: string }).folder };
  return { minute, manifest, digest, folder, incomplete, batch: used, answers };
}

function reported({ report }: CommittedMinute): Reported {
  return JSON.parse(report) as Reported;
}
