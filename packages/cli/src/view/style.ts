/** The looks that the view uses; each is an ANSI code, so that the user's own colours apply. */
const CODES = {
  bold: '1',
  dim: '2',
  red: '31',
  green: '32',
  yellow: '33',
  blue: '34',
  magenta: '35',
  cyan: '36',
} as const;

export type Look = keyof typeof CODES;
export type Paint = (text: string, ...looks: readonly Look[]) => string;

/** Paints for a terminal that knows colours. */
export const inColour: Paint = (text, ...looks) =>
  text === '' || looks.length === 0 ? text : `\x1b[${looks.map((look) => CODES[look]).join(';')}m${text}\x1b[0m`;

/** Leaves text as it is: for files, pipes and `NO_COLOR`. */
export const plain: Paint = (text) => text;
