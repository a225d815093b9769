import { type ActionRule, type ApproximateColumn, type KeyType, POPULATIONS, type Project } from '../project.ts';
import { MICROS_PER_DAY, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../time.ts';
import { compareExactDecimals, parseExactDecimal } from './exact-decimal.ts';
import { REPORTED, readDuration, readName } from './fields.ts';
import { identifierFault } from './names.ts';
import type { Problems } from './problems.ts';
import { readYamlMap, type YamlMap, type YamlValue } from './yaml-map.ts';

const FIELDS = [
  'name',
  'key',
  'base',
  'lateness',
  'max_ahead',
  'grace',
  'settle',
  'batch_max_age',
  'population',
  'gate',
  'actions',
  'approximate',
];
const ACTION_FIELDS = ['cool_down', 'wait', 'then', 'valid_for'];
const KEY_TYPES: readonly KeyType[] = ['bigint', 'text'];

/** Names that stand beside the key in the outputs (contract, section 9). */
const OUTPUT_NAMES = ['minute', 'window', 'satisfaction', 'action', 'reason', 'id'];

/** What `parallax.yaml` says, with its defaults. */
export type Settings = Pick<
  Project,
  | 'name'
  | 'key'
  | 'base'
  | 'latenessUs'
  | 'maxAheadUs'
  | 'graceUs'
  | 'settleUs'
  | 'batchMaxAgeUs'
  | 'population'
  | 'gate'
  | 'actions'
  | 'defaultAction'
  | 'approximate'
>;

/** Reads `parallax.yaml`; `baseAt` is where `base` stands, to report a table that no batch file declares. */
export function readParallaxYaml(
  file: string,
  text: string,
  problems: Problems,
): { readonly settings: Settings; readonly baseAt: YamlValue | null } | null {
  const map = readYamlMap(file, text, FIELDS, problems);
  if (map === null) return null;
  const gateMap = map.optional('gate')?.map(['wait', 'valid_for']) ?? null;
  const gate = {
    waitUs: readDuration(gateMap, 'wait', 60n * MICROS_PER_SECOND),
    validForUs: readDuration(gateMap, 'valid_for', 15n * MICROS_PER_MINUTE),
  };
  // biome-ignore lint/suspicious/noThenProperty: `then` is the contract's name of this field, and its value is a text.
  const defaultAction: ActionRule = { coolDownUs: 60n * MICROS_PER_MINUTE, waitUs: gate.waitUs, then: 'hold', validForUs: gate.validForUs };
  const baseAt = map.required('base');
  const settings: Settings = {
    name: readProjectName(map.required('name')),
    key: readKey(map.required('key')),
    base: readBase(baseAt),
    latenessUs: readDuration(map, 'lateness', 10n * MICROS_PER_MINUTE),
    maxAheadUs: readDuration(map, 'max_ahead', 2n * MICROS_PER_MINUTE),
    graceUs: readDuration(map, 'grace', 2n * MICROS_PER_SECOND),
    settleUs: readDuration(map, 'settle', 5n * MICROS_PER_MINUTE),
    batchMaxAgeUs: readDuration(map, 'batch_max_age', 3n * MICROS_PER_DAY),
    population: map.optional('population')?.oneOf(POPULATIONS) ?? 'window',
    gate,
    actions: readActions(map, defaultAction),
    defaultAction,
    approximate: readApproximate(map),
  };
  return { settings, baseAt };
}

function readProjectName(value: YamlValue | null): string {
  const fault = (name: string): string | null =>
    /^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,99}$/u.test(name)
      ? null
      : `"${name}" is no project name: letters, digits, blanks, _ . and - only, at most 100`;
  return readName(value, fault);
}

function readKey(value: YamlValue | null): Project['key'] {
  const map = value?.map(['name', 'type']) ?? null;
  const name = readName(map?.required('name') ?? null, (text) => {
    const taken = OUTPUT_NAMES.find((output) => output === text.toLowerCase());
    return taken === undefined
      ? identifierFault(text)
      : `the key cannot be named "${text}": the outputs have a field "${taken}" of their own`;
  });
  return { name, type: map?.required('type')?.oneOf(KEY_TYPES) ?? 'bigint' };
}

function readBase(value: YamlValue | null): Project['base'] {
  const text = value?.text() ?? null;
  const match = text === null ? null : /^([^.]+)\.([^.]+)$/.exec(text);
  if (text !== null && match === null) value?.problem(`"${text}" names no batch table: <source>.<table>, such as dwh.profile`);
  return { source: match?.[1] ?? REPORTED, table: match?.[2] ?? REPORTED };
}

function readActions(map: YamlMap, otherwise: ActionRule): ReadonlyMap<string, ActionRule> {
  const actions = new Map<string, ActionRule>();
  for (const [name, value] of map.optional('actions')?.map(null)?.entries ?? []) {
    // The action is a line of the text that its id is the hash of (contract, section 8).
    if (name === '' || /\p{Cc}/u.test(name)) value.problem('an action has a name without control characters');
    const rule = value.map(ACTION_FIELDS);
    actions.set(name, {
      coolDownUs: readDuration(rule, 'cool_down', otherwise.coolDownUs),
      waitUs: readDuration(rule, 'wait', otherwise.waitUs),
      // biome-ignore lint/suspicious/noThenProperty: `then` is the contract's name of this field, and its value is a text.
      then: rule?.optional('then')?.oneOf(['hold', 'drop']) ?? otherwise.then,
      validForUs: readDuration(rule, 'valid_for', otherwise.validForUs),
    });
  }
  return actions;
}

function readApproximate(map: YamlMap): readonly ApproximateColumn[] {
  const columns: ApproximateColumn[] = [];
  for (const [column, value] of map.optional('approximate')?.map(null)?.entries ?? []) {
    const fields = value.map(['tolerance', 'band']);
    if (fields === null) continue;
    const tolerance = readDecimalText(fields.required('tolerance'));
    if (tolerance?.startsWith('-')) fields.optional('tolerance')?.problem(`a tolerance is not negative, found ${tolerance}`);
    columns.push({ column, tolerance: tolerance ?? REPORTED, band: readBand(fields.optional('band')) });
  }
  return columns;
}

function readBand(value: YamlValue | null): readonly [string, string] | null {
  const items = value?.list() ?? null;
  if (value === null || items === null) return null;
  if (items.length !== 2) value.problem(`a band is [low, high], found ${items.length} values`);
  const [low, high] = items.map(readDecimalText);
  if (items.length !== 2 || low === undefined || high === undefined || low === null || high === null) return null;
  const [from, to] = [parseExactDecimal(low), parseExactDecimal(high)];
  if (from !== null && to !== null && compareExactDecimals(from, to) > 0)
    value.problem(`a band is [low, high], found ${low} above ${high}`);
  return [low, high];
}

/** A decimal number's source text; null after reporting. */
function readDecimalText(value: YamlValue | null): string | null {
  const text = value?.scalarText() ?? null;
  if (value === null || text === null) return null;
  if (parseExactDecimal(text) !== null) return text;
  value.problem(`expected a decimal number, found "${text}"`);
  return null;
}
