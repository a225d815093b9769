import type { FieldPath, SecretRef } from '../project.ts';
import { parseSecretRef } from '../secrets.ts';
import { parseDuration } from './duration.ts';
import { partNameFault } from './names.ts';
import type { YamlMap, YamlValue } from './yaml-map.ts';

/** Stands in for a value whose problem has been reported already; the project is never built from it. */
export const REPORTED = '';

/** A name made of letters, digits and `_`; REPORTED when it is not. */
export function readName(value: YamlValue | null, fault: (name: string) => string | null = partNameFault): string {
  const name = value?.text() ?? REPORTED;
  if (name === REPORTED) {
    if (value !== null) reportEmpty(value);
    return REPORTED;
  }
  const wrong = fault(name);
  if (wrong === null) return name;
  value?.problem(wrong);
  return REPORTED;
}

function reportEmpty(value: YamlValue): void {
  if (value.isText('')) value.problem('expected a name, found an empty text');
}

/** A path into nested JSON objects, its parts separated by dots (contract, section 3). */
export function readPath(value: YamlValue | null): FieldPath {
  const text = value?.text() ?? null;
  if (value === null || text === null) return [];
  const path = text.split('.');
  if (path.includes('')) value.problem(`"${text}" is no path: names separated by single dots`);
  return path;
}

/** A duration such as `10m`, in microseconds; `otherwise` when the field is absent. */
export function readDuration(map: YamlMap | null, name: string, otherwise: bigint): bigint {
  const value = map?.optional(name) ?? null;
  const text = value?.scalarText() ?? null;
  if (value === null || text === null) return otherwise;
  const micros = parseDuration(text);
  if (micros === null) value.problem(`"${text}" is no duration: a whole number and ms, s, m, h or d, such as 10m`);
  return micros ?? otherwise;
}

/** A whole number; `otherwise` when the field is absent. */
export function readInteger(map: YamlMap | null, name: string, low: number, high: number, otherwise: number): number {
  return map?.optional(name)?.integer(low, high) ?? otherwise;
}

/** `places`, 0–6, which must be there. */
export function readPlaces(map: YamlMap): number {
  return map.required('places')?.integer(0, 6) ?? 0;
}

/** `env:NAME`, `file:/path` or a literal; null when the field is absent. */
export function readSecretRef(value: YamlValue | null): SecretRef | null {
  const text = value?.text() ?? null;
  if (value === null || text === null) return null;
  const ref = parseSecretRef(text);
  if (ref === null) value.problem(`"${text}" is no reference: env:NAME, file:/path, or the text itself`);
  return ref;
}

/** The items of a list of maps with the fields `known`; with `needed`, the name of what is listed, an empty list is reported. */
export function readMaps(value: YamlValue | null, known: readonly string[], needed: string | null): readonly YamlMap[] {
  const items = value?.list() ?? null;
  if (value === null || items === null) return [];
  if (items.length === 0 && needed !== null) value.problem(`at least one ${needed} is needed`);
  return items.map((item) => item.map(known)).filter((map) => map !== null);
}

/** Reports a name used twice in one list; names that differ in case only are the same to Spark. */
export function refuseRepeats(named: readonly { readonly name: string; readonly at: YamlValue }[], what: string): void {
  const seen = new Map<string, string>();
  for (const { name, at } of named) {
    if (name === REPORTED) continue;
    const before = seen.get(name.toLowerCase());
    if (before === undefined) seen.set(name.toLowerCase(), name);
    else at.problem(`the ${what} "${name}" is declared twice${before === name ? '' : ` ("${before}" differs only in case)`}`);
  }
}
