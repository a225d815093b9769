import { floorTo, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import { aggregateSpec } from '../engine/specs.ts';
import { scaledDecimal, typedKey } from '../engine/sql.ts';
import { LAST_HOUR_MINUTES } from '../limits.ts';

/** Columns of `windows`: one row a customer, the packed states of both windows for each stream. */
export function windowsSchema(project: Project): string {
  return [
    'key STRING',
    'in_base BOOLEAN',
    'in_hour BOOLEAN',
    'touched BOOLEAN',
    ...project.streams.flatMap((_, i) => [`h${i} BINARY`, `l${i} BINARY`]),
  ].join(', ');
}

/** The first event minute that `last_hour` of iteration `minute` holds. */
export function lastHourStart(minute: Micros): Micros {
  return minute - BigInt(LAST_HOUR_MINUTES - 1) * MICROS_PER_MINUTE;
}

/**
 * Merges panes into the windows of iteration `minute` (contract, section 4): every customer with an accepted event in
 * `last_hour` (`in_hour`) or of effective minute `minute` (`touched`, which an event older than the hour can be), and for the
 * population `base` every other base customer with empty windows.
 *
 * `hour_to_date` lies inside `last_hour`, so one pass over the panes makes both. Event minutes after `minute` (early
 * events) are left to the iteration that they belong to.
 *
 * @param panes a relation of `panesSchema`
 * @param baseKeys a relation with `key`: the base population of the active day
 */
export function windowsSql(project: Project, minute: Micros, panes: string, baseKeys: string): string {
  const hour = floorTo(minute, MICROS_PER_HOUR);
  const start = lastHourStart(minute);
  const merged = project.streams.flatMap((stream, i) => {
    const spec = quoteLiteral(aggregateSpec(stream));
    return [
      `prlx_merge(collect_list(s${i}) FILTER (WHERE event_minute >= ${hour}), ${spec}) AS h${i}`,
      `prlx_merge(collect_list(s${i}) FILTER (WHERE event_minute >= ${start}), ${spec}) AS l${i}`,
    ];
  });
  const states = project.streams.flatMap((_, i) => [`h${i}`, `l${i}`]);
  const windows = `SELECT key, bool_or(event_minute >= ${start}) AS in_hour, bool_or(iteration = ${minute} OR event_minute = ${minute}) AS touched, ${merged.join(', ')}
FROM ${panes} WHERE event_minute <= ${minute} AND (event_minute >= ${start} OR iteration = ${minute}) GROUP BY key`;
  const join = project.population === 'base' ? 'FULL OUTER' : 'LEFT OUTER';
  return `SELECT COALESCE(w.key, b.key) AS key, b.key IS NOT NULL AS in_base, COALESCE(w.in_hour, false) AS in_hour, COALESCE(w.touched, false) AS touched, ${states.join(', ')}
FROM (${windows}) w ${join} JOIN ${baseKeys} b ON b.key = w.key`;
}

/** Which rows of `windows` are the population that is scored. */
export function populationFilter(project: Project): string {
  switch (project.population) {
    case 'window':
      return 'in_base AND in_hour';
    case 'touched':
      return 'in_base AND touched';
    case 'base':
      return 'in_base';
  }
}

/** A column of a window, as the user's SQL and the outputs name it. */
export interface WindowColumn {
  /** `<stream>_<variable>_<aggregate>` */
  readonly name: string;
  readonly stream: number;
  /** Index in the array that `prlx_values` gives. */
  readonly index: number;
  /** Null for a count, which is a BIGINT. */
  readonly places: number | null;
}

/** The columns of one window: streams by name, variables and aggregates as declared. */
export function windowColumns(project: Project): readonly WindowColumn[] {
  return project.streams.flatMap((stream, s) => {
    let index = 0;
    return stream.variables.flatMap((variable) =>
      variable.aggregates.map((aggregate) => ({
        name: `${stream.name}_${variable.name}_${aggregate}`,
        stream: s,
        index: index++,
        places: aggregate === 'count' ? null : variable.places,
      })),
    );
  });
}

function columnSql(column: WindowColumn, array: 'h' | 'l', suffix: string): string {
  const value = `${array}${column.stream}[${column.index}]`;
  return `${column.places === null ? value : scaledDecimal(value, column.places)} AS ${quoteIdentifier(column.name + suffix)}`;
}

function unpacked(project: Project, windows: string, arrays: readonly ('h' | 'l')[]): string {
  const values = project.streams.flatMap((stream, i) =>
    arrays.map((a) => `prlx_values(${a}${i}, ${quoteLiteral(aggregateSpec(stream))}) AS ${a}${i}`),
  );
  return `SELECT key, ${values.join(', ')} FROM ${windows} WHERE ${populationFilter(project)}`;
}

/** The view `stream` (contract, section 6): `hour_to_date` columns, then those of `last_hour` with `_1h`. */
export function streamViewSql(project: Project, windows: string): string {
  const columns = windowColumns(project);
  return `SELECT ${typedKey('key', project.key.type)} AS ${quoteIdentifier(project.key.name)}, ${[
    ...columns.map((c) => columnSql(c, 'h', '')),
    ...columns.map((c) => columnSql(c, 'l', '_1h')),
  ].join(', ')}
FROM (${unpacked(project, windows, ['h', 'l'])})`;
}

/** One window of the population as the recording's outputs have it: key, then the columns without `_1h`. */
export function windowExportSql(project: Project, windows: string, window: 'hour_to_date' | 'last_hour'): string {
  const array = window === 'hour_to_date' ? 'h' : 'l';
  return `SELECT key, ${quoteLiteral(window)} AS window, ${windowColumns(project)
    .map((c) => columnSql(c, array, ''))
    .join(', ')}
FROM (${unpacked(project, windows, [array])})`;
}
