import { MICROS_PER_MINUTE, type Project, quoteLiteral } from '@parallax/core';
import { emptySql } from '@parallax/pipeline/engine/relations.ts';
import { eventSpec, rowsSpec, windowSpec } from '@parallax/pipeline/engine/specs.ts';
import { writeParquet, writeState } from '@parallax/pipeline/engine/sql.ts';
import { claimSql } from '@parallax/pipeline/ingest/claimed.ts';
import { BUCKETS } from '@parallax/pipeline/limits.ts';
import { COMPACT_DIGITS, rowsType, type StreamColumn, streamColumns } from '@parallax/pipeline/window/columns.ts';
import { PANES_SCHEMA, panesSql } from '@parallax/pipeline/window/panes.ts';
import { HOUR, LAST_MINUTE, messagesSql, range } from './events.ts';

/**
 * A way to keep the sum and the count of each variable of each customer from minute to minute. Its statements stand on one another: each reads what the one
 * before has written, as the relation of that name.
 */
export interface Layout {
  readonly name: string;
  /** Whether Spark may compile its plans: of use where Spark's own expressions do the work, not where our functions do. */
  readonly codegen: boolean;
  /** The statement that writes panes and windows of this layout. */
  readonly write: (path: string, query: string) => string;
  /** Over `raw`, a relation as `eventsSql` makes it: the events as the layout's panes take them, read from their messages already. Not measured. */
  readonly events: string;
  /** Over `events`: one state for each customer and event minute. */
  readonly panes: string;
  /** Over `panes`: one state for each customer. */
  readonly merged: string;
  /** Over `merged`: one row, the sums of the first `READ_VARIABLES` variables, added up over all customers. */
  readonly read: string;
}

export const READ_VARIABLES = 10;

/** What is kept, to which the others are compared: the last of `layouts`. */
export const KEPT = 'packed, a row a bucket';

/** @param project of one stream, as `layoutProject` makes it */
export function layouts(project: Project): Layout[] {
  return [columns(variablesOf(project)), arrays(variablesOf(project)), packed(project), runs(project)];
}

/** Functions of `layouts` that a session of the pipeline does not have: name, class and result type. */
export function layoutFunctions(project: Project): readonly (readonly [name: string, className: string, type: string])[] {
  return [
    ['prlx_parse', 'EventParser', 'STRUCT<reason: STRING, key: STRING, time: BIGINT, id: STRING, vals: BINARY, drift: ARRAY<STRING>>'],
    ['prlx_pane', 'Pane', 'BINARY'],
    ['prlx_merge', 'Merge', 'BINARY'],
    ['prlx_values', 'Values', 'ARRAY<BIGINT>'],
    ['prlx_layout_rows', 'Rows', rowsType(readColumns(project), COMPACT_DIGITS)],
  ];
}

function columns(n: number): Layout {
  return {
    name: 'one column each',
    codegen: true,
    write: writeParquet,
    events: `SELECT minute, k, ${range(n, (i) => `v${i}`)} FROM raw`,
    panes: `SELECT minute, k, ${range(n, (i) => `sum(v${i}) AS s${i}, count(v${i}) AS c${i}`)} FROM events GROUP BY minute, k`,
    merged: `SELECT k, ${range(n, (i) => `sum(s${i}) AS s${i}, sum(c${i}) AS c${i}`)} FROM panes GROUP BY k`,
    read: `SELECT ${range(READ_VARIABLES, (i) => `sum(s${i}) AS r${i}`)} FROM merged`,
  };
}

function arrays(n: number): Layout {
  const array = (of: (i: number) => string) => `array(${range(n, of)})`;
  return {
    name: 'arrays',
    codegen: true,
    write: writeParquet,
    events: `SELECT minute, k, ${array((i) => `v${i}`)} AS v FROM raw`,
    panes: `SELECT minute, k, ${array((i) => `sum(v[${i}])`)} AS s, ${array((i) => `count(v[${i}])`)} AS c FROM events GROUP BY minute, k`,
    merged: `SELECT k, ${array((i) => `sum(s[${i}])`)} AS s, ${array((i) => `sum(c[${i}])`)} AS c FROM panes GROUP BY k`,
    read: `SELECT ${range(READ_VARIABLES, (i) => `sum(s[${i}]) AS r${i}`)} FROM merged`,
  };
}

/** One packed binary a customer, made and merged by functions over what Spark groups. */
function packed(project: Project): Layout {
  const spec = quoteLiteral(JSON.stringify((JSON.parse(windowSpec(project)) as { streams: object[] }).streams[0]));
  const parsed = `SELECT minute, inline(array(prlx_parse(payload, id, ${quoteLiteral(messageSpec(project))}))) FROM (${messagesSql('raw', variablesOf(project))})`;
  return {
    name: 'packed, a row a customer',
    codegen: false,
    write: writeParquet,
    events: `SELECT minute, CAST(key AS BIGINT) AS k, time, id, vals FROM (${parsed})`,
    panes: `SELECT minute, k, prlx_pane(collect_list(struct(time, id, vals)), ${spec}) AS state FROM events GROUP BY minute, k`,
    merged: `SELECT k, prlx_merge(collect_list(state), ${spec}) AS state FROM panes GROUP BY k`,
    // Of each variable its sum, then its count.
    read: `SELECT ${range(READ_VARIABLES, (i) => `sum(v[${2 * i}]) AS r${i}`)} FROM (SELECT explode(array(prlx_values(state, ${spec}))) AS v FROM merged)`,
  };
}

/** All customers of a bucket in one packed run, by key: what the pipeline keeps, by its own statements where it has them. */
function runs(project: Project): Layout {
  const parsed = `SELECT inline(array(prlx_event(payload, id, 0, n, ${quoteLiteral(messageSpec(project))}))) FROM (${messagesSql('raw', variablesOf(project))})`;
  const slices = `(SELECT bucket, prlx_records(collect_list(event)) AS events FROM (${parsed}) GROUP BY bucket)`;
  const relations = { slices, isQuery: false, before: `(${emptySql('bucket INT, claims BINARY')})`, own: null, payloads: null };
  // `first` lies behind every pane: `hour_to_date` alone is merged.
  const windows = `prlx_windows(collect_list(struct('pane' AS kind, minute, run AS blob)), ${HOUR}L, ${LAST_MINUTE + MICROS_PER_MINUTE}L, ${quoteLiteral(windowSpec(project))})`;
  const shown = readColumns(project);
  const nothing = 'CAST(NULL AS BINARY)';
  const rows = `prlx_layout_rows(run, ${nothing}, ${nothing}, ${quoteLiteral(rowsSpec(project, shown, COMPACT_DIGITS))})`;
  return {
    name: KEPT,
    codegen: false,
    write: writeState,
    events: claimSql(project, LAST_MINUTE, relations, BUCKETS),
    panes: panesSql(project, LAST_MINUTE, 'events', `(${emptySql(PANES_SCHEMA)})`),
    merged: `SELECT bucket, w.hour AS run FROM (SELECT bucket, ${windows} AS w FROM (SELECT bucket, inline(panes) FROM panes) GROUP BY bucket)`,
    read: `SELECT ${shown.map(({ name }, i) => `CAST(sum(${name}) AS BIGINT) AS r${i}`).join(', ')} FROM (SELECT inline(${rows}) FROM merged)`,
  };
}

function variablesOf(project: Project): number {
  return project.streams[0]?.variables.length ?? 0;
}

function readColumns(project: Project): readonly StreamColumn[] {
  return streamColumns(project)
    .filter(({ window, aggregate }) => window === 'hour' && aggregate === 'sum')
    .slice(0, READ_VARIABLES);
}

/** How messages of the stream are read; all of the hour are in time. */
function messageSpec(project: Project): string {
  const [stream] = project.streams;
  if (stream === undefined) throw new RangeError('the project has no stream');
  return eventSpec(stream, 0, project.key.type, BUCKETS, { late: HOUR, ahead: LAST_MINUTE + MICROS_PER_MINUTE });
}
