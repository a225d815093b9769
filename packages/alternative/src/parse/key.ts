import type { KeyType } from '@parallax/core';
import type { Interner } from './interner.ts';
import { int64Text } from './number.ts';
import { type Captures, TOKEN } from './shape.ts';
import { textAt } from './text.ts';

/** The customer key at a captured field, as text; null when it is missing, null or not of the declared type. */
export function keyAt(bytes: Buffer, captures: Captures, field: number, type: KeyType, interner?: Interner): string | null {
  const start = captures.starts[field] as number;
  const end = captures.ends[field] as number;
  if (type === 'text') {
    return interner !== undefined && captures.kinds[field] === TOKEN.text
      ? interner.text(bytes, start, end)
      : textAt(bytes, captures, field);
  }
  if (captures.kinds[field] !== TOKEN.number) return null;
  return interner !== undefined && isCanonical(bytes, start, end) ? interner.text(bytes, start, end) : int64Text(bytes, start, end);
}

/** Digits of an integer that fits int64 whatever they are, and is its own canonical text: no sign, and sound JSON has no leading zero. */
function isCanonical(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 18) return false;
  for (let at = start; at < end; at++) if ((bytes[at] as number) < 0x30 || (bytes[at] as number) > 0x39) return false;
  return true;
}

/** The canonical key of a text (a CSV cell); null when it is none. */
export function keyOfText(text: string, type: KeyType): string | null {
  if (type === 'text') return text;
  if (!/^-?[0-9]+$/.test(text)) return null;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value.toString() : null;
}
