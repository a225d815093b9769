import type { Project } from '@parallax/core';
import { batchViewColumns, onlineViewColumns, streamViewColumns } from '@parallax/core/view-columns.ts';
import { SqlView } from '../mutate/edit.ts';
import type { Random } from '../random.ts';

/** How far from a name a literal still belongs to it, tokens. */
const NEAR_BEFORE = 4;
const NEAR_AFTER = 10;

/** For each column that the project's SQL names: the numbers and the texts that stand near it, or near what is made of it. */
export interface Pools {
  /** Columns of the views that the SQL names. */
  readonly used: ReadonlySet<string>;
  readonly numbers: ReadonlyMap<string, readonly string[]>;
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** Whole numbers and decimals of `actions.sql`, where boundaries of decisions lie. */
  readonly decisive: readonly string[];
}

/**
 * The values at which a project's rules turn, read from its SQL: boundary-value analysis. A name that a query gives (`… AS latency_ms`) links
 * the literals near it to the columns that it is made of.
 */
export function poolsOf(project: Project): Pools {
  const columns = new Set(
    [...streamViewColumns(project), ...batchViewColumns(project), ...onlineViewColumns(project)].map(({ name }) => name),
  );
  const numbers = new Map<string, Set<string>>();
  const texts = new Map<string, Set<string>>();
  const used = new Set<string>();
  for (const sql of [project.satisfactionSql, project.actionsSql]) {
    const view = new SqlView(sql);
    const madeOf = aliases(view, columns);
    for (const [i, token] of view.tokens.entries()) {
      const name = token.text.replaceAll('`', '');
      if (columns.has(name)) used.add(name);
      const targets = columns.has(name) ? [name] : (madeOf.get(name) ?? []);
      for (let j = Math.max(0, i - NEAR_BEFORE); j <= i + NEAR_AFTER; j++) {
        const near = view.tokens[j];
        if (near === undefined) break;
        for (const target of targets) {
          if (near.kind === 'number') addTo(numbers, target, near.text);
        }
      }
      for (const text of comparedTexts(view, i)) for (const target of targets) addTo(texts, target, text);
    }
  }
  const decisive = new SqlView(project.actionsSql).tokens.filter(({ kind, text }) => kind === 'number' && /^\d+(\.\d+)?$/.test(text));
  const lists = (map: ReadonlyMap<string, Set<string>>) => new Map([...map].map(([name, set]) => [name, [...set].sort()]));
  return { used, numbers: lists(numbers), texts: lists(texts), decisive: [...new Set(decisive.map(({ text }) => text))].sort() };
}

/** The texts that the name at `index` is compared with: `= 'text'`, `<> 'text'`, `IN ('text', …)`. */
function comparedTexts(view: SqlView, index: number): readonly string[] {
  const from = index + 1 + (view.word(index + 1) === 'not' ? 1 : 0);
  if (!['=', '<>', '!=', '<=>', 'in'].includes(view.word(from))) return [];
  const to = view.word(from) === 'in' ? view.closing(from + 1) : from + 1;
  return view.tokens.slice(from, to + 1).flatMap(({ kind, text }) => (kind === 'string' ? [text.slice(1, -1)] : []));
}

/** The columns in the select item that each alias names. */
function aliases(view: SqlView, columns: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [i] of view.tokens.entries()) {
    const alias = view.tokens[i + 1];
    if (view.word(i) !== 'as' || alias?.kind !== 'identifier' || columns.has(alias.text)) continue;
    const inItem = found.get(alias.text) ?? [];
    let depth = 0;
    for (let j = i - 1; j >= 0; j--) {
      const word = view.word(j);
      if (word === ')') depth += 1;
      if (word === '(') depth -= 1;
      if (depth < 0 || (depth === 0 && (word === ',' || word === 'select'))) break;
      const name = (view.tokens[j]?.text ?? '').replaceAll('`', '');
      if (columns.has(name)) inItem.push(name);
    }
    found.set(alias.text, inItem);
  }
  return found;
}

function addTo(map: Map<string, Set<string>>, name: string, value: string): void {
  const set = map.get(name) ?? new Set<string>();
  set.add(value);
  map.set(name, set);
}

/** `text`, a decimal, scaled by 10^places; what is beyond the places is cut off. Null when it is no plain decimal. */
export function scaled(text: string, places: number): bigint | null {
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(`${whole}${fraction.slice(0, places).padEnd(places, '0')}`);
}

/** Shares of the draws of a number. */
const ABSENT = 0.07;
const ZERO = 0.16;
const EXACT = 0.32;
const BESIDE = 0.42;
const NEAR = 0.88;

/** Draws an integer scaled by 10^places, near what matters to the rules: absent, zero, exactly a literal, beside one, around one, anywhere. */
export function drawNumber(random: Random, literals: readonly string[], places: number): bigint | null {
  const unit = 10n ** BigInt(places);
  const known = literals.map((text) => scaled(text, places)).filter((value) => value !== null);
  const share = random.fraction();
  if (share < ABSENT) return null;
  if (share < ZERO || known.length === 0) return share < ZERO ? 0n : BigInt(random.below(200 * Number(unit)));
  const literal = random.pick(known);
  if (share < EXACT) return literal;
  if (share < BESIDE) return literal + (random.chance(0.5) ? 1n : -1n);
  if (share < NEAR) {
    const span = Number(literal === 0n ? 10n * unit : literal) * (random.chance(0.3) ? 3 : 1);
    return literal + BigInt(Math.round((random.fraction() * 2 - 1) * span));
  }
  return BigInt(random.below(100 * Number(unit)));
}

export function drawText(random: Random, texts: readonly string[]): string | null {
  const words = texts.filter((text) => /^[a-z]\w*$/.test(text));
  const share = random.fraction();
  if (share < 0.06) return null;
  if (share < 0.75 && words.length > 0) return random.pick(words);
  return random.pick(['north', 'silver', 'Gold', 'platinum ', 'ü', '']);
}
