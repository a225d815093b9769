import { WIDE_TABLES, type WideTable } from './catalogue/batch.ts';

/** How much of the 5,000 variables a day has; everything when a field is left out. `dwh.profile` is always whole: it is the base population. */
export interface DayShape {
  /** Names of the wide tables that there are. */
  readonly tables?: readonly string[];
  /** Each of them keeps at most so many of its columns, the first. */
  readonly columnsMax?: number;
}

export const WHOLE_DAY: DayShape = {};

/** The wide tables of one store in a day of this shape. */
export function wideTablesOf(source: WideTable['source'], { tables, columnsMax }: DayShape): WideTable[] {
  return WIDE_TABLES.filter((table) => table.source === source && (tables === undefined || tables.includes(table.name))).map((table) =>
    columnsMax === undefined ? table : { ...table, columns: table.columns.slice(0, columnsMax) },
  );
}

/** Text that two shapes share only when they have the same tables and columns; empty for a whole day. */
export function shapeText({ tables, columnsMax }: DayShape): string {
  return `${tables === undefined ? '' : ` tables ${tables.join(',')}`}${columnsMax === undefined ? '' : ` columns ${columnsMax}`}`;
}
