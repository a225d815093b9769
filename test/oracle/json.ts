/**
 * A strict RFC 8259 reader that keeps every number's source text (contract, section 3).
 * Goal: decide `utf8` and `json`, and hand out declared fields. Method: decode once, then recursive descent over the text.
 */

export type Json =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string; readonly loneSurrogate: boolean }
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Json> };

/** Counting objects and arrays only; the outer object is 1. */
const DEPTH_MAX = 32;

/** The text of valid UTF-8, a byte order mark kept; null when the bytes are not valid. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** One strict JSON object with nothing but white space around it, or null. Of a duplicate name the last wins. */
export function parseStrictObject(text: string): Extract<Json, { kind: 'object' }> | null {
  const reader = new Reader(text);
  try {
    const value = reader.document();
    return value.kind === 'object' ? value : null;
  } catch (error) {
    if (error instanceof NotJson) return null;
    throw error;
  }
}

/** Follows a dotted path; null when it is absent or meets something that is not an object. A JSON null is returned as such. */
export function at(value: Json, path: string): Json | null {
  let here = value;
  for (const name of path.split('.')) {
    if (here.kind !== 'object') return null;
    const next = here.members.get(name);
    if (next === undefined) return null;
    here = next;
  }
  return here;
}

class NotJson extends Error {}

class Reader {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    this.space();
    const value = this.value(0);
    this.space();
    if (this.position !== this.text.length) throw new NotJson();
    return value;
  }

  space(): void {
    while (' \t\n\r'.includes(this.text[this.position] ?? '?')) this.position++;
  }

  take(expected: string): void {
    if (!this.text.startsWith(expected, this.position)) throw new NotJson();
    this.position += expected.length;
  }

  value(depth: number): Json {
    switch (this.text[this.position]) {
      case '{':
        return this.object(depth + 1);
      case '[':
        return this.array(depth + 1);
      case '"':
        return this.string();
      case 't':
        this.take('true');
        return { kind: 'boolean', value: true };
      case 'f':
        this.take('false');
        return { kind: 'boolean', value: false };
      case 'n':
        this.take('null');
        return { kind: 'null' };
      default:
        return this.number();
    }
  }

  object(depth: number): Json {
    if (depth > DEPTH_MAX) throw new NotJson();
    const members = new Map<string, Json>();
    this.take('{');
    this.space();
    if (this.text[this.position] === '}') {
      this.position++;
      return { kind: 'object', members };
    }
    for (;;) {
      this.space();
      const name = this.string();
      this.space();
      this.take(':');
      this.space();
      members.set(name.text, this.value(depth));
      this.space();
      if (this.text[this.position] !== ',') break;
      this.position++;
    }
    this.take('}');
    return { kind: 'object', members };
  }

  array(depth: number): Json {
    if (depth > DEPTH_MAX) throw new NotJson();
    const items: Json[] = [];
    this.take('[');
    this.space();
    if (this.text[this.position] === ']') {
      this.position++;
      return { kind: 'array', items };
    }
    for (;;) {
      this.space();
      items.push(this.value(depth));
      this.space();
      if (this.text[this.position] !== ',') break;
      this.position++;
    }
    this.take(']');
    return { kind: 'array', items };
  }

  number(): Json {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) throw new NotJson();
    this.position += found[0].length;
    return { kind: 'number', text: found[0] };
  }

  string(): Extract<Json, { kind: 'string' }> {
    this.take('"');
    let text = '';
    for (;;) {
      const char = this.text[this.position];
      if (char === undefined || char < ' ') throw new NotJson();
      this.position++;
      if (char === '"') break;
      text += char === '\\' ? this.escape() : char;
    }
    return { kind: 'string', text, loneSurrogate: !text.isWellFormed() };
  }

  escape(): string {
    const char = this.text[this.position++] ?? '';
    if (char === 'u') {
      const hex = this.text.slice(this.position, this.position + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new NotJson();
      this.position += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const index = '"\\/bfnrt'.indexOf(char);
    if (char === '' || index < 0) throw new NotJson();
    return '"\\/\b\f\n\r\t'[index] ?? '';
  }
}
