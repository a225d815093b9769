import type { ResultCheck } from '../score/result-check.ts';
import { together } from '../together.ts';

/** Result lines of a minute in two parts, each ascending by key as UTF-8 bytes. */
export interface LineParts {
  /** The bytes of a draft's lines. */
  readonly drafted: AsyncIterable<Buffer>;
  /** The keys whose drafted lines do not count, ascending. */
  readonly amended: Iterable<string>;
  /** The lines in their place, each with its line feed. */
  readonly anew: AsyncIterable<string>;
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The result lines of a whole minute, by key. Drafted lines that stay are given as they lie, many at a time; what goes is taken from `check`, which has
 * seen all drafted ones, and what comes is shown to it. Holds a piece of the draft and one line of each other part.
 *
 * @param key the name of the key's column, behind the minute
 */
export async function* mergeLines({ drafted, amended, anew }: LineParts, key: string, check: ResultCheck): AsyncIterable<string | Buffer> {
  const head = `,${JSON.stringify(key)}:`;
  const gone = new Keys(amended, (each) => each);
  const come = new Keys(anew, (line) => parseResult(line, head).key);
  const given = (line: string): string => {
    const result = parseResult(line, head);
    check.add(result.key, result.hundredths);
    return line;
  };
  try {
    await together(gone.step(), come.step());
    // Lines of one minute begin alike: their keys stand at one place.
    let offset = -1;
    for await (const lines of wholeLines(drafted)) {
      if (offset < 0) offset = keyIn(lines, 0, head).start;
      let from = 0;
      for (let at = 0; at < lines.length; ) {
        const start = at + offset;
        const end = lines.indexOf(LINE_FEED, start) + 1;
        while (come.key !== null && compareKey(lines, start, come.key) >= 0) {
          if (at > from) yield lines.subarray(from, at);
          from = at;
          yield given(come.item);
          await come.step();
        }
        while (gone.key !== null && compareKey(lines, start, gone.key) > 0) await gone.step();
        if (gone.key !== null && compareKey(lines, start, gone.key) === 0) {
          if (at > from) yield lines.subarray(from, at);
          from = end;
          check.remove(parseResult(lines.toString('utf8', at, end - 1), head).hundredths);
        }
        at = end;
      }
      if (from < lines.length) yield lines.subarray(from);
    }
    while (come.key !== null) {
      yield given(come.item);
      await come.step();
    }
  } finally {
    await gone.end();
    await come.end();
  }
}

/** How the key whose text begins at `start` compares to another, as UTF-8 bytes. */
function compareKey(lines: Buffer, start: number, other: Buffer): number {
  for (let i = 0; ; i++) {
    const byte = lines[start + i] as number;
    if (byte === BACKSLASH) return Buffer.compare(Buffer.from(keyText(lines, placeOf(lines, start))), other);
    if (byte === QUOTE) return i === other.length ? 0 : -1;
    if (i === other.length) return 1;
    const order = byte - (other[i] as number);
    if (order !== 0) return order;
  }
}

/** Items one by one, with the bytes of their keys; null behind the last. */
class Keys {
  readonly #items: AsyncIterator<string> | Iterator<string>;
  readonly #keyOf: (item: string) => string;
  item = '';
  key: Buffer | null = null;

  constructor(items: AsyncIterable<string> | Iterable<string>, keyOf: (item: string) => string) {
    this.#items = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    this.#keyOf = keyOf;
  }

  async step(): Promise<void> {
    const next = await this.#items.next();
    this.item = next.done === true ? '' : next.value;
    this.key = next.done === true ? null : Buffer.from(this.#keyOf(next.value));
  }

  async end(): Promise<void> {
    await this.#items.return?.();
  }
}

/** The same bytes in pieces that end with a line. */
async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = all.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) yield all.subarray(0, end);
    rest = all.subarray(end);
  }
  if (rest.length > 0) throw new RangeError('the last line has no line feed');
}

/** Where a key's text lies, between its quotes, and whether any of it is escaped. */
interface KeyPlace {
  readonly start: number;
  readonly stop: number;
  readonly isEscaped: boolean;
}

/** The place of the key of the line at `at`. */
function keyIn(lines: Buffer, at: number, head: string): KeyPlace {
  return placeOf(lines, lines.indexOf(head, at) + Buffer.byteLength(head) + 1);
}

function placeOf(lines: Buffer, start: number): KeyPlace {
  let stop = start;
  let isEscaped = false;
  for (; lines[stop] !== QUOTE; stop++) {
    if (lines[stop] !== BACKSLASH) continue;
    isEscaped = true;
    stop += 1;
  }
  return { start, stop, isEscaped };
}

/** Key and satisfaction, in hundredths, of a canonical result line: they come first, behind the minute. */
export function parseResult(line: string, head: string): { readonly key: string; readonly hundredths: number | null } {
  const bytes = Buffer.from(line);
  const at = keyIn(bytes, 0, head);
  const [, hundredths = ''] = /^,"satisfaction":"(-?\d+\.\d\d)"/.exec(bytes.toString('latin1', at.stop + 1, at.stop + 41)) ?? [];
  return { key: keyText(bytes, at), hundredths: hundredths === '' ? null : Number(hundredths.replace('.', '')) };
}

function keyText(lines: Buffer, { start, stop, isEscaped }: KeyPlace): string {
  return isEscaped ? (JSON.parse(lines.toString('utf8', start - 1, stop + 1)) as string) : lines.toString('utf8', start, stop);
}
