import { AGGREGATES, type Aggregate, type Stream, type StreamSource, type StreamVariable, TIME_FORMATS } from '../project.ts';
import { REPORTED, readMaps, readName, readPath, readPlaces, readSecretRef, refuseRepeats } from './fields.ts';
import type { Problems } from './problems.ts';
import { readYamlMap, type YamlMap, type YamlValue } from './yaml-map.ts';

const FIELDS = ['from', 'key', 'time', 'event_id', 'variables'];
const VARIABLE_FIELDS = ['name', 'field', 'places', 'unit', 'aggregates'];

/** Reads one `streams/*.yaml`; `name` is the file's name without `.yaml`. `places` says where each variable is declared. */
export function readStreamYaml(
  file: string,
  name: string,
  text: string,
  problems: Problems,
): { readonly stream: Stream; readonly places: ReadonlyMap<StreamVariable, YamlValue> } | null {
  const map = readYamlMap(file, text, FIELDS, problems);
  if (map === null) return null;
  const from = readFrom(map.optional('from'));
  const time = map.required('time')?.map(['field', 'format']) ?? null;
  const places = new Map<StreamVariable, YamlValue>();
  const stream: Stream = {
    name,
    from,
    keyPath: readPath(map.required('key')?.map(['field'])?.required('field') ?? null),
    time: { path: readPath(time?.required('field') ?? null), format: time?.optional('format')?.oneOf(TIME_FORMATS) ?? 'rfc3339' },
    eventIdPath: map.optional('event_id') === null ? null : readPath(map.optional('event_id')),
    variables: readVariables(map.required('variables'), places),
  };
  if (map.optional('event_id') === null && from?.kind !== 'amqp') {
    const place = { ...map.value.place, field: 'event_id' };
    problems.add(place, 'the field "event_id" is missing: only messages of a queue (from: amqp) have an id of their own');
  }
  return { stream, places };
}

function readFrom(value: YamlValue | null): StreamSource | null {
  const map = value?.map(['kafka', 'amqp']) ?? null;
  if (value === null || map === null) return null;
  if (map.entries.size !== 1) {
    if (!map.hasUnknown) value.problem('expected either kafka or amqp');
    return null;
  }
  const kafka = map.optional('kafka')?.map(['topic', 'bootstrap']) ?? null;
  if (kafka !== null) {
    return { kind: 'kafka', topic: readTopic(kafka.required('topic')), bootstrap: readSecretRef(kafka.optional('bootstrap')) };
  }
  const amqp = map.optional('amqp')?.map(['address', 'bridge_topic', 'url']) ?? null;
  if (amqp === null) return null;
  const address = amqp.required('address');
  const bridge = amqp.optional('bridge_topic') ?? address;
  return { kind: 'amqp', address: readAddress(address), bridgeTopic: readTopic(bridge), url: readSecretRef(amqp.optional('url')) };
}

function readTopic(value: YamlValue | null): string {
  return readName(value, (text) =>
    /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/.test(text) ? null : `"${text}" is no Kafka topic: letters, digits, . _ and - only, at most 249`,
  );
}

function readAddress(value: YamlValue | null): string {
  return readName(value, (text) => (/[\s\p{Cc}]/u.test(text) ? `"${text}" is no queue address: no blanks` : null));
}

function readVariables(value: YamlValue | null, places: Map<StreamVariable, YamlValue>): readonly StreamVariable[] {
  const variables = readMaps(value, VARIABLE_FIELDS, 'variable').map((map) => {
    const variable = readVariable(map);
    places.set(variable, map.optional('name') ?? map.value);
    return variable;
  });
  refuseRepeats(
    [...places].map(([{ name }, at]) => ({ name, at })),
    'variable',
  );
  return variables;
}

function readVariable(map: YamlMap): StreamVariable {
  return {
    name: readName(map.required('name')),
    path: readPath(map.required('field')),
    places: readPlaces(map),
    unit: map.optional('unit')?.text() ?? null,
    aggregates: readAggregates(map.required('aggregates')),
  };
}

function readAggregates(value: YamlValue | null): readonly Aggregate[] {
  const items = value?.list() ?? null;
  if (value === null || items === null) return [];
  if (items.length === 0) value.problem(`at least one aggregate is needed, of ${AGGREGATES.join(', ')}`);
  const read = items.map((at) => ({ at, name: at.oneOf(AGGREGATES) }));
  refuseRepeats(
    read.map(({ at, name }) => ({ name: name ?? REPORTED, at })),
    'aggregate',
  );
  return read.map(({ name }) => name).filter((name) => name !== null);
}
