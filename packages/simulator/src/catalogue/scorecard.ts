import { hash32, hashText } from '../prng.ts';
import { WIDE_TABLES, type WideColumn, type WideTable } from './batch.ts';

/** One line of `batch/scorecard.csv`, as text. */
export interface ScorecardLine {
  readonly source: string;
  readonly table: string;
  readonly column: string;
  readonly module: string;
  readonly transform: string;
  readonly weight: string;
  readonly missingAs: string;
}

/** Millionths. A table's weights add up to about 13, so that no module alone decides a score. */
const TABLE_WEIGHT = 13_000_000;

/** The scorecard of the example: a line a wide column, 4,980 in all; a function of the names alone. */
export function scorecardLines(): ScorecardLine[] {
  return WIDE_TABLES.flatMap((table) => table.columns.map((column) => line(table, column)));
}

/** RFC 4180, with the header that the contract names (section 10). */
export function scorecardCsv(): string {
  const rows = scorecardLines().map((row) =>
    [row.source, row.table, row.column, row.module, quote(row.transform), row.weight, row.missingAs].join(','),
  );
  return `source,table,column,module,transform,weight,missing_as\n${rows.join('\n')}\n`;
}

function line(table: WideTable, column: WideColumn): ScorecardLine {
  const h = hash32(hashText(table.name), hashText(column.name), 1);
  const mean = TABLE_WEIGHT / table.columns.length;
  const weight = Math.round(mean * (0.4 + (1.2 * (h >>> 16)) / 65_536));
  return {
    source: table.source,
    table: table.name,
    column: column.name,
    module: table.module,
    transform: transformOf(h & 0xff, (h >>> 8) & 0xff),
    weight: millionths(column.direction * Math.max(weight, 1)),
    missingAs: h % 3 === 0 ? '50' : '',
  };
}

/** Every transform of the contract is used; most variables are centred on 49.5 and scaled. */
function transformOf(kind: number, detail: number): string {
  const center = detail % 4 === 0 ? '49.5' : '49';
  if (kind < 128) return `linear(${center},${20 + (detail % 11)})`;
  if (kind < 192) return `linear(${center},${20 + (detail % 11)})|cap(-1.5,1.5)`;
  if (kind < 216) return `cap(5,95)|linear(50,30)`;
  if (kind < 244) return 'bin(20:-1.2;40:-0.5;60:0;80:0.5;*:1.2)';
  return `flag(${detail % 100})`;
}

function quote(text: string): string {
  return text.includes(',') ? `"${text}"` : text;
}

/** A decimal with at most six places and no trailing zeros. */
function millionths(units: number): string {
  const digits = String(Math.abs(units)).padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  const text = fraction === '' ? digits.slice(0, -6) : `${digits.slice(0, -6)}.${fraction}`;
  return units < 0 ? `-${text}` : text;
}
