/** Batch days: which one is active, its base population, each customer's row (contract, section 7). */
import { type CsvRow, parseCsv } from './csv.ts';
import { type Decimal, greater, readDecimal, readScaled } from './numbers.ts';
import type { BatchTable, Project } from './project.ts';
import type { Recording } from './recording.ts';
import { type ScorecardRow, scorecardColumns } from './scorecard.ts';
import { MINUTE, parseRfc3339 } from './time.ts';

export type BatchCell = Decimal | string | null;

export interface BatchDay {
  readonly day: string;
  /** The latest marker of the day. */
  readonly registered: bigint;
  /** Keys of the base table, as text. */
  readonly base: ReadonlySet<string>;
  readonly columns: (key: string) => Map<string, BatchCell>;
}

/** Days of which every table has its marker, sorted by date. */
export function readDays(project: Project, recording: Recording): BatchDay[] {
  const days: BatchDay[] = [];
  for (const day of recording.days) {
    const markers = project.tables.map((table) => recording.batchFile(day, `_complete/${table.source}.${table.name}`));
    if (markers.some((marker) => marker === null)) continue;
    const times = markers.map((marker) => {
      const time = parseRfc3339((marker ?? '').trim());
      if (time === null) throw new Error(`batch/${day}/_complete: no time: ${marker}`);
      return time;
    });
    const registered = times.reduce(greater);
    days.push({ day, registered, ...readTables(project, recording, day) });
  }
  return days;
}

/** The newest day by its date among those that are active at the seal of the minute; null before any is. */
export function activeDay(project: Project, days: readonly BatchDay[], minute: bigint): BatchDay | null {
  const seal = minute + MINUTE + project.grace;
  return days.filter((day) => seal >= day.registered + project.settle).at(-1) ?? null;
}

function readTables(project: Project, recording: Recording, day: string): Pick<BatchDay, 'base' | 'columns'> {
  const tables = project.tables.map((table) => {
    const text = recording.batchFile(day, `${table.source}/${table.name}.csv`);
    if (text === null) throw new Error(`batch/${day}/${table.source}/${table.name}.csv is missing`);
    return { table, rows: goodRows(project, table, parseCsv(text)) };
  });
  const find = (source: string, name: string): ReadonlyMap<string, CsvRow> =>
    tables.find(({ table }) => table.source === source && table.name === name)?.rows ?? new Map();
  return {
    base: new Set(find(project.base.source, project.base.table).keys()),
    columns: (key) => {
      const cells = new Map<string, BatchCell>();
      for (const { table, rows } of tables) {
        for (const column of table.columns) {
          const text = rows.get(key)?.get(column.name) ?? null;
          cells.set(`${table.name}_${column.name}`, column.places === null || text === null ? text : number(text, column.places));
        }
      }
      if (project.scorecard.length === 0) return cells;
      const cellOf = (row: ScorecardRow): Decimal | null => {
        const text = find(row.source, row.table).get(key)?.get(row.column) ?? null;
        return text === null ? null : scorecardValue(project, row, text);
      };
      for (const [name, value] of scorecardColumns(project.scorecard, cellOf)) cells.set(name, value);
      return cells;
    },
  };
}

/** Rows by key. A row whose key is bad or that holds a bad number, and every row of a key that comes twice, are kept aside. */
function goodRows(project: Project, table: BatchTable, rows: readonly CsvRow[]): Map<string, CsvRow> {
  const byKey = new Map<string, CsvRow[]>();
  for (const row of rows) {
    const key = readKey(row.get(table.key) ?? null, project.keyType);
    if (key !== null) byKey.set(key, [...(byKey.get(key) ?? []), row]);
  }
  const scored = project.scorecard.filter((entry) => entry.source === table.source && entry.table === table.name);
  const numeric = new Set([
    ...table.columns.filter((column) => column.places !== null).map((column) => column.name),
    ...scored.map((entry) => entry.column),
  ]);
  const isNumber = (text: string | null): boolean => text === null || isDecimal(readDecimal(text));
  const good = new Map<string, CsvRow>();
  for (const [key, [row, ...others]] of byKey) {
    if (row === undefined || others.length > 0) continue;
    if ([...numeric].every((name) => isNumber(row.get(name) ?? null))) good.set(key, row);
  }
  return good;
}

function readKey(cell: string | null, type: Project['keyType']): string | null {
  if (cell === null || type === 'text') return cell;
  if (!/^-?[0-9]+$/.test(cell)) return null;
  const value = BigInt(cell);
  return BigInt.asIntN(64, value) === value ? value.toString() : null;
}

function number(text: string, places: number): Decimal {
  const unscaled = readScaled(text, places);
  if (typeof unscaled !== 'bigint') throw new Error(`batch: ${text} is ${unscaled ?? 'no number'}; the contract does not say what happens`);
  return { unscaled, places };
}

/** A declared column is a variable with places; an undeclared one of a scorecard table is its exact value. */
function scorecardValue(project: Project, row: ScorecardRow, text: string): Decimal {
  const table = project.tables.find((each) => each.source === row.source && each.name === row.table);
  const declared = table?.columns.find((column) => column.name === row.column);
  if (declared?.places != null) return number(text, declared.places);
  const exact = readDecimal(text);
  if (!isDecimal(exact)) throw new Error(`batch: ${text} is no number`);
  return exact;
}

function isDecimal(value: ReturnType<typeof readDecimal>): value is Decimal {
  return value !== null && value !== 'out_of_range';
}
