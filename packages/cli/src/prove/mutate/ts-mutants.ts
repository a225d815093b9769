import type { Random } from '../random.ts';
import { applyEdit, type Diff, diffOf, type Edit } from './edit.ts';

/** A project's `alternative.ts` with one mistake in it. */
export interface TsMutant {
  readonly operator: string;
  readonly what: string;
  readonly diff: Diff;
  readonly text: string;
}

interface Pattern {
  readonly operator: string;
  readonly find: RegExp;
  readonly replace: (match: string) => string | null;
}

const PATTERNS: readonly Pattern[] = [
  { operator: 'constant', find: /(?<![\w*])\d+n\b(?! \*\*)/g, replace: (text) => `${BigInt(text.slice(0, -1)) + 1n}n` },
  {
    operator: 'boundary',
    find: / (?:<|>|<=|>=) (?=\w)/g,
    replace: (text) => ({ ' < ': ' <= ', ' > ': ' >= ', ' <= ': ' < ', ' >= ': ' > ' })[text] ?? null,
  },
  {
    operator: 'predicate',
    find: /===|!==|&&|\|\|/g,
    replace: (text) => ({ '===': '!==', '!==': '===', '&&': '||', '||': '&&' })[text] ?? null,
  },
  { operator: 'arithmetic', find: / [+*-] (?=\w|\()/g, replace: (text) => ({ ' + ': ' - ', ' - ': ' + ', ' * ': ' + ' })[text] ?? null },
  { operator: 'window', find: /\b\w+_1h\b/g, replace: (text) => text.slice(0, -'_1h'.length) },
  { operator: 'aggregate', find: /_(?:avg|last)_1h\b/g, replace: (text) => (text === '_avg_1h' ? '_max_1h' : '_min_1h') },
];

/** Every single mistake that these patterns find in the code, comments and imports left out, in the order of the text. */
export function tsMutants(text: string): readonly TsMutant[] {
  const code = blankOut(text);
  const mutants: TsMutant[] = [];
  for (const { operator, find, replace } of PATTERNS) {
    for (const match of code.matchAll(find)) {
      const replacement = replace(match[0]);
      if (replacement === null) continue;
      const edit: Edit = { offset: match.index, length: match[0].length, text: replacement };
      mutants.push({
        operator,
        what: `${match[0].trim()} became ${replacement.trim()}`,
        diff: diffOf(text, edit),
        text: applyEdit(text, edit),
      });
    }
  }
  return mutants;
}

/** The text with comments, strings, imports and types as blanks, on the same offsets. */
function blankOut(text: string): string {
  const blank = (match: string) => match.replaceAll(/[^\n]/g, ' ');
  return text
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, blank)
    .replaceAll(/^import [^\n]*$/gm, blank)
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, blank)
    .replaceAll(/^(?:export )?interface [\s\S]*?^}/gm, blank);
}

/** Mutants in the order in which to try them: operators take turns. */
export function drawTsOrder(mutants: readonly TsMutant[], random: Random): readonly TsMutant[] {
  const queues = PATTERNS.map(({ operator }) => random.shuffled(mutants.filter((m) => m.operator === operator)));
  const order: TsMutant[] = [];
  for (let round = 0; order.length < mutants.length; round++)
    for (const queue of queues) if (queue[round] !== undefined) order.push(queue[round] as TsMutant);
  return order;
}
