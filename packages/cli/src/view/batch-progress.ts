import type { BatchProgress } from '@parallax/pipeline/batch/layer.ts';
import type { AsideCount } from '@parallax/pipeline/ledger/ledger.ts';
import type { View } from './view.ts';

/** Shows how far a batch view is, and notes what was kept aside of its day. */
export function showBatchProgress(view: Pick<View, 'progress' | 'note'>): (progress: BatchProgress) => void {
  return ({ table, done, of, day, aside = [] }) => {
    view.progress({
      ...{ kind: 'step', name: 'the batch view', state: done === of ? 'done' : 'running', done, of, unit: 'tables' },
      detail: `${day} ${table}`,
    });
    for (const each of aside) view.note(asideText(day, each));
  };
}

/** Rows of a batch day that were kept aside for one reason, in words. */
export function asideText(day: string, { table, reason, rows }: AsideCount): string {
  return `batch day ${day}: ${rows} rows of ${table} kept aside (${reason})`;
}
