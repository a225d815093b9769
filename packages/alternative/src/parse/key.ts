import type { KeyType } from '@parallax/core';
import { int64Text } from './number.ts';
import { type Captures, TOKEN } from './shape.ts';
import { textAt } from './text.ts';

/** The customer key at a captured field, as text; null when it is missing, null or not of the declared type. */
export function keyAt(bytes: Buffer, captures: Captures, field: number, type: KeyType): string | null {
  if (type === 'text') return textAt(bytes, captures, field);
  if (captures.kinds[field] !== TOKEN.number) return null;
  return int64Text(bytes, captures.starts[field] as number, captures.ends[field] as number);
}

/** The canonical key of a text (a CSV cell); null when it is none. */
export function keyOfText(text: string, type: KeyType): string | null {
  if (type === 'text') return text;
  if (!/^-?[0-9]+$/.test(text)) return null;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value.toString() : null;
}
