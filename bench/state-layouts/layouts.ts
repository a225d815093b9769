import { quoteLiteral } from '@parallax/core';

/**
 * Ways to keep the aggregates of customers between minutes, each with the SQL that makes a state from one event a customer, merges two states,
 * and reads some variables of all customers. All keep the sum and the count of each variable.
 */
export interface Layout {
  readonly name: string;
  /** Whether Spark may compile its plans: of use where Spark's own expressions do the work, not where our functions do. */
  readonly codegen: boolean;
  readonly build: string;
  /** Over the relations `a` and `b`. */
  readonly merge: string;
  /** Over the relation `merged`: the sums of the first `READ_VARIABLES` variables, added up over all customers. */
  readonly read: string;
}

export const READ_VARIABLES = 10;
export const BUCKETS = 64;
/** A minute to put events in, microseconds. */
const MINUTE = 1_767_607_200_000_000;
const DAY = 86_400_000_000;

/**
 * @param variables how many there are
 * @param values a relation of `k BIGINT, id STRING, v0 … BIGINT`
 * @param messages the same as `payload BINARY, id STRING, n BIGINT`
 */
export function layouts(variables: number, values: string, messages: string): Layout[] {
  return [columns(variables, values), arrays(variables, values), packed(variables, messages), runs(variables, messages)];
}

const range = (n: number, of: (i: number) => string): string => Array.from({ length: n }, (_, i) => of(i)).join(', ');

function columns(n: number, values: string): Layout {
  const added = (name: string) => `coalesce(a.${name}, 0) + coalesce(b.${name}, 0) AS ${name}`;
  return {
    name: 'one column each',
    codegen: true,
    build: `SELECT k, ${range(n, (i) => `v${i} AS s${i}, 1L AS c${i}`)} FROM ${values}`,
    merge: `SELECT coalesce(a.k, b.k) AS k, ${range(n, (i) => `${added(`s${i}`)}, ${added(`c${i}`)}`)} FROM a FULL OUTER JOIN b ON a.k = b.k`,
    read: `SELECT ${range(READ_VARIABLES, (i) => `sum(s${i})`)} FROM merged`,
  };
}

function arrays(n: number, values: string): Layout {
  const added = (name: string) => `coalesce(zip_with(a.${name}, b.${name}, (x, y) -> x + y), a.${name}, b.${name}) AS ${name}`;
  return {
    name: 'arrays',
    codegen: true,
    build: `SELECT k, array(${range(n, (i) => `v${i}`)}) AS s, array_repeat(1L, ${n}) AS c FROM ${values}`,
    merge: `SELECT coalesce(a.k, b.k) AS k, ${added('s')}, ${added('c')} FROM a FULL OUTER JOIN b ON a.k = b.k`,
    read: `SELECT ${range(READ_VARIABLES, (i) => `sum(s[${i}])`)} FROM merged`,
  };
}

/** One packed binary a customer, merged by a function. */
function packed(n: number, messages: string): Layout {
  const spec = quoteLiteral(JSON.stringify(stateSpec(n)));
  const event = `struct(p.time AS time, p.id AS id, p.vals AS vals)`;
  const parsed = `SELECT prlx_parse(payload, id, ${quoteLiteral(JSON.stringify(parseSpec(n)))}) AS p FROM ${messages}`;
  return {
    name: 'packed, a row a customer',
    codegen: false,
    build: `SELECT CAST(p.key AS BIGINT) AS k, prlx_pane(array(${event}), ${spec}) AS state FROM (${parsed})`,
    merge: `SELECT coalesce(a.k, b.k) AS k, prlx_merge(array(a.state, b.state), ${spec}) AS state FROM a FULL OUTER JOIN b ON a.k = b.k`,
    read: `SELECT ${range(READ_VARIABLES, (i) => `sum(v[${i}])`)} FROM (SELECT prlx_values(state, ${spec}) AS v FROM merged)`,
  };
}

/** All customers of a bucket in one packed binary, sorted by key: what the pipeline keeps. */
function runs(n: number, messages: string): Layout {
  const spec = quoteLiteral(JSON.stringify({ streams: [stateSpec(n)] }));
  const event = quoteLiteral(JSON.stringify({ stream: 0, buckets: BUCKETS, ...parseSpec(n) }));
  const late = `${MINUTE - DAY}L`;
  const parsed = `SELECT prlx_event(payload, id, 0, n, ${late}, ${MINUTE + DAY}L, ${event}) AS e FROM ${messages}`;
  const slice = `SELECT e.bucket AS bucket, prlx_records(collect_list(e.event)) AS events FROM (${parsed}) GROUP BY e.bucket`;
  const claimed = `SELECT prlx_claim(collect_list(struct('events' AS kind, events AS blob)), ${late}, ${quoteLiteral(JSON.stringify({ buckets: BUCKETS }))}) AS c FROM (${slice}) GROUP BY bucket`;
  const panes = `SELECT bucket, prlx_panes(collect_list(struct('events' AS kind, events AS blob)), ${MINUTE}L, ${MINUTE - DAY}L, ${spec}) AS p FROM (SELECT inline(c.accepted) FROM (${claimed})) GROUP BY bucket`;
  const items = `SELECT bucket, 'hour' AS kind, 0L AS minute, run AS blob FROM a UNION ALL SELECT bucket, 'pane', ${MINUTE}L, run FROM b`;
  // The second bound lies after every pane: only one window is merged.
  const windows = `prlx_windows(collect_list(struct(kind, minute, blob)), ${MINUTE}L, ${MINUTE + DAY}L, ${spec})`;
  const rows = quoteLiteral(JSON.stringify({ streams: [stateSpec(n)], columns: READ_COLUMNS }));
  return {
    name: 'packed, a row a bucket',
    codegen: false,
    build: `SELECT bucket, p.panes[0].run AS run FROM (${panes})`,
    merge: `SELECT bucket, ${windows}.hour AS run FROM (${items}) GROUP BY bucket`,
    read: `SELECT ${range(READ_VARIABLES, (i) => `CAST(sum(s${i}) * 100 AS BIGINT)`)} FROM (SELECT inline(prlx_layout_rows(run, run, CAST(NULL AS BINARY), ${rows})) FROM merged)`,
  };
}

const READ_COLUMNS = Array.from({ length: READ_VARIABLES }, (_, variable) => ({
  name: `s${variable}`,
  window: 'hour',
  stream: 0,
  variable,
  aggregate: 'sum',
  places: 2,
}));

/** The result type of `prlx_layout_rows`. */
export const ROWS_TYPE = `ARRAY<STRUCT<key: STRING, in_hour: BOOLEAN, touched: BOOLEAN, ${READ_COLUMNS.map(({ name }) => `${name}: DECIMAL(20,2)`).join(', ')}>>`;

function stateSpec(n: number): object {
  return { variables: Array.from({ length: n }, () => ({ places: 2, aggregates: ['sum', 'count'] })) };
}

function parseSpec(n: number): object {
  return {
    key: { type: 'bigint', path: ['k'] },
    time: { path: ['t'], format: 'epoch_us' },
    id: null,
    variables: Array.from({ length: n }, (_, i) => ({ path: [`v${i}`], places: 2 })),
  };
}

/** One event a customer: `values` as columns, of which `messagesSql` makes JSON. Values are scaled integers that a hash gives. */
export function valuesSql(customers: number, n: number, salt: number): string {
  return `SELECT id AS k, concat('e', id) AS id, ${range(n, (i) => `pmod(xxhash64(id, ${salt}, ${i}), 100000L) AS v${i}`)} FROM range(${customers})`;
}

export function messagesSql(values: string, n: number): string {
  // 100 times too large in hundredths: the same integers as in the values.
  const fields = range(n, (i) => `'v${i}', CAST(v${i} AS DECIMAL(20,0)) / 100`);
  return `SELECT CAST(to_json(named_struct('k', k, 't', ${MINUTE}L, ${fields})) AS BINARY) AS payload, id, k AS n FROM ${values}`;
}
