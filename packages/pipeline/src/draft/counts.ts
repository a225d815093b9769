import { join } from 'node:path';
import { BESIDE_SCHEMA } from '../batch/join.ts';
import { parquetRelation } from '../engine/relations.ts';
import { OUTSIDE_KEPT_MAX } from '../limits.ts';
import type { Attempt } from '../pipeline.ts';
import type { Population } from '../score/members.ts';
import { MEMBERS_SCHEMA, populationFilter } from '../window/population.ts';

/** What the customers of a draft come to, or those of it that are done again. */
export interface Counts extends Population {
  /** The keys of those outside the base; null: more than are held in memory. */
  readonly outside: readonly string[] | null;
  /** How many of them were looked up in the batch view. */
  readonly entrants: number;
}

/** Counts the customers of the folder `members`, and what looking them up wrote beside their windows; null: nobody was. */
export async function countCustomers(
  { pipeline, session, folder }: Attempt,
  { members, beside }: { readonly members: string; readonly beside: string | null },
): Promise<Counts> {
  const sql = `SELECT key, 0 AS population, 1 AS outside, 0 AS entrants FROM prlx_members_counted WHERE NOT in_base
UNION ALL SELECT NULL, count_if(${populationFilter(pipeline.project)}), 0, 0 FROM prlx_members_counted
UNION ALL SELECT NULL, 0, 0, sum(entrants) FROM prlx_entrants_counted`;
  const relations = {
    prlx_members_counted: parquetRelation(MEMBERS_SCHEMA, [join(folder, members)]),
    prlx_entrants_counted: parquetRelation(BESIDE_SCHEMA, beside === null ? [] : [join(folder, beside)]),
  };
  const counts = { customers: 0, outsideBase: 0, entrants: 0 };
  const outside: string[] = [];
  for await (const row of session.query(sql, { relations })) {
    counts.customers += Number(row.population);
    counts.outsideBase += Number(row.outside);
    counts.entrants += Number(row.entrants ?? 0n);
    if (row.key !== null && outside.length < OUTSIDE_KEPT_MAX) outside.push(String(row.key));
  }
  return { ...counts, outside: outside.length < counts.outsideBase ? null : outside };
}
