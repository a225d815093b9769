/** Random batch days as CSV, with every kind of cell, and rows to be kept aside. */
import { keyOf, type TableSpec } from '../contract/project-builder.ts';
import { type BatchDaySpec, instant } from '../contract/recording-builder.ts';
import { formatMicros } from '../oracle/time.ts';
import { numberText } from './number-text.ts';
import type { Random, Tally } from './random.ts';
import type { Shape } from './shapes.ts';

const TEXTS = [
  'gold',
  'gold',
  'silver',
  'Gold',
  'GOLD ',
  ' gold',
  'é',
  'e\u0301',
  '\u{1f600}',
  'a,b',
  'say "hi"',
  'two\nlines',
  'cr\r\nlf',
  "it's",
  '0',
  'null',
  '\\',
  '\\"',
  ',',
];
const NO_NUMBERS = ['abc', '1.2.3', '--1', 'NaN', 'Infinity', '""', '0x10', '1e', '1,5'];

export interface TableRow {
  readonly owner: string;
  readonly text: string;
}

export interface Day {
  readonly day: string;
  readonly complete: Readonly<Record<string, string | null>>;
  /** By `source/table`; the first text is the header. */
  readonly tables: Readonly<Record<string, { readonly header: string; readonly rows: readonly TableRow[]; readonly end: string }>>;
}

const quotedCell = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function textCell(random: Random, tally: Tally): string {
  const kind = random.pick(['text', 'text', 'text', 'null', 'empty']);
  tally.add(`cell: ${kind}`);
  if (kind === 'null') return '';
  if (kind === 'empty') return '""';
  const text = random.pick(TEXTS);
  return /[",\r\n]/.test(text) || random.chance(0.2) ? quotedCell(text) : text;
}

function numberCell(random: Random, places: number, tally: Tally): string {
  if (random.chance(0.15)) {
    tally.add('cell: null number');
    return '';
  }
  const text = numberText(random, places, tally);
  return random.chance(0.1) ? `"${text}"` : text;
}

/** An undeclared column has no places; the contract does not say what more than 12 decimals are worth. */
function scorecardCell(random: Random, tally: Tally): string {
  const kind = random.pick(['null', 'whole', 'decimals', 'decimals', 'edge', 'exponent']);
  tally.add(`scorecard cell: ${kind}`);
  const sign = random.chance(0.4) ? '-' : '';
  if (kind === 'null') return '';
  if (kind === 'whole') return `${sign}${random.int(12)}`;
  // Where the bins and flags of shapes.ts turn.
  if (kind === 'edge')
    return random.pick([
      '-1',
      '-1.000000000001',
      '-0.999999999999',
      '0',
      '-0',
      '0.000',
      '-0.000000000001',
      '4',
      '4.00',
      '4.000001',
      '4.25',
      '4.249999',
      '-2.5',
      '7',
      '7.0001',
    ]);
  if (kind === 'exponent') return random.pick([`${sign}1.25e1`, '5E-1', '0.04e+2', '425e-2', '0e0']);
  return `${sign}${random.int(12)}.${String(random.int(1_000_000)).padStart(random.between(6, 12), '0')}`;
}

function keyCell(shape: Shape, key: string): string {
  return keyOf(shape.project).type === 'text' ? quotedCell(key) : key;
}

export function batchDays(random: Random, shape: Shape, keys: readonly string[], tally: Tally): Day[] {
  const tables = Object.entries(shape.project.batch ?? {}).flatMap(([source, list]) => list.map((table) => ({ source, table })));
  return shape.days.map(({ day, completeAfter }) => {
    const complete: Record<string, string | null> = {};
    const late = random.int(tables.length);
    for (const [index, { source, table }] of tables.entries()) {
      // One table is the last to come, or never comes.
      const at =
        completeAfter === null ? null : instant(shape.from) + completeAfter - (index === late ? 0n : BigInt(random.int(3_600_000_000)));
      complete[`${source}.${table.name}`] =
        completeAfter === null && index !== late ? '2026-02-01T00:00:00Z' : at === null ? null : formatMicros(at);
    }
    const entries = tables.map(({ source, table }) => [`${source}/${table.name}`, tableOf(random, shape, table, keys, tally)] as const);
    return { day, complete, tables: Object.fromEntries(entries) };
  });
}

function tableOf(random: Random, shape: Shape, table: TableSpec, keys: readonly string[], tally: Tally): Day['tables'][string] {
  const keyColumn = table.key ?? keyOf(shape.project).name;
  const declared = Object.entries(table.columns ?? {});
  const columns: { name: string; cell: () => string }[] = [
    ...declared.map(([name, places]) => ({
      name,
      cell: () => (places === 'text' ? textCell(random, tally) : numberCell(random, places, tally)),
    })),
    ...(table.scorecard === true ? ['u0', 'u1', 'u2'].map((name) => ({ name, cell: () => scorecardCell(random, tally) })) : []),
    { name: 'unused', cell: () => textCell(random, tally) },
  ];
  const order = random.shuffle([keyColumn, ...columns.map((column) => column.name)]);
  const end = random.pick(['\n', '\r\n']);
  const row = (owner: string, key: string, spoil: boolean): TableRow => {
    const cells = new Map(columns.map((column) => [column.name, column.cell()] as const));
    const [numeric] = declared.find(([, places]) => places !== 'text') ?? [];
    if (spoil && numeric !== undefined) {
      const wrong = random.pick(NO_NUMBERS);
      tally.add('row aside: no number');
      cells.set(numeric, wrong.includes(',') ? quotedCell(wrong) : wrong);
    }
    return { owner, text: order.map((name) => (name === keyColumn ? key : (cells.get(name) ?? ''))).join(',') };
  };
  const rows: TableRow[] = [];
  for (const key of keys) {
    if (random.chance(0.1)) {
      tally.add('row absent');
      continue;
    }
    rows.push(row(key, keyCell(shape, key), random.chance(0.03)));
    if (random.chance(0.03)) {
      tally.add('row aside: key twice');
      rows.push(row(key, keyCell(shape, key), false));
    }
  }
  const badKeys = keyOf(shape.project).type === 'text' ? [''] : ['', 'abc', '1.5', '9223372036854775808', '""'];
  for (const key of badKeys) {
    tally.add('row aside: bad key');
    rows.push(row('', key, false));
  }
  return { header: order.join(','), rows: random.shuffle(rows), end };
}

/** The day's files for the recording, of the kept customers only (all when `keep` is null). */
export function daySpec(day: Day, keep: ReadonlySet<string> | null): BatchDaySpec {
  const tables = Object.entries(day.tables).map(([name, { header, rows, end }]) => {
    const kept = rows.filter((row) => keep === null || keep.has(row.owner));
    return [name, [header, ...kept.map((row) => row.text), ''].join(end)] as const;
  });
  return { tables: Object.fromEntries(tables), complete: day.complete };
}
