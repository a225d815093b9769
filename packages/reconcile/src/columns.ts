import type { Aggregate, Project } from '@parallax/core';
import {
  batchViewColumns,
  onlineAgeColumn,
  onlineColumn,
  SCORECARD_COLUMN,
  scorecardModuleColumn,
  streamColumn,
} from '@parallax/core/view-columns.ts';

/** Where a column comes from: what a verdict names. */
export interface Origin {
  /** The stream, batch or online source, or the file of the logic; null when it has no single one. */
  readonly source: string | null;
  readonly variable: string | null;
}

/** One declared aggregate of a stream's variable. */
export interface AggregateColumn extends Origin {
  /** `<stream>_<variable>_<aggregate>` */
  readonly name: string;
  readonly aggregate: Aggregate;
  /** Null: a count. */
  readonly places: number | null;
}

/** The aggregates of each variable of each stream. */
export function aggregateColumns(project: Project): readonly (readonly (readonly AggregateColumn[])[])[] {
  return project.streams.map((stream) =>
    stream.variables.map((variable) =>
      variable.aggregates.map((aggregate) => ({
        name: streamColumn(stream, variable, aggregate),
        aggregate,
        places: aggregate === 'count' ? null : variable.places,
        source: stream.name,
        variable: variable.name,
      })),
    ),
  );
}

/** One column of the batch view, in the view's order. */
export interface BatchViewColumn extends Origin {
  readonly name: string;
  /** Null: text. */
  readonly places: number | null;
}

export function batchColumns(project: Project): readonly BatchViewColumn[] {
  const origins = [
    ...project.batch.flatMap((source) =>
      source.tables.flatMap((table) => table.columns.map(({ name }) => ({ source: source.name, variable: name }))),
    ),
  ];
  return batchViewColumns(project).map(({ name, type }, index) => ({
    name,
    places: type.kind === 'decimal' ? type.places : null,
    ...(origins[index] ?? { source: scorecardSource(project, name), variable: name }),
  }));
}

/** The one source that a scorecard's column is made from; null when there are several. */
function scorecardSource(project: Project, column: string): string | null {
  const sources = new Set(
    project.scorecard
      .filter(({ module }) => column === SCORECARD_COLUMN || scorecardModuleColumn(module) === column)
      .map(({ source }) => source),
  );
  const [only] = sources;
  return sources.size === 1 && only !== undefined ? only : null;
}

/** The columns of one online source: its fields, then its age (places null). */
export interface OnlineViewColumns {
  readonly source: string;
  readonly fields: readonly { readonly name: string; readonly variable: string; readonly places: number }[];
  readonly age: string;
}

export function onlineColumns(project: Project): readonly OnlineViewColumns[] {
  return project.online.map((source) => ({
    source: source.name,
    fields: source.fields.map((field) => ({ name: onlineColumn(source, field), variable: field.name, places: field.places })),
    age: onlineAgeColumn(source),
  }));
}
