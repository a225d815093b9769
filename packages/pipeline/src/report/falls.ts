import { type Fall, MICROS_PER_MINUTE, type Project, quoteIdentifier, quoteLiteral } from '@parallax/core';
import type { Row } from '@parallax/spark-connect';
import { parseOutcome } from '../committed.ts';
import { openAmended } from '../draft/amend.ts';
import { partOf } from '../draft/whole.ts';
import type { Engine } from '../engine/engine.ts';
import { FALL_MINUTES, FALLS_SHOWN } from '../limits.ts';
import type { MinuteOutcome } from '../outcome.ts';
import type { Pipeline } from '../pipeline.ts';

/** Customers and groups whose satisfaction fell most against an earlier minute. */
export interface Falls {
  readonly customers: readonly Fall[];
  /** Groups are the customers that share the value of a text column of the base table. */
  readonly groups: readonly Fall[];
}

/** Compares the newest minute's results with those of the oldest committed one of the last few minutes. For the eye: means are rounded. */
export async function findFalls(pipeline: Pipeline, engine: Engine, outcome: MinuteOutcome): Promise<Falls> {
  const { minute } = outcome;
  const [before] = pipeline.ledger.iterations(minute - BigInt(FALL_MINUTES) * MICROS_PER_MINUTE, minute - 1n);
  if (before === undefined) return { customers: [], groups: [] };
  if (outcome.amended) await openAmended(pipeline, engine, outcome);
  const { project } = pipeline;
  const key = quoteIdentifier(project.key.name);
  const earlier = partOf(before.folder, parseOutcome(before.report).amended, 'results', project.key.name);
  const pairs = `(SELECT CAST(n.${key} AS STRING) AS customer, b.satisfaction AS was, n.satisfaction AS now
FROM satisfaction n JOIN ${earlier} b ON b.${key} = n.${key} WHERE b.satisfaction IS NOT NULL AND n.satisfaction IS NOT NULL)`;
  const customers = await engine.session.collect(
    `SELECT customer AS name, 1L AS customers, CAST(was AS DOUBLE) AS was, CAST(now AS DOUBLE) AS now FROM ${pairs} WHERE now < was ORDER BY was - now DESC, customer LIMIT ${FALLS_SHOWN}`,
  );
  const columns = groupColumns(project);
  if (columns.length === 0) return { customers: customers.map(fallOf), groups: [] };
  const grouped = columns.map(
    (
      column,
    ) => `SELECT CONCAT(${quoteLiteral(`${column.label} `)}, ${quoteIdentifier(column.name)}) AS name, count(*) AS customers, CAST(avg(was) AS DOUBLE) AS was, CAST(avg(now) AS DOUBLE) AS now
FROM ${pairs} p JOIN prlx_batch b ON b.key = p.customer WHERE ${quoteIdentifier(column.name)} IS NOT NULL GROUP BY ${quoteIdentifier(column.name)}`,
  );
  const groups = await engine.session.collect(
    `SELECT * FROM (${grouped.join('\nUNION ALL\n')}) WHERE now < was ORDER BY was - now DESC, name LIMIT ${FALLS_SHOWN}`,
  );
  return { customers: customers.map(fallOf), groups: groups.map(fallOf) };
}

/** The columns of `batch` by which customers are grouped: the text columns of the base table. */
export function groupColumns(project: Project): { name: string; label: string }[] {
  const table = project.batch.find((s) => s.name === project.base.source)?.tables.find((t) => t.name === project.base.table);
  return (table?.columns ?? []).flatMap((c) =>
    c.type.kind === 'text' ? [{ name: `${project.base.table}_${c.name}`, label: c.name }] : [],
  );
}

function fallOf(row: Row): Fall {
  const rounded = (value: unknown) => Math.round(Number(value) * 100) / 100;
  return { name: String(row.name), customers: Number(row.customers), before: rounded(row.was), now: rounded(row.now), why: null };
}
