import type { BatchTable, ExactDecimal, Project } from '@parallax/core';
import type { SparkSession } from '@parallax/spark-connect';
import { parquetRelation } from '../engine/relations.ts';
import { decimalText } from '../engine/specs.ts';
import type { BatchView } from '../ledger/ledger.ts';
import { ASIDE_LISTED } from '../limits.ts';
import { asideReason, FIRST_RULE, KEY_TWICE, NO_KEY, REDUCED_SCHEMA, reasonNumber, VIEW_SCHEMA } from './reduce.ts';
import { reducedColumns, type Table, tableName, tablesOf } from './variables.ts';

/** A row of a store that was kept aside. */
export interface AsideRow {
  /** `<source>.<table>` */
  readonly table: string;
  /** `key`, `key_twice`, `type`, or `expected.<column>`. */
  readonly reason: string;
  /** Null: it has none. */
  readonly key: string | null;
  /** The column that is the reason; null where it is the key, or where so many rows were kept aside that not all were looked at. */
  readonly column: string | null;
  /** What stands there, as text, its beginning if it is long; null is null. */
  readonly value: string | null;
  /** What would have been right, in words. */
  readonly rule: string;
}

/** Rows that a version keeps aside, by table, reason and key: of each table and reason the first `ASIDE_LISTED`. @param reduced folders of `REDUCED_SCHEMA` */
export async function asideRows(
  session: SparkSession,
  project: Project,
  view: Pick<BatchView, 'folder' | 'aside'>,
  reduced: readonly string[],
): Promise<readonly AsideRow[]> {
  const tables = tablesOf(project);
  const groups = view.aside.map(({ table: name, reason }) => {
    const tbl = tables.findIndex((each) => tableName(each) === name);
    const table = tables[tbl];
    if (table === undefined) throw new RangeError(`no table ${name}`);
    return { tbl, reason: reasonNumber(table.table, reason) };
  });
  if (groups.length === 0) return [];
  const rows = await session.collect(asideSql(groups), {
    relations: { prlx_view: parquetRelation(VIEW_SCHEMA, [view.folder]), prlx_reduced: parquetRelation(REDUCED_SCHEMA, reduced) },
  });
  const columns = new Map<number, ReturnType<typeof reducedColumns>>();
  const columnsOf = (tbl: number, table: Table) => {
    const known = columns.get(tbl) ?? reducedColumns(project, table);
    columns.set(tbl, known);
    return known;
  };
  const found = rows.map((row): AsideRow => {
    const table = tables[Number(row.tbl)];
    if (table === undefined) throw new RangeError(`no table ${String(row.tbl)}`);
    const column = row.col === null ? null : (columnsOf(Number(row.tbl), table)[Number(row.col)]?.name ?? null);
    return {
      table: tableName(table),
      reason: asideReason(table.table, Number(row.reason)),
      key: textOf(row.key),
      column,
      value: textOf(row.value),
      rule: ruleOf(project, table, Number(row.reason), column),
    };
  });
  return found.sort(
    (a, b) => compare(a.table, b.table) || compare(a.reason, b.reason) || compare(a.key, b.key) || compare(a.value, b.value),
  );
}

/** One ordered and limited query a table and reason: each holds no more than what is listed in memory. */
function asideSql(groups: readonly { readonly tbl: number; readonly reason: number }[]): string {
  const parts = groups.map(({ tbl, reason }) =>
    reason === NO_KEY
      ? `(SELECT tbl, reason, key, col, value FROM found WHERE tbl = ${tbl} AND key IS NULL ORDER BY value LIMIT ${ASIDE_LISTED})`
      : `(SELECT a.tbl, a.reason, a.key, f.col, f.value FROM (SELECT tbl, reason, key FROM aside WHERE tbl = ${tbl} AND reason = ${reason} ORDER BY key LIMIT ${ASIDE_LISTED}) a
  LEFT JOIN (SELECT key, col, value FROM found WHERE tbl = ${tbl} AND reason = ${reason}) f ON f.key = a.key)`,
  );
  return `WITH aside AS (SELECT inline(aside) FROM prlx_view), found AS (SELECT tbl, inline(aside) FROM prlx_reduced)
${parts.join('\nUNION ALL ')}`;
}

function ruleOf(project: Project, { table }: Table, reason: number, column: string | null): string {
  if (reason === NO_KEY)
    return table.keyPrefix === '' ? `a ${project.key.type} key` : `a ${project.key.type} key behind "${table.keyPrefix}"`;
  if (reason === KEY_TWICE) return 'one row a key';
  const expected = table.expect[reason - FIRST_RULE];
  if (expected !== undefined) return expectationText(expected);
  const declared = table.columns.find(({ name }) => name === column)?.type;
  return declared?.kind === 'decimal' ? `a number of at most 20 digits, ${declared.places} of them decimals` : 'a number';
}

function expectationText({ notNull, min, max }: BatchTable['expect'][number]): string {
  const bound = (word: string, value: ExactDecimal | null) => (value === null ? [] : [`${word} ${decimalText(value)}`]);
  return [...(notNull ? ['not null'] : []), ...bound('at least', min), ...bound('at most', max)].join(', ');
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function compare(a: string | null, b: string | null): number {
  const [x, y] = [a ?? '', b ?? ''];
  return x === y ? 0 : x < y ? -1 : 1;
}
