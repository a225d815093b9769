import type { Project } from '@parallax/core';
import type { Random } from '../random.ts';
import { aliasMutations, columnMutations, columnsOf } from './columns.ts';
import { applyEdit, type Diff, diffOf, SQL_OPERATORS, type SqlMutation, type SqlOperator, SqlView } from './edit.ts';
import { arithmetic, boundaries, constants, functions, nulls, predicates, roundings } from './operators.ts';
import { joins, texts, unions } from './relations.ts';

export type SqlFile = 'satisfaction.sql' | 'actions.sql';

/** A user's SQL with one mistake in it. */
export interface SqlMutant {
  readonly file: SqlFile;
  readonly operator: SqlOperator;
  readonly what: string;
  readonly diff: Diff;
  /** The whole text with the mistake. */
  readonly sql: string;
}

/** Every single mistake that the operators can make in one of the project's queries, in the order of the text; each text once. */
export function sqlMutants(project: Project, file: SqlFile): readonly SqlMutant[] {
  const sql = file === 'satisfaction.sql' ? project.satisfactionSql : project.actionsSql;
  const view = new SqlView(sql);
  const columns = columnsOf(project);
  const mutations = [
    ...joins(view, project.key),
    ...predicates(view),
    ...boundaries(view),
    ...nulls(view),
    ...columnMutations(view, columns),
    ...aliasMutations(view, columns),
    ...constants(view),
    ...roundings(view),
    ...arithmetic(view),
    ...functions(view),
    ...unions(view),
    ...texts(view),
  ];
  const seen = new Set([sql]);
  const mutants: SqlMutant[] = [];
  for (const mutation of [...mutations].sort(
    (a, b) => a.offset - b.offset || SQL_OPERATORS.indexOf(a.operator) - SQL_OPERATORS.indexOf(b.operator),
  )) {
    const changed = applyEdit(sql, mutation);
    if (seen.has(changed)) continue;
    seen.add(changed);
    mutants.push(mutantOf(file, sql, mutation, changed));
  }
  return mutants;
}

function mutantOf(file: SqlFile, sql: string, mutation: SqlMutation, changed: string): SqlMutant {
  return { file, operator: mutation.operator, what: mutation.what, diff: diffOf(sql, mutation), sql: changed };
}

/**
 * All mutants in the order in which to try them: kinds of mistakes take turns, and within a kind the order is drawn. So any number from the front
 * is spread over the kinds, and one that proves invalid is followed by another.
 */
export function drawOrder(mutants: readonly SqlMutant[], random: Random): readonly SqlMutant[] {
  const queues = SQL_OPERATORS.map((operator) => random.shuffled(mutants.filter((m) => m.operator === operator)));
  const order: SqlMutant[] = [];
  for (let round = 0; order.length < mutants.length; round++) {
    for (const queue of queues) {
      const next = queue[round];
      if (next !== undefined) order.push(next);
    }
  }
  return order;
}
