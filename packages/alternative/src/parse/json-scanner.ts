import { JSON_DEPTH_MAX } from '../limits.ts';
import { type Captures, hashName, type Shape, type ShapeNode, TOKEN } from './shape.ts';
import { decodeEscaped } from './text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const FAILED = -1;

/**
 * Reads JSON from bytes, strictly by RFC 8259, and notes where the declared fields stand; nothing else is kept. Of a duplicate name the
 * last wins whole: what an earlier one held is forgotten. The bytes must be valid UTF-8. A position of −1 means: not JSON.
 */
export class JsonScanner {
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  #captures: Captures | null = null;
  /** Set by `#text`: whether the text last read has an escape. */
  #escaped = false;
  /** Set by `#name`: the node that the name last read leads to. */
  #child: ShapeNode | null = null;

  /** Whether `[start, end)` is one JSON object with nothing but white space around it; `captures` then holds its declared fields. */
  object(bytes: Buffer, start: number, end: number, shape: Shape, captures: Captures): boolean {
    this.#bytes = bytes;
    this.#end = end;
    this.#captures = captures;
    captures.kinds.fill(TOKEN.absent);
    const open = this.#space(start);
    if (open >= end || bytes[open] !== 0x7b) return false;
    const close = this.#object(open + 1, 1, shape.root);
    return close !== FAILED && this.#space(close) === end;
  }

  /**
   * The items of an array that an earlier scan found sound: calls `item` with the range of each object, in order.
   * @returns false as soon as an item is no object, or `item` says false
   */
  eachObject(bytes: Buffer, start: number, end: number, item: (start: number, end: number) => boolean): boolean {
    // The items are scanned by a second scanner while this one walks, so that the walk's state stays its own.
    this.#bytes = bytes;
    this.#end = end;
    this.#captures = null;
    let at = this.#space(start + 1);
    if (bytes[at] === 0x5d) return true;
    for (;;) {
      const after = this.#value(at, 1, null);
      if (after === FAILED || bytes[at] !== 0x7b || !item(at, after)) return false;
      at = this.#space(after);
      if (bytes[at] !== COMMA) return true;
      at = this.#space(at + 1);
    }
  }

  #space(from: number): number {
    let at = from;
    for (; at < this.#end; at++) {
      const byte = this.#bytes[at] as number;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
    }
    return at;
  }

  /** After `{`. `node` holds the declared names in here; null when there are none. */
  #object(from: number, depth: number, node: ShapeNode | null): number {
    if (depth > JSON_DEPTH_MAX) return FAILED;
    const bytes = this.#bytes;
    let at = this.#space(from);
    if (at < this.#end && bytes[at] === 0x7d) return at + 1;
    for (;;) {
      if (at >= this.#end || bytes[at] !== QUOTE) return FAILED;
      at = node === null ? this.#text(at + 1) : this.#name(at + 1, node);
      if (at === FAILED) return FAILED;
      const child = node === null ? null : this.#child;
      at = this.#space(at + 1);
      if (at >= this.#end || bytes[at] !== COLON) return FAILED;
      at = this.#space(at + 1);
      at = child === null ? this.#value(at, depth, null) : this.#declared(at, depth, child);
      if (at === FAILED) return FAILED;
      at = this.#space(at);
      if (at >= this.#end) return FAILED;
      const byte = bytes[at] as number;
      if (byte === 0x7d) return at + 1;
      if (byte !== COMMA) return FAILED;
      at = this.#space(at + 1);
    }
  }

  #array(from: number, depth: number): number {
    if (depth > JSON_DEPTH_MAX) return FAILED;
    let at = this.#space(from);
    if (at < this.#end && this.#bytes[at] === 0x5d) return at + 1;
    for (;;) {
      at = this.#value(at, depth, null);
      if (at === FAILED) return FAILED;
      at = this.#space(at);
      if (at >= this.#end) return FAILED;
      const byte = this.#bytes[at] as number;
      if (byte === 0x5d) return at + 1;
      if (byte !== COMMA) return FAILED;
      at = this.#space(at + 1);
    }
  }

  /** A value that stands where declared fields are, or on the way to them. */
  #declared(from: number, depth: number, node: ShapeNode): number {
    const captures = this.#captures as Captures;
    for (let field = node.first; field < node.end; field++) captures.kinds[field] = TOKEN.absent;
    const end = this.#value(from, depth, node.isParent ? node : null);
    if (end === FAILED || node.leaf < 0) return end;
    const text = this.#bytes[from] === QUOTE;
    captures.kinds[node.leaf] = this.#kindOf(this.#bytes[from] as number);
    captures.starts[node.leaf] = text ? from + 1 : from;
    captures.ends[node.leaf] = text ? end - 1 : end;
    return end;
  }

  /** Of the value just read, by its first byte. */
  #kindOf(first: number): number {
    switch (first) {
      case QUOTE:
        return this.#escaped ? TOKEN.escaped : TOKEN.text;
      case 0x7b:
        return TOKEN.object;
      case 0x5b:
        return TOKEN.array;
      case 0x6e:
        return TOKEN.null;
      case 0x74:
      case 0x66:
        return TOKEN.boolean;
      default:
        return TOKEN.number;
    }
  }

  #value(at: number, depth: number, node: ShapeNode | null): number {
    if (at >= this.#end) return FAILED;
    const byte = this.#bytes[at] as number;
    if (byte === QUOTE) {
      const close = this.#text(at + 1);
      return close === FAILED ? FAILED : close + 1;
    }
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return this.#number(at);
    if (byte === 0x7b) return this.#object(at + 1, depth + 1, node);
    if (byte === 0x5b) return this.#array(at + 1, depth + 1);
    if (byte === 0x74) return this.#word(at, 'true');
    if (byte === 0x66) return this.#word(at, 'false');
    if (byte === 0x6e) return this.#word(at, 'null');
    return FAILED;
  }

  #word(at: number, word: string): number {
    if (at + word.length > this.#end) return FAILED;
    for (let i = 0; i < word.length; i++) if (this.#bytes[at + i] !== word.charCodeAt(i)) return FAILED;
    return at + word.length;
  }

  #number(from: number): number {
    const bytes = this.#bytes;
    let at = bytes[from] === MINUS ? from + 1 : from;
    if (at < this.#end && bytes[at] === ZERO) at++;
    else {
      const first = at;
      at = this.#digits(at);
      if (at === first) return FAILED;
    }
    if (at < this.#end && bytes[at] === 0x2e) {
      const first = at + 1;
      at = this.#digits(first);
      if (at === first) return FAILED;
    }
    if (at < this.#end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
      at++;
      if (at < this.#end && (bytes[at] === 0x2b || bytes[at] === MINUS)) at++;
      const first = at;
      at = this.#digits(first);
      if (at === first) return FAILED;
    }
    return at;
  }

  #digits(from: number): number {
    let at = from;
    for (; at < this.#end; at++) {
      const byte = this.#bytes[at] as number;
      if (byte < ZERO || byte > NINE) break;
    }
    return at;
  }

  /** After the opening quote: the place of the closing one. */
  #text(from: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    this.#escaped = false;
    for (let at = from; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) return at;
      if (byte < 0x20) return FAILED;
      if (byte === BACKSLASH) {
        this.#escaped = true;
        at = this.#escape(at + 1);
        if (at === FAILED) return FAILED;
      }
    }
    return FAILED;
  }

  /** After the backslash: the place of the escape's last byte. */
  #escape(at: number): number {
    if (at >= this.#end) return FAILED;
    switch (this.#bytes[at]) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return at;
      case 0x75:
        for (let i = 1; i <= 4; i++) if (at + i >= this.#end || !isHex(this.#bytes[at + i] as number)) return FAILED;
        return at + 4;
      default:
        return FAILED;
    }
  }

  /** Like `#text`, for a name inside `node`; `#child` is then where it leads to. */
  #name(from: number, node: ShapeNode): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let hash = 0;
    for (let at = from; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#child = node.find(bytes, from, at, hash);
        return at;
      }
      if (byte < 0x20) return FAILED;
      if (byte === BACKSLASH) return this.#escapedName(from, node);
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    return FAILED;
  }

  #escapedName(from: number, node: ShapeNode): number {
    const close = this.#text(from);
    if (close === FAILED) return FAILED;
    const text = decodeEscaped(this.#bytes, from, close);
    const name = Buffer.from(text);
    // A name with a lone surrogate is no declared one; as bytes it would be taken for one with U+FFFD.
    this.#child = text.isWellFormed() ? node.find(name, 0, name.length, hashName(name, 0, name.length)) : null;
    return close;
  }
}

function isHex(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
