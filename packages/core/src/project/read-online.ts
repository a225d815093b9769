import { ONLINE_CHUNK_MAX, ONLINE_MAX_AGE_MAX } from '../limits.ts';
import type { OnlineField, OnlineSource } from '../project.ts';
import { readInteger, readMaps, readName, readPath, readPlaces, readSecretRef, refuseRepeats } from './fields.ts';
import type { Problems } from './problems.ts';
import { readYamlMap, type YamlValue } from './yaml-map.ts';

const FIELDS = ['url', 'rows', 'key', 'chunk', 'max_age', 'fields'];
const FIELD_FIELDS = ['name', 'field', 'places'];

/** Reads one `online/*.yaml`; `name` is the file's name without `.yaml`. `places` says where each field is declared. */
export function readOnlineYaml(
  file: string,
  name: string,
  text: string,
  problems: Problems,
): { readonly source: OnlineSource; readonly places: ReadonlyMap<OnlineField, YamlValue> } | null {
  const map = readYamlMap(file, text, FIELDS, problems);
  if (map === null) return null;
  const places = new Map<OnlineField, YamlValue>();
  const fields = readMaps(map.required('fields'), FIELD_FIELDS, 'field').map((entry) => {
    const field = { name: readName(entry.required('name')), path: readPath(entry.required('field')), places: readPlaces(entry) };
    places.set(field, entry.optional('name') ?? entry.value);
    return field;
  });
  refuseRepeats(
    fields.map((field) => ({ name: field.name, at: places.get(field) ?? map.value })),
    'field',
  );
  const source: OnlineSource = {
    name,
    url: readSecretRef(map.optional('url')),
    rowsPath: readPath(map.required('rows')),
    keyPath: readPath(map.required('key')),
    chunk: readInteger(map, 'chunk', 1, ONLINE_CHUNK_MAX, 1000),
    maxAge: readInteger(map, 'max_age', 0, ONLINE_MAX_AGE_MAX, 3),
    fields,
  };
  return { source, places };
}
