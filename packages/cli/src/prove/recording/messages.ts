import { formatMicros, type KeyType, type Micros, type Project, type Stream, type StreamVariable } from '@parallax/core';
import type { Random } from '../random.ts';

/** Integers scaled by each variable's places, by the variable's name; null or missing: no such field. */
export type Values = ReadonlyMap<string, bigint | null>;

/** An event before it is a message. */
export interface Happening {
  readonly key: string;
  readonly time: Micros;
  readonly id: string;
  readonly values: Values;
}

/** A message as a recording's `streams/<stream>.ndjson` has it. */
export interface RecordedMessage {
  readonly partition: number;
  readonly offset: number;
  /** Text, bytes as base64, or a tombstone. */
  readonly payload: string | { readonly base64: string } | null;
}

export function messageLine({ partition, offset, payload }: RecordedMessage): string {
  const content = payload !== null && typeof payload === 'object' ? { payload_base64: payload.base64 } : { payload };
  return `${JSON.stringify({ partition, offset, ...content })}\n`;
}

/** `value × 10^-places` as plain digits. */
export function decimalText(value: bigint, places: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return value < 0n ? `-${text}` : text;
}

/** The number as JSON writes it in one of several ways that mean the same: as it is, with an exponent, or with digits that round to it. */
function numberText(random: Random, value: bigint, places: number): string {
  const share = random.fraction();
  if (share < 0.08) return `${value}e-${places}`;
  // Half away from zero: …4 beyond the places never changes the value.
  if (share < 0.2) return `${decimalText(value, places)}${places === 0 ? '.' : ''}${random.pick(['4', '49', '0', '001'])}`;
  return decimalText(value, places);
}

interface Tree {
  [name: string]: Tree | string;
}

/** One strict JSON object: key, time and id where the stream declares them, each value at its path, and a field that nobody declared. */
export function payloadOf(project: Project, stream: Stream, happening: Happening, random: Random): string {
  const tree: Tree = {};
  put(tree, stream.keyPath, keyText(happening.key, project.key.type));
  put(tree, stream.time.path, timeText(stream, happening.time, random));
  if (stream.eventIdPath !== null) put(tree, stream.eventIdPath, JSON.stringify(happening.id));
  for (const variable of stream.variables) putValue(tree, variable, happening.values.get(variable.name) ?? null, random);
  if (random.chance(0.02)) put(tree, ['undeclared'], '"new"');
  return treeText(tree);
}

function keyText(key: string, type: KeyType): string {
  return type === 'bigint' ? key : JSON.stringify(key);
}

function putValue(tree: Tree, { path, places }: StreamVariable, value: bigint | null, random: Random): void {
  if (value === null) {
    if (random.chance(0.4)) put(tree, path, 'null');
  } else {
    put(tree, path, numberText(random, value, places));
  }
}

function timeText({ time }: Stream, at: Micros, random: Random): string {
  if (time.format === 'epoch_us') return at.toString();
  if (time.format === 'epoch_ms') return (at / 1000n).toString();
  if (!random.chance(0.2)) return `"${formatMicros(at)}"`;
  return `"${formatMicros(at + 7_200_000_000n).slice(0, -1)}+02:00"`;
}

function put(tree: Tree, [name = '', ...rest]: readonly string[], text: string): void {
  if (rest.length === 0) {
    tree[name] = text;
    return;
  }
  const child = tree[name];
  const inner: Tree = typeof child === 'object' ? child : {};
  tree[name] = inner;
  put(inner, rest, text);
}

function treeText(tree: Tree): string {
  const members = Object.entries(tree).map(
    ([name, value]) => `${JSON.stringify(name)}:${typeof value === 'string' ? value : treeText(value)}`,
  );
  return `{${members.join(',')}}`;
}
