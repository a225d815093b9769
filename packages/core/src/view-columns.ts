import type {
  Aggregate,
  BatchColumn,
  BatchTable,
  ColumnType,
  OnlineField,
  OnlineSource,
  Project,
  Stream,
  StreamVariable,
} from './project.ts';

/** The two windows of an iteration (contract, section 4), as they are called in `windows.ndjson`. */
export const WINDOWS = ['hour_to_date', 'last_hour'] as const;
export type WindowName = (typeof WINDOWS)[number];

/** What the names of `last_hour`'s columns end in, in the view `stream`. */
export const LAST_HOUR_SUFFIX = '_1h';

/** The column of one aggregate in `windows.ndjson`, and in the view `stream` for `hour_to_date`. */
export function streamColumn(stream: Pick<Stream, 'name'>, variable: Pick<StreamVariable, 'name'>, aggregate: Aggregate): string {
  return `${stream.name}_${variable.name}_${aggregate}`;
}

/** The column of one batch column in the view `batch`. */
export function batchColumn(table: Pick<BatchTable, 'name'>, column: Pick<BatchColumn, 'name'>): string {
  return `${table.name}_${column.name}`;
}

/** The scorecard's sum over one module in the view `batch`, DECIMAL(20, 6). */
export function scorecardModuleColumn(module: string): string {
  return `scorecard_${module}`;
}

/** The scorecard's total in the view `batch`, DECIMAL(20, 6). */
export const SCORECARD_COLUMN = 'scorecard';
export const SCORECARD_PLACES = 6;

/** The column of one online field in the view `online`. */
export function onlineColumn(source: Pick<OnlineSource, 'name'>, field: Pick<OnlineField, 'name'>): string {
  return `${source.name}_${field.name}`;
}

/** The age of a source's answer in the view `online`, INT minutes. */
export function onlineAgeColumn(source: Pick<OnlineSource, 'name'>): string {
  return `${source.name}_age_minutes`;
}

/** The modules of the scorecard, each once, sorted by name (UTF-8 bytes). */
export function scorecardModules(project: Pick<Project, 'scorecard'>): readonly string[] {
  return [...new Set(project.scorecard.map((entry) => entry.module))].sort();
}

/** One column of a view that the user's SQL sees. `count` is a BIGINT, `age` an INT. */
export interface ViewColumn {
  readonly name: string;
  readonly type: ColumnType | { readonly kind: 'count' } | { readonly kind: 'age' };
}

/** The columns of the view `stream` but the key: of all streams for `hour_to_date`, then the same for `last_hour`. */
export function streamViewColumns(project: Pick<Project, 'streams'>): readonly ViewColumn[] {
  const columns = project.streams.flatMap((stream) =>
    stream.variables.flatMap((variable) =>
      variable.aggregates.map((aggregate): ViewColumn => {
        const type = aggregate === 'count' ? ({ kind: 'count' } as const) : ({ kind: 'decimal', places: variable.places } as const);
        return { name: streamColumn(stream, variable, aggregate), type };
      }),
    ),
  );
  return [...columns, ...columns.map(({ name, type }) => ({ name: `${name}${LAST_HOUR_SUFFIX}`, type }))];
}

/** The columns of the view `batch` but the key: sources, tables and columns as declared, then the scorecard's. */
export function batchViewColumns(project: Pick<Project, 'batch' | 'scorecard'>): readonly ViewColumn[] {
  const declared = project.batch.flatMap((source) =>
    source.tables.flatMap((table) => table.columns.map((column): ViewColumn => ({ name: batchColumn(table, column), type: column.type }))),
  );
  if (project.scorecard.length === 0) return declared;
  const type = { kind: 'decimal', places: SCORECARD_PLACES } as const;
  const modules = scorecardModules(project).map((module): ViewColumn => ({ name: scorecardModuleColumn(module), type }));
  return [...declared, ...modules, { name: SCORECARD_COLUMN, type }];
}

/** The columns of the view `online` but the key: each source's fields, then its age. */
export function onlineViewColumns(project: Pick<Project, 'online'>): readonly ViewColumn[] {
  return project.online.flatMap((source) => [
    ...source.fields.map((field): ViewColumn => ({ name: onlineColumn(source, field), type: { kind: 'decimal', places: field.places } })),
    { name: onlineAgeColumn(source), type: { kind: 'age' } as const },
  ]);
}
