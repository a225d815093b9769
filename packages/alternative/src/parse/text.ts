import { type Captures, TOKEN } from './shape.ts';

const BACKSLASH = 0x5c;
const SHORT: Readonly<Record<number, string>> = { 98: '\b', 102: '\f', 110: '\n', 114: '\r', 116: '\t' };

/** The text of a sound JSON string's inside, escapes undone; lone surrogates stay. */
export function decodeEscaped(bytes: Buffer, start: number, end: number): string {
  let text = '';
  let from = start;
  for (;;) {
    const at = bytes.indexOf(BACKSLASH, from);
    if (at < 0 || at >= end) return text + bytes.toString('utf8', from, end);
    text += bytes.toString('utf8', from, at);
    const kind = bytes[at + 1] as number;
    if (kind === 0x75) {
      text += String.fromCharCode(Number.parseInt(bytes.toString('latin1', at + 2, at + 6), 16));
      from = at + 6;
    } else {
      text += SHORT[kind] ?? String.fromCharCode(kind);
      from = at + 2;
    }
  }
}

const SHORT_BYTES: Readonly<Record<number, number>> = { 98: 0x08, 102: 0x0c, 110: 0x0a, 114: 0x0d, 116: 0x09 };

/**
 * The same as UTF-8 bytes, without a text in between: a recording holds its payloads so. A lone surrogate, which has no UTF-8, becomes U+FFFD.
 */
export function unescapedBytes(bytes: Buffer, start: number, end: number): Buffer {
  // An escape is never shorter than what it stands for.
  const target = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte !== BACKSLASH) {
      target[length++] = byte;
      continue;
    }
    const kind = bytes[++at] as number;
    if (kind !== 0x75) {
      target[length++] = SHORT_BYTES[kind] ?? kind;
      continue;
    }
    // A pair of surrogates is one character.
    let next = at + 5;
    while (bytes[next] === BACKSLASH && bytes[next + 1] === 0x75 && next < end) next += 6;
    const units = decodeEscaped(bytes, at - 1, next);
    length += target.write(units, length, 'utf8');
    at = next - 1;
  }
  return target.subarray(0, length);
}

/** The text at a captured field; null when it is no text, or one with a lone surrogate. */
export function textAt(bytes: Buffer, captures: Captures, field: number): string | null {
  const start = captures.starts[field] as number;
  const end = captures.ends[field] as number;
  switch (captures.kinds[field]) {
    case TOKEN.text:
      return bytes.toString('utf8', start, end);
    case TOKEN.escaped: {
      const text = decodeEscaped(bytes, start, end);
      return text.isWellFormed() ? text : null;
    }
    default:
      return null;
  }
}

/** Orders texts by their UTF-8 bytes, which is the order of their code points. Both must be well formed. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // Surrogates stand for code points above all others, though their units do not.
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}
