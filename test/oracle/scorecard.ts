/** The scorecard: contributions are exact integers at scale 12, summed, rounded once to 6 places (contract, section 7). */
import { parseCsv } from './csv.ts';
import { compareDecimals, type Decimal, divideRounded, readDecimal, rescale } from './numbers.ts';

const SCALE = 12;
const RESULT_PLACES = 6;

export interface ScorecardRow {
  readonly source: string;
  readonly table: string;
  readonly column: string;
  readonly module: string;
  readonly transforms: readonly ((value: Decimal) => Decimal)[];
  readonly weight: Decimal;
  readonly missingAs: Decimal | null;
}

function literal(text: string | null | undefined): Decimal {
  const value = text == null ? null : readDecimal(text.trim());
  if (value === null || value === 'out_of_range') throw new Error(`scorecard: not a number: ${text}`);
  return value;
}

/** (x − center) ÷ scale, rounded half away at scale 12. */
function linear(center: Decimal, scale: Decimal): (x: Decimal) => Decimal {
  return (x) => {
    const places = Math.max(x.places, center.places);
    const difference = rescale(x, places).unscaled - rescale(center, places).unscaled;
    const num = difference * 10n ** BigInt(scale.places + SCALE);
    return { unscaled: divideRounded(num, scale.unscaled * 10n ** BigInt(places)), places: SCALE };
  };
}

function cap(low: Decimal, high: Decimal): (x: Decimal) => Decimal {
  return (x) => (compareDecimals(x, low) < 0 ? low : compareDecimals(x, high) > 0 ? high : x);
}

/** The value of the first edge that x is below; `*` is above all. */
function bin(edges: readonly { readonly below: Decimal | null; readonly value: Decimal }[]): (x: Decimal) => Decimal {
  return (x) => {
    const found = edges.find(({ below }) => below === null || compareDecimals(x, below) < 0);
    if (found === undefined) throw new Error('scorecard: bin without *');
    return found.value;
  };
}

function flag(value: Decimal): (x: Decimal) => Decimal {
  return (x) => ({ unscaled: compareDecimals(x, value) === 0 ? 1n : 0n, places: 0 });
}

function readTransform(text: string): (x: Decimal) => Decimal {
  const found = /^\s*(linear|cap|bin|flag)\((.*)\)\s*$/.exec(text);
  if (found === null) throw new Error(`scorecard: not a transform: ${text}`);
  const [, name = '', list = ''] = found;
  const [first, second] = list.split(',');
  if (name === 'linear') return linear(literal(first), literal(second));
  if (name === 'cap') return cap(literal(first), literal(second));
  if (name === 'flag') return flag(literal(first));
  const edges = list.split(';').map((part) => {
    const [edge = '', value] = part.split(':');
    return { below: edge.trim() === '*' ? null : literal(edge), value: literal(value) };
  });
  return bin(edges);
}

export function readScorecard(text: string): ScorecardRow[] {
  return parseCsv(text).map((row) => ({
    source: row.get('source') ?? '',
    table: row.get('table') ?? '',
    column: row.get('column') ?? '',
    module: row.get('module') ?? '',
    transforms: (row.get('transform') ?? '')
      .split('|')
      .filter((part) => part.trim() !== '')
      .map(readTransform),
    weight: literal(row.get('weight')),
    missingAs: row.get('missing_as') == null ? null : literal(row.get('missing_as')),
  }));
}

/** One variable's contribution, an integer at scale 12. `value` null: missing. */
export function contribution(row: ScorecardRow, value: Decimal | null): bigint {
  let x = value ?? row.missingAs;
  if (x === null) return 0n;
  for (const transform of row.transforms) x = transform(x);
  return rescale({ unscaled: x.unscaled * row.weight.unscaled, places: x.places + row.weight.places }, SCALE).unscaled;
}

/** `scorecard_<module>` and `scorecard` of one customer, DECIMAL(20, 6). */
export function scorecardColumns(rows: readonly ScorecardRow[], cellOf: (row: ScorecardRow) => Decimal | null): Map<string, Decimal> {
  const sums = new Map<string, bigint>();
  let total = 0n;
  for (const row of rows) {
    const amount = contribution(row, cellOf(row));
    sums.set(`scorecard_${row.module}`, (sums.get(`scorecard_${row.module}`) ?? 0n) + amount);
    total += amount;
  }
  sums.set('scorecard', total);
  return new Map([...sums].map(([name, sum]) => [name, rescale({ unscaled: sum, places: SCALE }, RESULT_PLACES)]));
}
