import { CsvError, parse } from 'csv-parse/sync';
import { SCORECARD_DECIMALS_MAX, WEIGHT_DECIMALS_MAX } from '../limits.ts';
import type { BatchSource, ExactDecimal, ScorecardEntry } from '../project.ts';
import { parseExactDecimal } from './exact-decimal.ts';
import { didYouMean, partNameFault } from './names.ts';
import type { Problems } from './problems.ts';
import { parseTransforms } from './transforms.ts';

const COLUMNS = ['source', 'table', 'column', 'module', 'transform', 'weight', 'missing_as'] as const;
type Column = (typeof COLUMNS)[number];

/** An entry of the scorecard and the line where it stands. */
export interface ScorecardRow {
  readonly entry: ScorecardEntry;
  readonly line: number;
}

/** One row by column, and where it stands. */
interface Row {
  readonly line: number;
  readonly cell: (column: Column) => string;
}

/** Reads `batch/scorecard.csv` (RFC 4180 with a header) against the tables that the batch files declare. */
export function readScorecardCsv(file: string, text: string, batch: readonly BatchSource[], problems: Problems): readonly ScorecardRow[] {
  const rows = readRows(file, text, problems);
  if (rows === null) return [];
  return rows.map((row) => ({ entry: readEntry(file, row, batch, problems), line: row.line }));
}

function readRows(file: string, text: string, problems: Problems): readonly Row[] | null {
  let records: { readonly line: number; readonly cells: readonly string[] }[];
  try {
    records = parseWithLines(text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as { readonly lines?: unknown }).lines;
    problems.add({ file, ...(typeof line === 'number' ? { line } : {}) }, `not valid CSV: ${error.message}`);
    return null;
  }
  const [header, ...data] = records;
  if (header === undefined) {
    problems.add({ file, line: 1 }, `the header is missing: ${COLUMNS.join(',')}`);
    return null;
  }
  if (!checkHeader(file, header, problems)) return null;
  if (data.length === 0) problems.add({ file, line: 1 }, 'the scorecard has no row');
  const rows: Row[] = [];
  for (const { line, cells } of data) {
    if (cells.length !== header.cells.length) {
      const advice = cells.length > header.cells.length ? '; a cell with a comma stands in double quotes' : '';
      problems.add({ file, line }, `expected ${header.cells.length} cells, found ${cells.length}${advice}`);
      continue;
    }
    rows.push({ line, cell: (column) => cells[header.cells.indexOf(column)] ?? '' });
  }
  return rows;
}

/** The records with the line that each begins in; csv-parse says how many lines were read at a record's end. */
function parseWithLines(text: string): { readonly line: number; readonly cells: readonly string[] }[] {
  const parsed: unknown = parse(text, {
    bom: true,
    relax_column_count: true,
    info: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
  });
  return (parsed as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => {
    const inside = record.reduce((n, cell) => n + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
    return { line: info.lines - inside, cells: record };
  });
}

function checkHeader(file: string, header: { readonly line: number; readonly cells: readonly string[] }, problems: Problems): boolean {
  const before = problems.found.length;
  const add = (field: string, message: string): void => problems.add({ file, line: header.line, field }, message);
  for (const [i, name] of header.cells.entries()) {
    if (!COLUMNS.some((column) => column === name))
      add(name, `unknown column "${name}"${didYouMean(name, COLUMNS)}; known here: ${COLUMNS.join(', ')}`);
    else if (header.cells.indexOf(name) !== i) add(name, `the column "${name}" stands here twice`);
  }
  for (const name of COLUMNS) {
    if (name !== 'missing_as' && !header.cells.includes(name)) add(name, `the column "${name}" is missing`);
  }
  return problems.found.length === before;
}

function readEntry(file: string, row: Row, batch: readonly BatchSource[], problems: Problems): ScorecardEntry {
  const add = (field: Column, message: string): void => problems.add({ file, line: row.line, field }, message);
  for (const name of ['source', 'table', 'column', 'module'] as const) {
    if (row.cell(name) === '') add(name, 'expected a name, found nothing');
  }
  for (const name of ['column', 'module'] as const) {
    const fault = row.cell(name) === '' ? null : partNameFault(row.cell(name));
    if (fault !== null) add(name, fault);
  }
  checkTable(row, batch, add);
  const read = parseTransforms(row.cell('transform'));
  if ('fault' in read) add('transform', read.fault);
  const missing = row.cell('missing_as');
  return {
    source: row.cell('source'),
    table: row.cell('table'),
    column: row.cell('column'),
    module: row.cell('module'),
    transforms: 'fault' in read ? [] : read.transforms,
    weight: readDecimal(row.cell('weight'), 'weight', WEIGHT_DECIMALS_MAX, add),
    missingAs: missing === '' ? null : readDecimal(missing, 'missing_as', SCORECARD_DECIMALS_MAX, add),
  };
}

function checkTable(row: Row, batch: readonly BatchSource[], add: (field: Column, message: string) => void): void {
  const [sourceName, tableName, columnName] = [row.cell('source'), row.cell('table'), row.cell('column')];
  if (sourceName === '' || tableName === '') return;
  const file = `batch/${sourceName}.yaml`;
  const source = batch.find(({ name }) => name === sourceName);
  const table = source?.tables.find(({ name }) => name === tableName);
  const column = table?.columns.find(({ name }) => name === columnName);
  const namesOf = (named: readonly { readonly name: string }[] | undefined): string[] => (named ?? []).map(({ name }) => name);
  if (source === undefined) add('source', `no file ${file} declares this source${didYouMean(sourceName, namesOf(batch))}`);
  else if (table === undefined) add('table', `${file} declares no table "${tableName}"${didYouMean(tableName, namesOf(source.tables))}`);
  else if (!table.scorecard) add('table', `the table "${tableName}" does not say "scorecard: true" in ${file}`);
  else if (column?.type.kind === 'text') add('column', `the column "${columnName}" is declared as text: a scorecard variable is a number`);
}

function readDecimal(text: string, field: Column, decimalsMax: number, add: (field: Column, message: string) => void): ExactDecimal {
  const value = parseExactDecimal(text);
  if (value === null) add(field, text === '' ? 'expected a decimal number, found nothing' : `"${text}" is no decimal number`);
  else if (value.scale > decimalsMax) add(field, `${text} has more than ${decimalsMax} decimals`);
  return value ?? { unscaled: 0n, scale: 0 };
}
