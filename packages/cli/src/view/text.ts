/** Text as a terminal shows it: its width in columns, cut or padded to one, and made harmless. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const ESCAPE = /\x1b\[[0-9;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const COLOUR_OR_WORDS = /(\x1b\[[0-9;]*m)|([^\x1b]+)/g;
const SEGMENTS = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Characters that take two columns: East Asian wide ones and pictographs. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** `text` without control characters: what data says may not move the cursor or change colours. */
export function harmless(text: string): string {
  return text.replaceAll(/\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '·');
}

/** Columns that `text` takes, colours aside. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of SEGMENTS.segment(text.replaceAll(ESCAPE, ''))) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** At most `width` columns of a text without colours; `…` stands for what is cut. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return '';
  return `${cutExactly(text, width - 1)}…`;
}

/** At most `width` columns of a text that may have colours; they end where it is cut. */
export function cutColoured(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const [, colour = '', words = ''] of text.matchAll(COLOUR_OR_WORDS)) {
    const part = cutExactly(words, room);
    kept += colour + part;
    room -= widthOf(part);
    if (part.length < words.length) break;
  }
  return `${kept}…${text.includes('\x1b') ? '\x1b[0m' : ''}`;
}

function cutExactly(text: string, width: number): string {
  let kept = '';
  let used = 0;
  for (const { segment } of SEGMENTS.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > width) break;
    kept += segment;
  }
  return kept;
}

/** `text` and blanks up to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Blanks and `text`, together `width` columns. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `12,345`. */
export function count(value: number): string {
  return COUNT.format(value);
}

/** A satisfaction with two decimals as it is stored; `–` for none. */
export function score(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}

/** `850 ms`, `4.2 s`, `95 s`. */
export function milliseconds(value: number): string {
  if (value < 1000) return `${Math.round(value)} ms`;
  return `${(value / 1000).toFixed(value < 60_000 ? 1 : 0)} s`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `812 B`, `3.4 MB`, `120 GB`. */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, value < 1000 ? 0 : Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${scaled.toFixed(power === 0 || scaled >= 100 ? 0 : 1)} ${UNITS[power]}`;
}
