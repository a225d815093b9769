/** Writes an event as JSON text in one of many ways that mean the same, or breaks it in one of many ways that do not. */
import type { StreamSpec } from '../contract/project-builder.ts';
import { formatMicros } from '../oracle/time.ts';
import type { Random, Tally } from './random.ts';

/** Source texts of JSON values by dotted field; undefined: absent. */
export type Fields = Map<string, string>;

/** A time of the stream's format, as a JSON value. `unit` of epoch_ms is a millisecond: the time must be a multiple. */
export function timeText(random: Random, time: bigint, format: StreamSpec['format']): string {
  if (format === 'epoch_us') return time.toString();
  if (format === 'epoch_ms') return (time / 1000n).toString();
  const offset = random.pick([0, 0, 0, 60, 120, -330, 1439, -1439]);
  const [day = '', clock = ''] = formatMicros(time + BigInt(offset) * 60_000_000n).split('T');
  const [second = '', fraction = ''] = clock.slice(0, -1).split('.');
  const digits = fraction.replace(/0+$/, '').padEnd(random.pick([0, 0, 3, 6, 9]), '0');
  // Digits past the sixth are floored away.
  const more = digits.length >= 6 && random.chance(0.3) ? `${digits}${random.between(0, 9)}9` : digits;
  const sign = offset < 0 ? '-' : '+';
  const pad = (value: number): string => String(value).padStart(2, '0');
  const zone =
    offset === 0
      ? random.pick(['Z', 'z', '+00:00', '-00:00'])
      : `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  return `"${day}${random.pick(['T', 'T', 't'])}${second}${more === '' ? '' : `.${more}`}${zone}"`;
}

/** A JSON string, sometimes with more escapes than needed. */
export function stringText(random: Random, text: string): string {
  if (!random.chance(0.1)) return JSON.stringify(text);
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index).toString(16).padStart(4, '0'));
  return `"${units.map((hex) => `\\u${hex}`).join('')}"`;
}

interface Tree {
  readonly [name: string]: Tree | string;
}

function treeOf(fields: Fields): Tree {
  const root: Record<string, Tree | string> = {};
  for (const [path, text] of fields) put(root, path.split('.'), text);
  return root;
}

/** What lies under a scalar is not written: to the reader it is absent. */
function put(tree: Record<string, Tree | string>, [name = '', ...rest]: readonly string[], text: string): void {
  tree[name] ??= rest.length === 0 ? text : {};
  const child = tree[name];
  if (rest.length > 0 && typeof child === 'object') put(child as Record<string, Tree | string>, rest, text);
}

const JUNK = ['1', '"text"', 'null', 'true', '[1,{"a":[]}]', '{"v0":1}', '"\\ud800"', '1e999', '-0.0'];

/** One JSON object with those fields, in any order, with any white space, unknown fields, escaped and repeated names. */
export function objectText(random: Random, fields: Fields, tally: Tally): string {
  const write = (tree: Tree): string => {
    const space = random.chance(0.15) ? random.pick([' ', '\n', '\t', '\r\n  ']) : '';
    const members = random.shuffle(Object.entries(tree)).map(([name, value]) => {
      const text = typeof value === 'string' ? value : write(value);
      return `${stringText(random, name)}${space}:${space}${text}`;
    });
    const [first] = Object.keys(tree);
    if (first !== undefined && random.chance(0.04)) {
      // Only the last of a repeated name counts.
      tally.add('repeated name');
      members.unshift(`${JSON.stringify(first)}:${random.pick(JUNK)}`);
    }
    if (random.chance(0.15)) members.push(`"other_${random.int(9)}":${random.pick(JUNK)}`);
    return `{${space}${members.join(`${space},${space}`)}${space}}`;
  };
  return write(treeOf(fields));
}

/** Not JSON, not UTF-8 or too deep, made of a good payload. */
export function broken(random: Random, good: string, tally: Tally): string | Buffer | null {
  const cut = good.slice(0, -1);
  const ways: Record<string, () => string | Buffer | null> = {
    tombstone: () => null,
    empty: () => '',
    truncated: () => cut,
    trailing: () => `${good} ,`,
    twice: () => `${good}${good}`,
    bom: () => `\ufeff${good}`,
    array: () => `[${good}]`,
    'single quotes': () => good.replaceAll('"', "'"),
    'leading zero': () => `${cut},"z":01}`,
    nan: () => `${cut},"z":NaN}`,
    'bare point': () => `${cut},"z":1.}`,
    'trailing comma': () => `${cut},}`,
    'control character': () => `${cut},"z":"\u0001"}`,
    'bad escape': () => `${cut},"z":"\\a"}`,
    'too deep': () => `${cut},"z":${'[{"a":'.repeat(16)}1${'}]'.repeat(16)}}`,
    'bad utf8': () =>
      Buffer.concat([
        Buffer.from(`${cut},"z":"`),
        random.pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]].map((b) => Buffer.from(b))),
        Buffer.from('"}'),
      ]),
    'utf8 and json': () => Buffer.from([0x7b, 0x80]),
  };
  const way = random.pick(Object.keys(ways));
  tally.add(`broken: ${way}`);
  return (ways[way] as () => string | Buffer | null)();
}
