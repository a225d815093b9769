import { type SqlToken, tokenize } from './sql-tokens.ts';

/** Something that the contract (section 5) refuses in a user's SQL, and what to write instead. */
export interface Finding {
  /** From 1. */
  readonly line: number;
  readonly what: string;
  readonly advice: string;
}

export interface FindOptions {
  /** The customer key's name: `row_number()` whose ORDER BY names it has no ties. */
  readonly key?: string;
  /** For a project with columns declared `approximate`. */
  readonly allowDouble?: boolean;
}

const CLOCK = 'A minute must give the same result whenever it runs: use minute or hour_start of the view iteration.';
const CHANCE = 'A minute must give the same result each time it runs: derive what varies from the customer key, for instance by hash().';
const ORDER = 'Which row comes first is not defined: use min, max, min_by or max_by.';
const AVERAGE = "Its result is rounded by the engine's own rule: use prlx_div(sum(x), count(x), places).";
const PLACEMENT = 'Its value depends on how the data is spread over the cluster: use the customer key.';
const EXACT = 'Results are exact: use DECIMAL and prlx_div, or declare the column under "approximate" in parallax.yaml.';
const TIES =
  'Among ties it is not defined which row gets which number: name the customer key in its ORDER BY, or use rank() or dense_rank().';

/** Functions refused wherever they are called. */
const CALLS: ReadonlyMap<string, string> = new Map([
  ...['avg', 'mean', 'try_avg'].map((name) => [name, AVERAGE] as const),
  ...['now', 'current_timestamp', 'current_date', 'current_time', 'curdate', 'localtimestamp'].map((name) => [name, CLOCK] as const),
  ...['rand', 'random', 'randn', 'randstr', 'uniform', 'uuid', 'shuffle'].map((name) => [name, CHANCE] as const),
  ...['monotonically_increasing_id', 'spark_partition_id', 'input_file_name'].map((name) => [name, PLACEMENT] as const),
]);

/** Refused without an order: `first(x)` but not `first(x) OVER (… ORDER BY …)`. */
const FIRSTS = ['first', 'first_value', 'any_value', 'last', 'last_value'];
/** Refused but directly inside a function that sorts. */
const COLLECTS = ['collect_list', 'collect_set', 'array_agg', 'listagg', 'string_agg'];
const SORTS = ['array_sort', 'sort_array'];
/** The clock without a parenthesis. */
const BARE_CLOCKS = ['current_timestamp', 'current_date', 'current_time', 'localtimestamp'];
/** The clock when called with no argument. */
const EMPTY_CLOCKS = ['unix_timestamp'];
const DOUBLES = ['double', 'float', 'real'];
const CASTS = ['cast', 'try_cast'];

/**
 * What the contract refuses and the text alone shows: the clock, chance, `avg`, unordered `first` and `collect_list`, `row_number`
 * over possible ties, doubles, more than one statement. Names in strings, comments, backquotes and after a dot are no findings.
 * @returns the findings in order of line; not more than the text shows: types need Spark's analyser
 */
export function findForbidden(sql: string, options: FindOptions = {}): readonly Finding[] {
  const tokens = tokenize(sql).filter(({ kind }) => kind !== 'comment');
  const scan = new Scan(tokens, options);
  return tokens.flatMap((_, i) => scan.at(i) ?? []);
}

class Scan {
  readonly #tokens: readonly SqlToken[];
  readonly #options: FindOptions;
  /** The names before the open parentheses, outermost first; an empty text where there is none. */
  readonly #open: string[] = [];

  constructor(tokens: readonly SqlToken[], options: FindOptions) {
    this.#tokens = tokens;
    this.#options = options;
  }

  /** The finding at token `i`; to be called for every token in order. */
  at(i: number): Finding | null {
    const token = this.#tokens[i];
    if (token === undefined) return null;
    const found = this.#find(i, token);
    if (token.kind === 'punctuation' && token.text === '(') this.#open.push(this.#name(i - 1) ?? '');
    if (token.kind === 'punctuation' && token.text === ')') this.#open.pop();
    return found === null ? null : { line: token.line, ...found };
  }

  #find(i: number, token: SqlToken): { readonly what: string; readonly advice: string } | null {
    switch (token.kind) {
      case 'unclosed':
        return { what: `${unclosedName(token.text)} without an end`, advice: 'Close it.' };
      case 'punctuation':
        return token.text === ';' ? this.#severalStatements(i) : this.#substitution(i);
      case 'number':
        return this.#inexactNumber(token);
      case 'string':
        return /\$\{/.test(token.text)
          ? { what: 'a configuration variable in a string', advice: 'Spark replaces it by its value: write the dollar sign as \\u0024.' }
          : null;
      case 'identifier':
        return this.#findName(i, token.text.toLowerCase());
      default:
        return null;
    }
  }

  #severalStatements(i: number): { readonly what: string; readonly advice: string } | null {
    const next = this.#tokens[i + 1];
    if (next === undefined || next.text === ';') return null;
    return { what: 'more than one statement', advice: 'One file holds one query: use WITH for its steps.' };
  }

  #substitution(i: number): { readonly what: string; readonly advice: string } | null {
    if (this.#tokens[i]?.text !== '$' || this.#tokens[i + 1]?.text !== '{') return null;
    return { what: 'a configuration variable', advice: 'The query may not depend on the configuration of Spark: write the value.' };
  }

  #inexactNumber(token: SqlToken): { readonly what: string; readonly advice: string } | null {
    if (this.#options.allowDouble === true || !/^[^b]*[ed].*$|f$/i.test(token.text) || /bd$/i.test(token.text)) return null;
    return {
      what: `the number ${token.text}, which is a double`,
      advice: 'Write it without exponent and suffix: then it is an exact decimal.',
    };
  }

  #findName(i: number, name: string): { readonly what: string; readonly advice: string } | null {
    if (this.#text(i - 1) === '.') return null;
    const called = this.#text(i + 1) === '(';
    const call = called ? CALLS.get(name) : undefined;
    if (call !== undefined) return { what: `${name}()`, advice: call };
    if (!called && BARE_CLOCKS.includes(name) && this.#isExpression(i)) return { what: name, advice: CLOCK };
    if (called && EMPTY_CLOCKS.includes(name) && this.#text(i + 2) === ')') return { what: `${name}()`, advice: CLOCK };
    if (called && FIRSTS.includes(name) && this.#orderOf(i) === null) return { what: `${name}() without an order`, advice: ORDER };
    if (called && COLLECTS.includes(name) && !this.#isSorted(i)) {
      return { what: `${name}() without an order`, advice: `${ORDER} Or sort it: array_sort(${name}(…)).` };
    }
    if (called && name === 'row_number' && !this.#ordersByKey(i)) return { what: 'row_number() over possible ties', advice: TIES };
    if (DOUBLES.includes(name) && this.#options.allowDouble !== true && this.#isType(i, called)) return { what: name, advice: EXACT };
    return null;
  }

  /** Not an alias (`AS now`), and not a column that stands before its alias's dot. */
  #isExpression(i: number): boolean {
    return this.#name(i - 1) !== 'as' && this.#text(i + 1) !== '.';
  }

  #isType(i: number, called: boolean): boolean {
    if (called || this.#text(i - 1) === '::') return true;
    if (!CASTS.includes(this.#open.at(-1) ?? '')) return false;
    for (let before = i - 1; before >= 0 && this.#text(before) !== '('; before--) if (this.#name(before) === 'as') return true;
    return false;
  }

  #isSorted(i: number): boolean {
    return this.#text(i - 1) === '(' && SORTS.includes(this.#name(i - 2) ?? '');
  }

  #ordersByKey(i: number): boolean {
    const key = this.#options.key?.toLowerCase();
    if (key === undefined) return false;
    return (this.#orderOf(i) ?? []).some(({ kind, text }) => {
      const name = kind === 'quoted' ? text.slice(1, -1).replaceAll('``', '`') : text;
      return (kind === 'identifier' || kind === 'quoted') && name.toLowerCase() === key;
    });
  }

  /** What stands after ORDER BY in the OVER (…) or WITHIN GROUP (…) that follows the call at `i`; null when there is none. */
  #orderOf(i: number): readonly SqlToken[] | null {
    let close = this.#close(i + 1);
    while (close !== null && ['filter', 'ignore', 'respect'].includes(this.#name(close + 1) ?? '')) {
      // FILTER (…), IGNORE NULLS, RESPECT NULLS
      close = this.#name(close + 1) === 'filter' ? this.#close(close + 2) : close + 2;
    }
    if (close === null || this.#name(close + 1) !== 'over' || this.#text(close + 2) !== '(') return null;
    const end = this.#close(close + 2) ?? this.#tokens.length;
    const inside = this.#tokens.slice(close + 3, end);
    const order = inside.findIndex(({ text }, at) => /^order$/i.test(text) && /^by$/i.test(inside[at + 1]?.text ?? ''));
    return order === -1 ? null : inside.slice(order + 2);
  }

  #close(open: number): number | null {
    let depth = 0;
    for (let i = open; i < this.#tokens.length; i++) {
      if (this.#text(i) === '(') depth += 1;
      if (this.#text(i) === ')') depth -= 1;
      if (depth === 0) return i;
    }
    return null;
  }

  #text(i: number): string | null {
    const token = this.#tokens[i];
    return token?.kind === 'punctuation' ? token.text : null;
  }

  #name(i: number): string | null {
    const token = this.#tokens[i];
    return token?.kind === 'identifier' ? token.text.toLowerCase() : null;
  }
}

function unclosedName(text: string): string {
  if (text.startsWith('/*')) return 'a comment';
  return text.startsWith('`') ? 'a name in backquotes' : 'a string';
}
