import type { Stream } from '@parallax/core';
import { quoteIdentifier, quoteText } from '@parallax/spark-connect';

/**
 * The declared aggregates of the clock hour as Structured Streaming has them: one query a stream, a tumbling window of an hour by event time,
 * update mode. Doubles and `from_json`, as most would write it; nothing is deduplicated, and without a watermark no state is ever looked
 * through for what has expired. All of that is in its favour.
 */
export function hourWindowSql(stream: Stream, view: string): string {
  const values = stream.variables.map(({ path }, i) => `e.${path.map(quoteIdentifier).join('.')} AS x${i}`);
  const aggregates = stream.variables.flatMap(({ aggregates: kept }, i) =>
    kept.map((aggregate) => `${aggregateSql(aggregate, i)} AS v${i}_${aggregate}`),
  );
  const parsed = `SELECT from_json(CAST(value AS STRING), ${quoteText(jsonSchema(stream))}) AS e FROM ${quoteIdentifier(view)}`;
  const events = `SELECT e.${dotted(stream.keyPath)} AS k, TRY_CAST(e.${dotted(stream.time.path)} AS TIMESTAMP) AS t, ${values.join(', ')} FROM (${parsed})`;
  return `SELECT window(t, '1 hour') AS hour, k, ${aggregates.join(', ')} FROM (${events}) WHERE k IS NOT NULL GROUP BY window(t, '1 hour'), k`;
}

function aggregateSql(aggregate: Stream['variables'][number]['aggregates'][number], i: number): string {
  return aggregate === 'last' ? `max_by(x${i}, CASE WHEN x${i} IS NOT NULL THEN t END)` : `${aggregate}(x${i})`;
}

/** The DDL of what `from_json` extracts: key, time and the declared variables. */
export function jsonSchema(stream: Stream): string {
  const leaves = [
    { path: stream.keyPath, type: 'BIGINT' },
    { path: stream.time.path, type: 'STRING' },
    ...stream.variables.map(({ path }) => ({ path, type: 'DOUBLE' })),
  ];
  return structFields(leaves, ' ');
}

interface Leaf {
  readonly path: readonly string[];
  readonly type: string;
}

function structFields(leaves: readonly Leaf[], separator: ' ' | ': '): string {
  const heads = [...new Set(leaves.map(({ path }) => path[0] ?? ''))];
  return heads
    .map((head) => {
      const below = leaves.filter(({ path }) => path[0] === head).map(({ path, type }) => ({ path: path.slice(1), type }));
      const only = below[0];
      const type = only !== undefined && only.path.length === 0 ? only.type : `STRUCT<${structFields(below, ': ')}>`;
      return `${quoteIdentifier(head)}${separator}${type}`;
    })
    .join(', ');
}

const dotted = (path: readonly string[]): string => path.map(quoteIdentifier).join('.');
