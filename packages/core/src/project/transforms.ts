import { SCORECARD_DECIMALS_MAX } from '../limits.ts';
import type { ExactDecimal, Transform } from '../project.ts';
import { compareExactDecimals, parseExactDecimal } from './exact-decimal.ts';
import { didYouMean } from './names.ts';

const FUNCTIONS = ['linear', 'cap', 'bin', 'flag'];

/** What is wrong with one transform; `scorecard-csv.ts` turns it into a problem with a place. */
class TransformFault extends Error {}

/**
 * Reads the column `transform` of `scorecard.csv` (contract, section 7): `linear(c,s)`, `cap(l,h)`, `bin(e1:v1;…;*:vn)` and
 * `flag(v)`, combined by `|`; an empty text is no transform.
 * @returns the transforms from left to right, or what is wrong
 */
export function parseTransforms(text: string): { readonly transforms: readonly Transform[] } | { readonly fault: string } {
  if (text.trim() === '') return { transforms: [] };
  try {
    return { transforms: text.split('|').map((part) => parseTransform(part.trim())) };
  } catch (error) {
    if (error instanceof TransformFault) return { fault: error.message };
    throw error;
  }
}

function parseTransform(text: string): Transform {
  const match = /^([A-Za-z_]+)\s*\((.*)\)$/s.exec(text);
  const [, name = '', inner = ''] = match ?? [];
  if (match === null || !FUNCTIONS.includes(name)) {
    const word = /^[A-Za-z_]*/.exec(text)?.[0] ?? '';
    throw new TransformFault(
      `"${text}" is no transform: linear(center,scale), cap(low,high), bin(edge:value;…;*:value) or flag(value)${didYouMean(word, FUNCTIONS)}`,
    );
  }
  switch (name) {
    case 'linear':
      return parseLinear(text, inner);
    case 'cap':
      return parseCap(text, inner);
    case 'bin':
      return { kind: 'bin', edges: parseEdges(text, inner) };
    default:
      return { kind: 'flag', value: decimal(text, inner) };
  }
}

function parseLinear(text: string, inner: string): Transform {
  const [center, scale] = pair(text, inner);
  if (scale.unscaled === 0n) throw new TransformFault(`"${text}" divides by zero: the scale cannot be 0`);
  return { kind: 'linear', center, scale };
}

function parseCap(text: string, inner: string): Transform {
  const [low, high] = pair(text, inner);
  if (compareExactDecimals(low, high) > 0) throw new TransformFault(`"${text}" has its low above its high`);
  return { kind: 'cap', low, high };
}

function parseEdges(text: string, inner: string): readonly { readonly below: ExactDecimal | null; readonly value: ExactDecimal }[] {
  const bins = inner.split(';').map((bin) => bin.split(':').map((part) => part.trim()));
  return bins.map(([edge, value, ...rest], i) => {
    if (edge === undefined || value === undefined || rest.length > 0)
      throw new TransformFault(`"${text}" holds a bin that is not edge:value`);
    const last = i === bins.length - 1;
    if (last !== (edge === '*')) throw new TransformFault(`"${text}": the last bin, and no other, has the edge *`);
    return { below: last ? null : decimal(text, edge), value: decimal(text, value) };
  });
}

function pair(text: string, inner: string): readonly [ExactDecimal, ExactDecimal] {
  const [first, second, ...rest] = inner.split(',');
  if (first === undefined || second === undefined || rest.length > 0) throw new TransformFault(`"${text}" takes two numbers`);
  return [decimal(text, first), decimal(text, second)];
}

function decimal(text: string, literal: string): ExactDecimal {
  const value = parseExactDecimal(literal.trim());
  if (value === null) throw new TransformFault(`"${text}": "${literal.trim()}" is no decimal number`);
  if (value.scale > SCORECARD_DECIMALS_MAX)
    throw new TransformFault(`"${text}": ${literal.trim()} has more than ${SCORECARD_DECIMALS_MAX} decimals`);
  return value;
}
