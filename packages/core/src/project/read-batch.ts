import type { BatchColumn, BatchSource, BatchTable, ColumnType } from '../project.ts';
import { readMaps, readName, readPath, refuseRepeats } from './fields.ts';
import type { Problems } from './problems.ts';
import { readDayRules, readExpectations, readShape } from './read-batch-rules.ts';
import { readYamlMap, type YamlMap, type YamlValue } from './yaml-map.ts';

const FIELDS = ['from', 'tables'];
const TABLE_FIELDS = ['name', 'key', 'key_prefix', 'shape', 'columns', 'expect', 'day', 'scorecard'];
const COLUMN_FIELDS = ['name', 'type', 'places', 'field'];

/** The stores that a batch source can be read from. */
export const BATCH_KINDS = ['postgres', 'cassandra', 'mongodb', 'parquet'] as const;

/** Where the names of a batch source stand, to report what is found wrong only when all files are known. */
export interface BatchPlaces {
  /** By table and column as they are declared. */
  readonly columns: ReadonlyMap<BatchColumn, YamlValue>;
  /** Of the field `scorecard` of the tables that say true. */
  readonly scorecards: readonly YamlValue[];
}

/** Reads one `batch/*.yaml`; `name` is the file's name without `.yaml`. */
export function readBatchYaml(
  file: string,
  name: string,
  text: string,
  problems: Problems,
): { readonly source: BatchSource; readonly places: BatchPlaces } | null {
  const map = readYamlMap(file, text, FIELDS, problems);
  if (map === null) return null;
  const columns = new Map<BatchColumn, YamlValue>();
  const scorecards: YamlValue[] = [];
  const maps = readMaps(map.required('tables'), TABLE_FIELDS, 'table');
  const tables = maps.map((table) => readTable(table, columns, scorecards));
  refuseRepeats(
    tables.map((table, i) => ({ name: table.name, at: maps[i]?.optional('name') ?? map.value })),
    'table',
  );
  return { source: { name, from: readFrom(map.optional('from')), tables }, places: { columns, scorecards } };
}

function readFrom(value: YamlValue | null): BatchSource['from'] {
  const map = value?.map(BATCH_KINDS) ?? null;
  if (value === null || map === null) return null;
  const [only, ...others] = map.entries;
  if (only === undefined || others.length > 0) {
    if (!map.hasUnknown) value.problem(`expected one of ${BATCH_KINDS.join(', ')}`);
    return null;
  }
  const [kind, settingsAt] = only;
  const settings: Record<string, string> = {};
  for (const [setting, at] of settingsAt.map(null)?.entries ?? []) settings[setting] = at.settingText() ?? '';
  return { kind, settings };
}

function readTable(map: YamlMap, places: Map<BatchColumn, YamlValue>, scorecards: YamlValue[]): BatchTable {
  const columnMaps = readMaps(map.optional('columns'), COLUMN_FIELDS, null);
  const columns = columnMaps.map((column) => {
    const field = column.optional('field');
    const read = { name: readName(column.required('name')), type: readType(column), field: field === null ? null : readPath(field) };
    places.set(read, column.optional('name') ?? column.value);
    return read;
  });
  refuseRepeats(
    columns.map((column) => ({ name: column.name, at: places.get(column) ?? map.value })),
    'column',
  );
  const scorecardAt = map.optional('scorecard');
  const scorecard = scorecardAt?.boolean() ?? false;
  if (scorecardAt !== null && scorecard) scorecards.push(scorecardAt);
  return {
    name: readName(map.required('name')),
    key: readName(map.required('key')),
    keyPrefix: map.optional('key_prefix')?.text() ?? '',
    shape: readShape(map.optional('shape')),
    columns,
    expect: readExpectations(map, columns, scorecard),
    day: readDayRules(map),
    scorecard,
  };
}

function readType(map: YamlMap): ColumnType {
  const type = map.optional('type');
  const places = map.optional('places');
  if (type === null && places === null) map.value.problem('a column says either "type: text" or its "places", 0 to 6');
  if (type !== null && places !== null) places.problem('a column says either "type: text" or its "places", not both');
  if (type !== null) {
    if (type.isText('text')) return { kind: 'text' };
    type.problem('expected text: a column of numbers says its "places", 0 to 6, and no type');
  }
  return { kind: 'decimal', places: places?.integer(0, 6) ?? 0 };
}
