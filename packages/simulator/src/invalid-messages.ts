import type { SimStream } from './catalogue/variable.ts';

/** The reasons of the contract's section 3 for which a message is invalid. */
export const INVALID_REASONS = ['too_large', 'utf8', 'json', 'key', 'time', 'id', 'type', 'range'] as const;
export type InvalidReason = (typeof INVALID_REASONS)[number];

export interface Defect {
  readonly reason: InvalidReason;
  readonly name: string;
  /** Of 200 invalid messages about this many have it. */
  readonly weight: number;
  /** Breaks a valid message; null is a tombstone. */
  readonly apply: (text: string, stream: SimStream) => string | Buffer | null;
}

const MESSAGE_BYTES_MAX = 1024 * 1024;
const ID_BYTES_MAX = 256;
const DEPTH_MAX = 32;

/** Puts another value in a field; the old value moves to the undeclared field `_`. */
function put(field: string, value: string): Defect['apply'] {
  return (text) => text.replace(`"${field}":`, () => `"${field}":${value},"_":`);
}

function rename(field: string): Defect['apply'] {
  return (text) => text.replace(`"${field}":`, () => `"no_${field}":`);
}

/** The same for the first declared variable. */
function putVariable(value: string): Defect['apply'] {
  return (text, stream) => {
    const leaf = stream.variables[0]?.field.split('.').at(-1) ?? '';
    return put(leaf, value)(text, stream);
  };
}

function append(member: string): Defect['apply'] {
  return (text) => `${text.slice(0, -1)},${member}}`;
}

/** Every way in which the simulator breaks a message. */
export const DEFECTS: readonly Defect[] = [
  { reason: 'too_large', name: 'past 1 MiB', weight: 1, apply: append(`"dump":"${'x'.repeat(MESSAGE_BYTES_MAX)}"`) },
  { reason: 'utf8', name: 'a byte that is not UTF-8', weight: 16, apply: breakUtf8 },
  { reason: 'json', name: 'cut off', weight: 10, apply: (text) => text.slice(0, text.length >> 1) },
  { reason: 'json', name: 'byte order mark', weight: 5, apply: (text) => `\uFEFF${text}` },
  { reason: 'json', name: 'trailing bytes', weight: 5, apply: (text) => `${text};` },
  { reason: 'json', name: 'single quotes', weight: 5, apply: append("'note':1") },
  { reason: 'json', name: 'NaN', weight: 8, apply: append('"note":NaN') },
  { reason: 'json', name: 'leading zero', weight: 5, apply: append('"note":07') },
  { reason: 'json', name: 'an array', weight: 5, apply: (text) => `[${text}]` },
  { reason: 'json', name: 'too deep', weight: 5, apply: append(`"deep":${'['.repeat(DEPTH_MAX)}${']'.repeat(DEPTH_MAX)}`) },
  { reason: 'json', name: 'tombstone', weight: 5, apply: () => null },
  { reason: 'key', name: 'missing', weight: 8, apply: rename('customer_id') },
  { reason: 'key', name: 'null', weight: 8, apply: put('customer_id', 'null') },
  { reason: 'key', name: 'text', weight: 8, apply: put('customer_id', '"17"') },
  { reason: 'key', name: 'fraction', weight: 6, apply: put('customer_id', '17.0') },
  { reason: 'time', name: 'missing', weight: 8, apply: rename('event_time') },
  { reason: 'time', name: 'no offset', weight: 8, apply: put('event_time', '"2026-01-05T10:00:00"') },
  { reason: 'time', name: 'second 60', weight: 6, apply: put('event_time', '"2026-01-05T10:00:60Z"') },
  { reason: 'time', name: 'no such day', weight: 6, apply: put('event_time', '"2026-02-30T10:00:00Z"') },
  { reason: 'id', name: 'missing', weight: 8, apply: rename('event_id') },
  { reason: 'id', name: 'empty', weight: 6, apply: put('event_id', '""') },
  { reason: 'id', name: 'past 256 bytes', weight: 6, apply: put('event_id', `"${'i'.repeat(ID_BYTES_MAX + 1)}"`) },
  { reason: 'type', name: 'text', weight: 12, apply: putVariable('"n/a"') },
  { reason: 'type', name: 'boolean', weight: 8, apply: putVariable('true') },
  { reason: 'range', name: 'too big', weight: 10, apply: putVariable('-1000000000001') },
  { reason: 'range', name: 'too many digits', weight: 6, apply: putVariable(`0.${'1'.repeat(64)}`) },
  { reason: 'range', name: 'exponent past 30', weight: 6, apply: putVariable('1e-31') },
];

const WEIGHT_TOTAL = DEFECTS.reduce((sum, defect) => sum + defect.weight, 0);

/** The defect that a fraction in `[0, 1)` chooses, by weight. */
export function chooseDefect(fraction: number): Defect {
  let rest = fraction * WEIGHT_TOTAL;
  for (const defect of DEFECTS) {
    rest -= defect.weight;
    if (rest < 0) return defect;
  }
  throw new RangeError(`not a fraction below 1: ${fraction}`);
}

function breakUtf8(text: string): Buffer {
  const bytes = Buffer.from(text);
  bytes[bytes.length - 4] = 0xff;
  return bytes;
}
