import type { ColumnsByView } from '../engine/engine.ts';
import type { OfferedView } from './used-columns.ts';

/** What an analysed plan refers to of the offered views. */
export interface References {
  /** Columns that stand in an expression or a list. */
  readonly named: ColumnsByView;
  /** Views all of whose columns are passed on in one list, as by `*`: these are not among those named. */
  readonly passed: ReadonlySet<string>;
}

/** One expansion of a view in a plan. */
interface Expansion {
  readonly view: string;
  /** As plans write them, `name#number`, without the key. */
  readonly columns: readonly string[];
}

/**
 * Reads the references from `explain` in the mode `extended`, in its analysed plan, where each column is an attribute with a number, whatever the text of the SQL
 * called it. What stands below a view is how that is made, and no reference to it.
 */
export function referencesIn(explained: string, views: readonly Pick<OfferedView, 'name' | 'columns'>[]): References {
  const lines = analysedPlan(explained).split('\n');
  const expansions: Expansion[] = [];
  const outside: string[] = [];
  let below = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const depth = line.search(/[^\s:+-]/);
    if (depth > below) continue;
    below = Number.POSITIVE_INFINITY;
    const expansion = expansionIn(line, views);
    if (expansion === null) outside.push(line);
    else {
      expansions.push(expansion);
      below = depth;
    }
  }
  return references(outside, expansions, views);
}

function references(lines: readonly string[], expansions: readonly Expansion[], views: readonly Pick<OfferedView, 'name'>[]): References {
  const viewOf = new Map(expansions.flatMap(({ view, columns }) => columns.map((column) => [numberOf(column), { view, column }] as const)));
  const named = new Map(views.map(({ name }) => [name, new Set<string>()]));
  const passed = new Set<string>();
  for (const line of lines) {
    let left = line;
    for (const { view, columns } of expansions) {
      const without = [', ', ','].reduce((text, between) => text.replaceAll(columns.join(between), ''), left);
      if (columns.length > 1 && without !== left) {
        passed.add(view);
        left = without;
      }
    }
    for (const [, number = ''] of left.matchAll(/#(\d+)/g)) {
      const found = viewOf.get(number);
      if (found !== undefined) named.get(found.view)?.add(nameOf(found.column));
    }
  }
  return { named, passed };
}

/** A line such as `SubqueryAlias`’s child ``View (`stream`, [customer_id#1L, x#2])``. */
function expansionIn(line: string, views: readonly Pick<OfferedView, 'name' | 'columns'>[]): Expansion | null {
  const [, name, list = ''] = /View \(`([^`]+)`, (?:[^[]*)\[(.*)\]\)/.exec(line) ?? [];
  const view = views.find((each) => each.name === name);
  if (view === undefined) return null;
  const known = new Set(view.columns.map((column) => column.name));
  return { view: view.name, columns: list.split(/, ?/).filter((column) => known.has(nameOf(column))) };
}

/** `name` of `name#12L`. */
function nameOf(attribute: string): string {
  return attribute.replace(/#\d+L?$/, '');
}

function numberOf(attribute: string): string {
  return /#(\d+)L?$/.exec(attribute)?.[1] ?? '';
}

/** The part of EXPLAIN EXTENDED between the analysed and the optimised plan. */
export function analysedPlan(explained: string): string {
  const from = explained.indexOf('== Analyzed Logical Plan ==');
  const to = explained.indexOf('== Optimized Logical Plan ==');
  return explained.slice(Math.max(0, from), to < 0 ? undefined : to);
}
