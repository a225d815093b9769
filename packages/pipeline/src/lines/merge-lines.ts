import type { ResultCheck } from '../score/result-check.ts';

/** Result lines of a minute in two parts, each ascending by key as UTF-8 bytes. */
export interface LineParts {
  /** Lines of a draft, without their line feeds. */
  readonly drafted: AsyncIterable<string>;
  /** The keys whose drafted lines do not count, ascending. */
  readonly amended: AsyncIterable<string>;
  /** The lines in their place, with line feeds. */
  readonly anew: AsyncIterable<string>;
}

/** The result lines of a whole minute, by key, each shown to `check`. Holds one line of each part. */
export async function* mergeLines({ drafted, amended, anew }: LineParts, key: string, check: ResultCheck): AsyncIterable<string> {
  const head = `,${JSON.stringify(key)}:`;
  const given = (line: string) => {
    const result = parseResult(line, head);
    check.add(result.key, result.hundredths);
    return line;
  };
  const amendedKeys = amended[Symbol.asyncIterator]();
  const newLines = anew[Symbol.asyncIterator]();
  try {
    let gone = await amendedKeys.next();
    let next = await newLines.next();
    for await (const line of drafted) {
      const at = parseResult(line, head).key;
      while (next.done !== true && compareUtf8(parseResult(next.value, head).key, at) <= 0) {
        yield given(next.value);
        next = await newLines.next();
      }
      while (gone.done !== true && compareUtf8(gone.value, at) < 0) gone = await amendedKeys.next();
      if (gone.done === true || gone.value !== at) yield `${given(line)}\n`;
    }
    while (next.done !== true) {
      yield given(next.value);
      next = await newLines.next();
    }
  } finally {
    await amendedKeys.return?.();
    await newLines.return?.();
  }
}

/** Key and satisfaction, in hundredths, of a canonical result line: they come first, behind the minute. */
export function parseResult(line: string, head: string): { readonly key: string; readonly hundredths: number | null } {
  const start = line.indexOf(head) + head.length;
  let end = start + 1;
  for (; line[end] !== '"'; end++) if (line[end] === '\\') end++;
  const text = line.slice(start, end + 1);
  const key = text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
  const [, hundredths = ''] = /^,"satisfaction":"(-?\d+\.\d\d)"/.exec(line.slice(end + 1, end + 40)) ?? [];
  return { key, hundredths: hundredths === '' ? null : Number(hundredths.replace('.', '')) };
}

/** The order of two texts by their UTF-8 bytes. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return codePointOrder(x) - codePointOrder(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others that one unit has. */
function codePointOrder(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}
