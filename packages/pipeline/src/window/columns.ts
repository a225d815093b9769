import { type Project, quoteIdentifier } from '@parallax/core';
import type { RowColumn } from '../engine/specs.ts';

/** A column of a window, as the user's SQL and the outputs name it. */
export interface WindowColumn {
  /** `<stream>_<variable>_<aggregate>` */
  readonly name: string;
  readonly stream: number;
  readonly variable: number;
  readonly aggregate: string;
  /** Null for a count, which is a BIGINT. */
  readonly places: number | null;
}

/** The columns of one window: streams by name, variables and aggregates as declared. */
export function windowColumns(project: Project): readonly WindowColumn[] {
  return project.streams.flatMap((stream, s) =>
    stream.variables.flatMap((variable, v) =>
      variable.aggregates.map((aggregate) => ({
        name: `${stream.name}_${variable.name}_${aggregate}`,
        stream: s,
        variable: v,
        aggregate,
        places: aggregate === 'count' ? null : variable.places,
      })),
    ),
  );
}

/** A column of the view `stream`, and what it is unpacked from. */
export interface StreamColumn extends RowColumn {
  readonly name: string;
}

/** All columns of the view `stream` (contract, section 6): `hour_to_date`, then those of `last_hour` with `_1h`. */
export function streamColumns(project: Project): readonly StreamColumn[] {
  const columns = windowColumns(project);
  return [
    ...columns.map((c): StreamColumn => ({ ...c, window: 'hour' })),
    ...columns.map((c): StreamColumn => ({ ...c, name: `${c.name}_1h`, window: 'last' })),
  ];
}

/** Digits of a decimal column of the views. */
export const VIEW_DIGITS = 20;

/** Digits up to which Spark keeps a decimal as one integer. */
export const COMPACT_DIGITS = 18;

/** The type of a column as DDL. */
export function columnType(column: { readonly places: number | null }, digits: number = VIEW_DIGITS): string {
  return column.places === null ? 'BIGINT' : `DECIMAL(${digits},${column.places})`;
}

/** The result type of a function of class `Rows` that unpacks `columns`. */
export function rowsType(columns: readonly StreamColumn[], digits: number = VIEW_DIGITS): string {
  const fields = columns.map((c) => `${quoteIdentifier(c.name)}: ${columnType(c, digits)}`);
  return `ARRAY<STRUCT<${['key: STRING', 'in_hour: BOOLEAN', 'touched: BOOLEAN', ...fields].join(', ')}>>`;
}
