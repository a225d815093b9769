import { quoteLiteral, type Stream } from '@parallax/core';

/**
 * The declared aggregates of `hour_to_date` in DuckDB, the way a person would write them for speed: doubles rather than exact numbers, no strict
 * parsing, no duplicates dropped, no late events told apart. All of that is in DuckDB's favour.
 */

/** One kept column: `fresh` from the events of a minute, `merged` from two states. `x` is the variable, `t` the event time. */
interface Kept {
  readonly name: string;
  readonly fresh: string;
  readonly merged: string;
}

/** What is kept of one stream's variables: an average is its sum and count, the last value its time too. */
export function keptColumns(stream: Stream): Kept[] {
  return stream.variables.flatMap(({ aggregates }, i) => {
    const kept = new Map<string, Kept>();
    const add = (suffix: string, fresh: string, merged: (name: string) => string): void => {
      const name = `v${i}_${suffix}`;
      kept.set(name, { name, fresh, merged: merged(name) });
    };
    const x = `x${i}`;
    for (const aggregate of aggregates) {
      if (aggregate === 'sum' || aggregate === 'avg') add('sum', `sum(${x})`, (name) => `sum(${name})`);
      if (aggregate === 'count' || aggregate === 'avg') add('count', `count(${x})`, (name) => `sum(${name})`);
      if (aggregate === 'min' || aggregate === 'max') add(aggregate, `${aggregate}(${x})`, (name) => `${aggregate}(${name})`);
      if (aggregate === 'last') {
        add('last', `arg_max(${x}, t)`, (name) => `arg_max(${name}, v${i}_at)`);
        add('at', `max(CASE WHEN ${x} IS NOT NULL THEN t END)`, (name) => `max(${name})`);
      }
    }
    return [...kept.values()];
  });
}

/** The events of one file, grouped by customer. Lines that are no JSON are skipped. */
export function paneSql(stream: Stream, file: string): string {
  const values = stream.variables.map(({ path }, i) => `${path.map(quoted).join('.')} AS x${i}`);
  const columns = jsonColumns([
    { path: stream.keyPath, type: 'BIGINT' },
    { path: stream.time.path, type: 'TIMESTAMPTZ' },
    ...stream.variables.map(({ path }) => ({ path, type: 'DOUBLE' })),
  ]);
  const events = `SELECT ${dotted(stream.keyPath)} AS k, ${dotted(stream.time.path)} AS t, ${values.join(', ')} FROM read_json(${quoteLiteral(file)}, format = 'newline_delimited', ignore_errors = true, maximum_object_size = 4194304, columns = ${columns})`;
  return `SELECT k, ${keptColumns(stream)
    .map(({ name, fresh }) => `${fresh} AS ${name}`)
    .join(', ')} FROM (${events}) WHERE k IS NOT NULL GROUP BY k`;
}

/** The state after a minute: the state before it and the minute's pane, by customer. */
export function mergeSql(stream: Stream, state: string, pane: string): string {
  const columns = keptColumns(stream);
  const names = columns.map(({ name }) => name).join(', ');
  return `SELECT k, ${columns.map(({ name, merged }) => `${merged} AS ${name}`).join(', ')} FROM (SELECT k, ${names} FROM ${state} UNION ALL SELECT k, ${names} FROM ${pane}) GROUP BY k`;
}

interface Leaf {
  readonly path: readonly string[];
  readonly type: string;
}

/** The `columns` argument of read_json: a struct literal of types, nested as the paths are. */
function jsonColumns(leaves: readonly Leaf[]): string {
  const heads = [...new Set(leaves.map(({ path }) => path[0] ?? ''))];
  return `{${heads.map((head) => `${quoteLiteral(head)}: ${quoteLiteral(typeOf(under(leaves, head)))}`).join(', ')}}`;
}

function typeOf(leaves: readonly Leaf[]): string {
  const only = leaves[0];
  if (only !== undefined && only.path.length === 0) return only.type;
  const heads = [...new Set(leaves.map(({ path }) => path[0] ?? ''))];
  return `STRUCT(${heads.map((head) => `${quoted(head)} ${typeOf(under(leaves, head))}`).join(', ')})`;
}

function under(leaves: readonly Leaf[], head: string): Leaf[] {
  return leaves.filter(({ path }) => path[0] === head).map(({ path, type }) => ({ path: path.slice(1), type }));
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const dotted = (path: readonly string[]): string => path.map(quoted).join('.');
