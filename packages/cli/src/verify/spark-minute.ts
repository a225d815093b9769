import { join } from 'node:path';
import type { CommittedMinute, LedgerReader } from '@parallax/alternative';
import { MICROS_PER_MINUTE, type Project } from '@parallax/core';
import type { SparkMinute } from '@parallax/reconcile';

/** Minutes of `last_hour`: panes of so many iterations may be in it. */
const LAST_HOUR_MINUTES = 60;

/** What of a committed minute's report tells where its files are. */
interface Reported {
  readonly incomplete: readonly string[];
  readonly batch: { readonly day: string; readonly version: string } | null;
  readonly answered: boolean;
  /** Whether answers that came after the draft stand beside those. */
  readonly answeredMore?: boolean;
  /** The batch view whose rows are kept beside the windows; null: none are. */
  readonly beside: string | null;
  /** Whether it was made of a draft. */
  readonly amended?: boolean;
}

/** What of a batch view is kept in the ledger. */
interface View {
  readonly folder: string;
  readonly taken: readonly string[];
}

/** A committed minute of the Spark side, by what the ledger says of it. */
export function sparkMinute(project: Project, ledger: LedgerReader, committed: CommittedMinute): SparkMinute {
  const { minute, folder, manifest, digest, report } = committed;
  const { incomplete, batch, answered, answeredMore = false, beside, amended = false } = JSON.parse(report) as Reported;
  const view = ledger.days().find(({ day, version }) => day === batch?.day && version === batch.version)?.view ?? null;
  const oldest = minute - BigInt(LAST_HOUR_MINUTES) * MICROS_PER_MINUTE - project.maxAheadUs;
  return {
    minute,
    manifest,
    digest,
    folder,
    amended,
    incomplete,
    projectHash: ledger.seal(minute)?.projectHash ?? project.hash,
    batch:
      batch === null || view === null
        ? null
        : usedBatch(batch, JSON.parse(view) as View, beside === null ? null : besideFolders(folder, amended)),
    answers: [...(answered ? ['answers'] : []), ...(answeredMore ? ['answers-amended'] : [])].map((part) => join(folder, part)),
    iterations: ledger.folders(oldest, minute),
  };
}

function besideFolders(folder: string, amended: boolean): readonly string[] {
  return (amended ? ['beside', 'beside-amended'] : ['beside']).map((part) => join(folder, part));
}

function usedBatch(
  { day, version }: NonNullable<Reported['batch']>,
  { folder, taken }: View,
  beside: readonly string[] | null,
): SparkMinute['batch'] {
  return { day, version, folder, rows: beside ?? [folder], taken };
}
