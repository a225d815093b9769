import type { Place } from '../errors.ts';
import { LAST_HOUR_SUFFIX } from '../view-columns.ts';
import type { Problems } from './problems.ts';

/** A column of a view, with what declares it and where. */
export interface DeclaredColumn {
  readonly name: string;
  /** What the column comes from, for the message: `the stream network's variable latency`. */
  readonly from: string;
  readonly place: Place;
}

/**
 * Reports the columns that would have the same name in one view once all files are joined. Spark compares names without
 * regard to case.
 */
export function refuseCollisions(view: string, columns: readonly DeclaredColumn[], problems: Problems): void {
  const seen = new Map<string, DeclaredColumn>();
  const reported = new Set<string>();
  for (const column of columns) {
    const before = seen.get(column.name.toLowerCase());
    if (before === undefined) {
      seen.set(column.name.toLowerCase(), column);
    } else if (before.from.toLowerCase() !== column.from.toLowerCase() && !reported.has(`${before.from} ${column.from}`)) {
      // The same thing declared twice is reported by its file's reader; the same pair collides again in the last hour.
      reported.add(`${before.from} ${column.from}`);
      problems.add(column.place, `the view ${view} would have two columns "${column.name}": of ${before.from} and of ${column.from}`);
    }
  }
}

/** The columns of the view `stream`: those of `hour_to_date` and, under another name, of `last_hour`. */
export function withLastHour(columns: readonly DeclaredColumn[]): readonly DeclaredColumn[] {
  return [...columns, ...columns.map((column) => ({ ...column, name: `${column.name}${LAST_HOUR_SUFFIX}` }))];
}
