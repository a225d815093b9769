/** Random histories of many small customers, with every kind of disorder that the contract names. */
import { keyOf, type StreamSpec } from '../contract/project-builder.ts';
import { instant, type Message } from '../contract/recording-builder.ts';
import { floorTo, HOUR, MINUTE, parseDuration } from '../oracle/time.ts';
import { numberText, outOfRange } from './number-text.ts';
import { broken, type Fields, objectText, stringText, timeText } from './payload-text.ts';
import type { Random, Tally } from './random.ts';
import type { Shape } from './shapes.ts';

/** The customer that a message was made for, whatever its payload says. */
export interface OwnedMessage extends Message {
  readonly owner: string;
}

interface Draft {
  readonly owner: string;
  /** The key in the payload; most often the owner's. */
  readonly key: string;
  readonly stream: string;
  readonly iteration: bigint;
  readonly time: bigint;
  readonly id: string;
}

interface Settings {
  readonly from: bigint;
  readonly end: bigint;
  readonly lateness: bigint;
  readonly maxAhead: bigint;
}

const WEIRD = ['', 'k', 'K', ' ', 'é', 'e\u0301', '"', ',', '\n', '\u{1f600}', '\uff5e', '0', '-', 'null', '\\', "'", '\t', '\u2028'];

/** Every customer's key as text. */
export function keysOf(random: Random, shape: Shape): string[] {
  const text = keyOf(shape.project).type === 'text';
  return Array.from({ length: shape.customers }, (_, index) => {
    if (text) return index === 0 ? '' : `${random.pick(WEIRD)}${index}`;
    if (index % 50 === 7) return (9_223_372_036_854_775_807n - BigInt(index)).toString();
    return index % 11 === 3 ? `-${index}` : String(index);
  });
}

export function histories(random: Random, shape: Shape, keys: readonly string[], tally: Tally): OwnedMessage[] {
  const from = instant(shape.from);
  const settings: Settings = {
    from,
    end: from + BigInt(shape.iterations) * MINUTE,
    lateness: parseDuration(String(shape.project.settings?.lateness ?? '10m')),
    maxAhead: parseDuration(String(shape.project.settings?.max_ahead ?? '2m')),
  };
  const streams = Object.keys(shape.project.streams);
  // Minutes without any message, and a stream that falls silent for a while.
  const silent = new Set([3, 8, shape.iterations - 3].map((index) => from + BigInt(index) * MINUTE));
  const idleFrom = from + BigInt(random.between(4, 8)) * MINUTE;
  const isSilent = (draft: Draft): boolean =>
    silent.has(draft.iteration) ||
    (draft.stream === streams.at(-1) && draft.iteration >= idleFrom && draft.iteration < idleFrom + 4n * MINUTE);

  const drafts: Draft[] = [];
  for (const owner of keys) {
    const count = random.pick([0, 1, 1, 2, 3, 5, 8]);
    for (let index = 0; index < count; index++) {
      const iteration = from + BigInt(random.int(shape.iterations)) * MINUTE;
      const stream = random.pick(streams);
      const id = random.chance(0.03)
        ? `pool-${random.int(40)}`
        : `${keys.indexOf(owner)}-${index}${random.pick(['', 'é', '\u{1f600}', '\uff5e', 'a', 'A'])}`;
      if (id.startsWith('pool')) tally.add('id of several customers');
      const draft = { owner, key: owner, stream, iteration, time: placed(random, settings, iteration, unitOf(shape, stream), tally), id };
      drafts.push(draft, ...repeats(random, shape, settings, draft, tally));
    }
  }
  const kept = drafts.filter((draft) => draft.iteration >= from && draft.iteration < settings.end && !isSilent(draft));
  const messages = random.shuffle(kept).map((draft) => finish(random, shape, draft, tally));
  return withCopies(random, messages, tally);
}

const unitOf = (shape: Shape, stream: string): bigint => (shape.project.streams[stream]?.format === 'epoch_ms' ? 1000n : 1n);

/** An event time for a message of the iteration: anywhere, and at every edge of the rules. */
function placed(random: Random, { lateness, maxAhead }: Settings, iteration: bigint, unit: bigint, tally: Tally): bigint {
  const within = (span: bigint): bigint => (BigInt(random.int(1_000_000_000)) * span) / 1_000_000_000n;
  const step = random.pick([-unit, 0n, unit]);
  const kind = random.pick([
    'on time',
    'on time',
    'on time',
    'on time',
    'out of order',
    'out of order',
    'late edge',
    'ahead edge',
    'minute edge',
    'hour edge',
    'future',
    'far late',
    'far ahead',
    'whole second',
  ]);
  tally.add(`time: ${kind}`);
  const times: Record<typeof kind, () => bigint> = {
    'on time': () => iteration + within(MINUTE),
    'out of order': () => iteration - within(lateness),
    'late edge': () => iteration - lateness + step,
    'ahead edge': () => iteration + MINUTE + maxAhead + step,
    'minute edge': () => iteration + random.pick([0n, MINUTE, -MINUTE]) + step,
    'hour edge': () => floorTo(iteration, HOUR) + random.pick([0n, HOUR]) + step,
    future: () => iteration + MINUTE + within(maxAhead),
    'far late': () => iteration - lateness - within(3n * HOUR),
    'far ahead': () => iteration + MINUTE + maxAhead + within(3n * HOUR),
    'whole second': () => iteration + BigInt(random.int(60)) * 1_000_000n,
  };
  const time = (times[kind] as () => bigint)();
  return time - (time % unit);
}

/** Messages that carry the same id once more. */
function repeats(random: Random, shape: Shape, { from, end, lateness }: Settings, draft: Draft, tally: Tally): Draft[] {
  if (!random.chance(0.25)) return [];
  const unit = unitOf(shape, draft.stream);
  const kind = random.pick([
    'same iteration, other time',
    'same iteration, same time',
    'next iterations',
    'next iterations',
    'claim edge',
    'claim edge',
    'other stream',
    'other customer',
  ]);
  tally.add(`id again: ${kind}`);
  const later = draft.iteration + BigInt(random.between(1, 3)) * MINUTE;
  switch (kind) {
    case 'same iteration, other time':
      return [{ ...draft, time: draft.time + random.pick([-unit, unit, -5_000_000n, 5_000_000n]) }];
    case 'same iteration, same time':
      return [{ ...draft }, { ...draft }];
    case 'next iterations':
      return [{ ...draft, iteration: later, time: random.chance(0.5) ? draft.time : later + 1000n }];
    case 'claim edge': {
      // The first event's time is m' − lateness, a step before or after, for an iteration m' of the recording.
      const earliest = draft.iteration + lateness;
      const again = earliest + BigInt(random.between(0, 2)) * MINUTE;
      if (again >= end) return [];
      const edge = floorTo(again, MINUTE) - lateness + random.pick([-unit, 0n, unit]);
      if (floorTo(edge, MINUTE) < from) return [];
      const first = { ...draft, iteration: floorTo(edge + MINUTE, MINUTE), time: edge, id: `${draft.id}!` };
      tally.add('id again: claim edge in reach');
      return [first, { ...first, iteration: floorTo(again, MINUTE), time: floorTo(again, MINUTE) + 2000n }];
    }
    case 'other stream':
      return Object.keys(shape.project.streams).map((stream) => ({ ...draft, stream, time: draft.time - (draft.time % 1000n) }));
    default:
      return [
        { ...draft, key: draft.key.length < 9 ? `${draft.key}0` : draft.key, iteration: random.chance(0.5) ? draft.iteration : later },
      ];
  }
}

/** Writes a draft out, one in eight with a fault. */
function finish(random: Random, shape: Shape, draft: Draft, tally: Tally): OwnedMessage {
  const spec = shape.project.streams[draft.stream] as StreamSpec;
  const key = keyOf(shape.project);
  const keyText = key.type === 'text' ? stringText(random, draft.key) : draft.key === '0' && random.chance(0.5) ? '-0' : draft.key;
  const fields: Fields = new Map();
  const [keyField, timeField, idField] = [spec.key ?? key.name, spec.time ?? 'event_time', spec.id ?? 'event_id'];
  fields.set(keyField, keyText);
  fields.set(timeField, timeText(random, draft.time, spec.format));
  fields.set(idField, stringText(random, draft.id));
  for (const variable of spec.variables) {
    const field = variable.field ?? variable.name;
    const kind = random.pick(['number', 'number', 'number', 'number', 'number', 'null', 'absent', 'no object']);
    tally.add(`value: ${kind}`);
    if (kind === 'number') fields.set(field, numberText(random, variable.places, tally));
    if (kind === 'null') fields.set(field, 'null');
    if (kind === 'no object' && field.includes('.'))
      fields.set(field.slice(0, field.indexOf('.')), random.pick(['5', 'null', '[]', '"x"']));
  }
  const content = random.chance(0.125)
    ? faulty(random, shape, spec, fields, [keyField, timeField, idField], tally)
    : objectText(random, fields, tally);
  const { owner, iteration, stream } = draft;
  return { owner, iteration, stream, payload: content, partition: random.int(shape.partitions) };
}

function faulty(
  random: Random,
  shape: Shape,
  spec: StreamSpec,
  fields: Fields,
  [keyField = '', timeField = '', idField = '']: string[],
  tally: Tally,
): Message['payload'] {
  const kind = random.pick(['json', 'json', 'key', 'time', 'id', 'type', 'range', 'type and range', 'several']);
  tally.add(`fault: ${kind}`);
  const variable = random.pick(spec.variables);
  const field = variable.field ?? variable.name;
  const wrong = {
    key:
      keyOf(shape.project).type === 'text'
        ? ['null', '5', 'true', '"\\ud800"', '"a\\udfff"', '{}']
        : ['null', '"5"', '5.0', '5e0', 'true', '9223372036854775808', '-9223372036854775809', '[]'],
    time:
      spec.format === 'rfc3339'
        ? [
            'null',
            '5',
            '"2026-03-01T10:00:60Z"',
            '"2026-03-01T10:00:00"',
            '"2026-02-29T10:00:00Z"',
            '"2026-03-01 10:00:00Z"',
            '"2026-03-01T10:00:00.Z"',
            '"2026-03-01T24:00:00Z"',
          ]
        : ['null', '"5"', '1772359200000.0', '1e12', '9223372036854775808', '99999999999999999999', 'false'],
    id: ['null', '5', '""', `"${'i'.repeat(257)}"`, `"${'\u{1f600}'.repeat(64)}i"`, '"\\ud83d"'],
    type: ['"1"', 'true', '[]', '[1]', '{}', '"NaN"'],
  };
  const put = (at: string, text: string | null): void => {
    // A parent that is no object would hide the field.
    for (const parent of [...fields.keys()]) if (at.startsWith(`${parent}.`)) fields.delete(parent);
    if (text === null) fields.delete(at);
    else fields.set(at, text);
  };
  const absent = random.chance(0.2);
  if (kind === 'key' || kind === 'several') put(keyField, absent ? null : random.pick(wrong.key));
  if (kind === 'time' || kind === 'several') put(timeField, absent ? null : random.pick(wrong.time));
  if (kind === 'id' || kind === 'several') put(idField, absent ? null : random.pick(wrong.id));
  if (kind === 'type' || kind === 'several') put(field, random.pick(wrong.type));
  if (kind === 'range') put(field, outOfRange(random, variable.places));
  if (kind === 'type and range') {
    for (const each of spec.variables) put(each.field ?? each.name, outOfRange(random, each.places));
    put(field, random.pick(wrong.type));
  }
  const text = objectText(random, fields, tally);
  return kind === 'json' ? broken(random, text, tally) : text;
}

/** Redelivered messages, byte for byte, in the same iteration, anywhere after the first; and one of a mebibyte and a byte. */
function withCopies(random: Random, messages: OwnedMessage[], tally: Tally): OwnedMessage[] {
  const all: OwnedMessage[] = [];
  for (const message of messages) {
    all.push(message);
    if (!random.chance(0.05)) continue;
    tally.add('redelivered');
    all.splice(random.int(all.length + 1), 0, { ...message, partition: random.int((message.partition ?? 0) + 1) });
  }
  const [first] = messages;
  if (first === undefined) return all;
  tally.add('too large');
  return [...all, { ...first, payload: `{"x":1}${' '.repeat(1024 * 1024)}` }];
}
