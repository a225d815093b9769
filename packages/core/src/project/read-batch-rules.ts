import type { BatchColumn, BatchShape, DayRules, ExactDecimal, Expectation } from '../project.ts';
import { compareExactDecimals, parseExactDecimal } from './exact-decimal.ts';
import { readDuration, readMaps, readName, refuseRepeats } from './fields.ts';
import { didYouMean } from './names.ts';
import type { YamlMap, YamlValue } from './yaml-map.ts';

const SHAPES = ['long', 'latest', 'reduce'];
const EXPECT_FIELDS = ['column', 'not_null', 'min', 'max', 'otherwise'];
const DAY_FIELDS = ['rows_min', 'rows_max', 'change_percent_max', 'fresh_within', 'drift_max', 'keyless_max', 'key_twice_max', 'repeated'];
const ROWS_MAX = 1_000_000_000_000;

/** The field `shape` of a batch table: one of `long: { type, value }`, `latest: { by }`, `reduce: sum`; without it a row is a customer. */
export function readShape(value: YamlValue | null): BatchShape {
  const map = value?.map(SHAPES) ?? null;
  if (value === null || map === null) return { kind: 'rows' };
  const [only, ...others] = map.entries;
  if (only === undefined || others.length > 0) {
    if (!map.hasUnknown) value.problem(`expected one of ${SHAPES.join(', ')}`);
    return { kind: 'rows' };
  }
  const [kind, at] = only;
  if (kind === 'reduce') return { kind, how: at.oneOf(['sum', 'min', 'max']) ?? 'sum' };
  const fields = at.map(kind === 'long' ? ['type', 'value'] : ['by']);
  if (kind === 'latest') return { kind, by: readName(fields?.required('by') ?? null) };
  return { kind: 'long', type: readName(fields?.required('type') ?? null), value: readName(fields?.required('value') ?? null) };
}

/** The list `expect` of a batch table. A column of the scorecard alone may be named too, and is then taken as it is. */
export function readExpectations(table: YamlMap, columns: readonly BatchColumn[], scorecard: boolean): readonly Expectation[] {
  const maps = readMaps(table.optional('expect'), EXPECT_FIELDS, null);
  const read = maps.map((map) => readExpectation(map, columns, scorecard));
  refuseRepeats(
    read.map((expectation, i) => ({ name: expectation.column, at: maps[i]?.optional('column') ?? table.value })),
    'expected column',
  );
  return read;
}

function readExpectation(map: YamlMap, columns: readonly BatchColumn[], scorecard: boolean): Expectation {
  const columnAt = map.required('column');
  const name = readName(columnAt);
  const column = columns.find((c) => c.name === name);
  const known = columns.map((c) => c.name);
  if (name !== '' && column === undefined && !scorecard)
    columnAt?.problem(`the table declares no column "${name}"${didYouMean(name, known)}`);
  const notNull = map.optional('not_null')?.boolean() ?? false;
  const [min, max] = [readBound(map.optional('min')), readBound(map.optional('max'))];
  if (!notNull && min === null && max === null) map.value.problem('expects nothing: say not_null: true, min or max');
  if (column?.type.kind === 'text' && (min !== null || max !== null))
    map.value.problem(`the column "${name}" is text: it has no min and max`);
  if (min !== null && max !== null && compareExactDecimals(min, max) > 0) map.optional('min')?.problem('min is above max');
  return { column: name, notNull, min, max, otherwise: map.optional('otherwise')?.oneOf(['aside', 'refuse']) ?? 'aside' };
}

function readBound(value: YamlValue | null): ExactDecimal | null {
  const text = value?.scalarText() ?? null;
  if (value === null || text === null) return null;
  const bound = parseExactDecimal(text);
  if (bound === null) value.problem(`expected a decimal number, found "${text}"`);
  return bound;
}

/** The map `day` of a batch table: when a day of it is refused as a whole. */
export function readDayRules(table: YamlMap): DayRules {
  const map = table.optional('day')?.map(DAY_FIELDS) ?? null;
  const bound = (name: string): number | null => map?.optional(name)?.integer(0, ROWS_MAX) ?? null;
  const rules = {
    rowsMin: bound('rows_min'),
    rowsMax: bound('rows_max'),
    changePercentMax: bound('change_percent_max'),
    freshWithinUs: map?.optional('fresh_within') == null ? null : readDuration(map, 'fresh_within', 0n),
    driftMax: bound('drift_max'),
    keylessMax: bound('keyless_max'),
    keyTwiceMax: bound('key_twice_max'),
    repeated: map?.optional('repeated')?.oneOf(['refuse', 'accept']) ?? null,
  };
  if (rules.rowsMin !== null && rules.rowsMax !== null && rules.rowsMin > rules.rowsMax) {
    map?.optional('rows_min')?.problem('rows_min is above rows_max');
  }
  return rules;
}
