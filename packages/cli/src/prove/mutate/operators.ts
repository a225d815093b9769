import type { SqlMutation, SqlView } from './edit.ts';

/** Words at which a condition ends. */
const CONDITION_ENDS = new Set([
  'and',
  'or',
  'union',
  'group',
  'order',
  'having',
  'then',
  'when',
  'else',
  'end',
  'as',
  ',',
  ';',
  'join',
  'left',
  'where',
]);

const BOUNDARIES: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const TURNED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '<>', '<>': '=' };

/** `<` for `<=` and the like: the mistake shows only where a value lies exactly on the boundary. */
export function boundaries(view: SqlView): SqlMutation[] {
  return view.tokens.flatMap((token, i) => {
    const other = token.kind === 'punctuation' ? BOUNDARIES[token.text] : undefined;
    return other === undefined ? [] : [view.replace('boundary', i, i, other, `${token.text} became ${other}`)];
  });
}

/** Conditions turned round, left out, and AND for OR. */
export function predicates(view: SqlView): SqlMutation[] {
  const found: SqlMutation[] = [];
  for (const [i, token] of view.tokens.entries()) {
    const word = view.word(i);
    const turned = token.kind === 'punctuation' ? TURNED[word] : undefined;
    if (turned !== undefined && !inJoinCondition(view, i)) found.push(view.replace('predicate', i, i, turned, `${word} became ${turned}`));
    if (word === 'or') found.push(view.replace('predicate', i, i, 'AND', 'OR became AND'));
    if (word === 'and' && !closesBetween(view, i)) {
      found.push(view.replace('predicate', i, i, 'OR', 'AND became OR'));
      const end = view.until(i + 1, CONDITION_ENDS) - 1;
      if (end > i) found.push(view.replace('predicate', i, end, '', `the condition ${view.text(i + 1, end)} is gone`));
    }
    if (word === 'where') {
      const end = view.until(i + 1, CONDITION_ENDS) - 1;
      if (end > i) found.push(view.replace('predicate', i + 1, end, 'true', `the condition ${view.text(i + 1, end)} is gone`));
    }
    if (word === 'in' && view.word(i + 1) === '(') {
      const args = view.args(i + 1);
      const last = args.at(-1);
      const before = args.at(-2);
      if (last !== undefined && before !== undefined)
        found.push(view.replace('predicate', before.to + 1, last.to, '', `${view.text(last.from, last.to)} is no longer in the list`));
    }
  }
  return found;
}

function inJoinCondition(view: SqlView, index: number): boolean {
  for (let i = index; i >= 0 && i > index - 12; i--) {
    if (view.word(i) === 'on') return true;
    if (['where', 'select', 'and', 'or', 'when', 'then'].includes(view.word(i))) return false;
  }
  return false;
}

function closesBetween(view: SqlView, index: number): boolean {
  for (let i = index - 1; i >= 0 && i > index - 12; i--) {
    if (view.word(i) === 'between') return true;
    if (['and', 'or', 'where', 'when', 'on'].includes(view.word(i))) return false;
  }
  return false;
}

/** What is absent taken for something else: COALESCE and ELSE left out, IS NULL turned round. */
export function nulls(view: SqlView): SqlMutation[] {
  const found: SqlMutation[] = [];
  for (const [i] of view.tokens.entries()) {
    const word = view.word(i);
    if (word === 'coalesce' && view.word(i + 1) === '(') {
      const [first] = view.args(i + 1);
      const close = view.closing(i + 1);
      if (first === undefined || close < 0) continue;
      const inner = view.text(first.from, first.to);
      found.push(view.replace('null', i, close, `(${inner})`, `coalesce of ${inner} is gone`));
    }
    if (word === 'is' && view.word(i + 1) === 'null')
      found.push(view.replace('null', i, i + 1, 'IS NOT NULL', 'IS NULL became IS NOT NULL'));
    if (word === 'is' && view.word(i + 1) === 'not' && view.word(i + 2) === 'null')
      found.push(view.replace('null', i, i + 2, 'IS NULL', 'IS NOT NULL became IS NULL'));
    if (word === 'else') {
      const end = view.until(i + 1, new Set(['end'])) - 1;
      if (end > i) found.push(view.replace('null', i, end, '', `ELSE ${view.text(i + 1, end)} is gone`));
    }
  }
  return found;
}

/** Numbers off by one in their last place, ten times as large, or half. Types and places of prlx_div are no constants. */
export function constants(view: SqlView): SqlMutation[] {
  return view.tokens.flatMap((token, i) => {
    if (token.kind !== 'number' || !/^\d+(?:\.\d+)?$/.test(token.text) || isTypeArgument(view, i) || isDivisionPlaces(view, i)) return [];
    const places = token.text.split('.')[1]?.length ?? 0;
    const value = BigInt(token.text.replace('.', ''));
    const near = [value + 1n, value - 1n].filter((v) => v >= 0n);
    const far = value === 0n ? [10n ** BigInt(places) * 10n] : [value * 10n];
    return [...near, ...far].map((v) => {
      const text = decimal(v, places);
      return view.replace('constant', i, i, text, `${token.text} became ${text}`);
    });
  });
}

function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Whether the number is one of DECIMAL(p, s). */
function isTypeArgument(view: SqlView, index: number): boolean {
  for (let i = index; i >= 0 && i >= index - 4; i--)
    if (['decimal', 'numeric', 'dec', 'char', 'varchar'].includes(view.word(i))) return true;
  return false;
}

function divisions(view: SqlView): { readonly open: number; readonly args: ReturnType<SqlView['args']> }[] {
  return view.tokens.flatMap((_, i) =>
    view.word(i) === 'prlx_div' && view.word(i + 1) === '(' ? [{ open: i + 1, args: view.args(i + 1) }] : [],
  );
}

function isDivisionPlaces(view: SqlView, index: number): boolean {
  return divisions(view).some(({ args }) => args[2]?.from === index && args[2].to === index);
}

/** A division to other places, a cast to fewer. */
export function roundings(view: SqlView): SqlMutation[] {
  const found: SqlMutation[] = [];
  for (const { args } of divisions(view)) {
    const places = args[2];
    if (places === undefined || !/^\d+$/.test(view.text(places.from, places.to))) continue;
    const n = Number(view.text(places.from, places.to));
    for (const other of [n - 1, 0].filter((p) => p >= 0 && p !== n)) {
      found.push(view.replace('rounding', places.from, places.to, String(other), `rounded to ${other} places instead of ${n}`));
    }
  }
  for (const [i] of view.tokens.entries()) {
    if (view.word(i) !== 'decimal' || view.word(i + 3) !== ',' || view.word(i + 5) !== ')') continue;
    const scale = Number(view.word(i + 4));
    if (scale > 0) found.push(view.replace('rounding', i + 4, i + 4, String(scale - 1), `cast to ${scale - 1} places instead of ${scale}`));
  }
  return found;
}

/** `+` for `-` and the like; the arguments of a division swapped. */
export function arithmetic(view: SqlView): SqlMutation[] {
  const found: SqlMutation[] = [];
  for (const [i, token] of view.tokens.entries()) {
    if (token.kind !== 'punctuation' || !isBinary(view, i)) continue;
    if (token.text === '+') found.push(view.replace('arithmetic', i, i, '-', '+ became -'));
    if (token.text === '-') found.push(view.replace('arithmetic', i, i, '+', '- became +'));
    if (token.text === '*') found.push(view.replace('arithmetic', i, i, '+', '* became +'));
  }
  for (const { open, args } of divisions(view)) {
    const [num, den, places] = args;
    if (num === undefined || den === undefined || places === undefined) continue;
    const text = `${view.text(den.from, den.to)}, ${view.text(num.from, num.to)}`;
    found.push(view.replace('arithmetic', open + 1, den.to, text, 'numerator and denominator swapped'));
  }
  return found;
}

/** Whether something stands on both sides that a binary operator can take. */
function isBinary(view: SqlView, index: number): boolean {
  const before = view.tokens[index - 1];
  const after = view.word(index + 1);
  if (before === undefined) return false;
  const operand =
    before.kind === 'number' ||
    before.text === ')' ||
    (before.kind === 'identifier' && !['select', 'distinct', 'then', 'else', 'when'].includes(view.word(index - 1))) ||
    before.kind === 'quoted' ||
    view.word(index - 1) === 'end';
  return operand && ![',', ')', 'from', ''].includes(after);
}

/** LEAST for GREATEST and the like. */
export function functions(view: SqlView): SqlMutation[] {
  const other: Readonly<Record<string, string>> = { least: 'greatest', greatest: 'least', min: 'max', max: 'min' };
  return view.tokens.flatMap((token, i) => {
    const turned = view.word(i + 1) === '(' ? other[view.word(i)] : undefined;
    return turned === undefined ? [] : [view.replace('function', i, i, turned, `${token.text} became ${turned}`)];
  });
}
