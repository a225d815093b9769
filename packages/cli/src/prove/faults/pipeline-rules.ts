import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { faultMinutes, type Plan } from '../recording/plan.ts';
import { changedFiles, type Injection } from '../run/injection.ts';
import type { Expected, Fault, FaultTools } from './fault.ts';
import { onlyIn } from './statements.ts';

/** Faults between the score and the actions: results that are lost or old, cool-downs that are forgotten or counted twice. */
export function decisionFaults(project: Project, plan: Plan): readonly Fault[] {
  const minutes = faultMinutes(plan);
  const [, second = plan.faultsFrom, third = plan.faultsFrom, fourth = plan.faultsFrom] = minutes;
  const key = project.key.name;
  const fault = (
    family: string,
    what: string,
    expected: Expected,
    from: Micros,
    injection: Injection | ((tools: FaultTools) => Injection),
    rules: 'project' | 'probe' = 'project',
  ): Fault => ({
    id: `pipeline-${family.replaceAll(/[^a-z0-9]+/g, '-')}`,
    kind: 'pipeline',
    family,
    target: expected.stages[0] === 'actions' ? 'actions' : 'results',
    what,
    diff: null,
    expected,
    from,
    put: { side: 'spark', rules, inject: async (tools) => (typeof injection === 'function' ? injection(tools) : injection) },
  });
  const satisfaction: Expected = { stages: ['satisfaction'], sources: ['satisfaction.sql'] };
  const actions: Expected = { stages: ['actions'], sources: ['actions.sql'] };
  const results = (sql: string) => sql.startsWith('INSERT OVERWRITE DIRECTORY') && sql.includes('FROM prlx_satisfaction');
  return [
    fault('results lost', 'a part of the results is not written', satisfaction, second, {
      statement: (sql) => (results(sql) ? `${sql} WHERE pmod(hash(CAST(${key} AS STRING)), 9) <> 4` : sql),
    }),
    fault(
      'results of the minute before',
      'the results of the minute before stand in for this minute’s',
      satisfaction,
      third,
      ({ folderOf }) => ({
        relation: changedFiles((name, source, minute) =>
          name === 'satisfaction' && minute === third
            ? { ...source, paths: [join(folderOf(third - MICROS_PER_MINUTE), 'results')] }
            : source,
        ),
      }),
    ),
    fault(
      'iteration off by a minute',
      'the view iteration names the minute before',
      { stages: ['satisfaction', 'actions'], sources: ['satisfaction.sql', 'actions.sql'] },
      plan.faultsFrom,
      {
        statement: (sql) => onlyIn(sql, 'TEMPORARY VIEW iteration', () => sql.replace(/AS minute/, "- INTERVAL '1' MINUTE AS minute")),
      },
      'probe',
    ),
    fault('cool-down forgotten', 'after a restart the last decisions are forgotten: actions are taken again', actions, second, {
      ledger: (minute) => (minute === second ? ['DELETE FROM last_decisions'] : []),
    }),
    fault('cool-down of one customer forgotten', 'the last decision of one customer is forgotten', actions, fourth, {
      ledger: (minute) =>
        minute === fourth
          ? ['DELETE FROM last_decisions WHERE customer = (SELECT customer FROM last_decisions ORDER BY minute DESC, customer LIMIT 1)']
          : [],
    }),
    fault('decided by a failed attempt', 'an attempt that failed left decisions behind: actions are not taken', actions, second, {
      ledger: (minute) =>
        minute === second ? [`INSERT OR REPLACE INTO last_decisions (customer, action, minute) ${everyPair(project, plan)}`] : [],
    }),
    fault('actions lost', 'some of the wanted actions are lost', actions, plan.faultsFrom, {
      statement: (sql) =>
        onlyIn(sql, 'FROM prlx_actions', () =>
          sql.replace('FROM prlx_actions', `FROM prlx_actions WHERE pmod(hash(CAST(${key} AS STRING)), 3) <> 1`),
        ),
    }),
    fault(
      'greatest reason',
      'of two reasons the greater one is given',
      actions,
      plan.faultsFrom,
      { statement: (sql) => onlyIn(sql, 'FROM prlx_actions', () => sql.replace('min(CAST(reason', 'max(CAST(reason')) },
      // The project's own rules ask for an action once.
      'probe',
    ),
  ];
}

/** Every second single customer with every action, decided a minute ago. */
function everyPair(project: Project, plan: Plan): string {
  const actions = [...project.actions.keys()].map((action) => `'${action.replaceAll("'", "''")}'`);
  const customers = plan.single.filter((_, i) => i % 2 === 0).map((key) => `('${key.replaceAll("'", "''")}')`);
  const at = plan.faultsFrom;
  return `SELECT c.column1, a.column1, ${at} FROM (VALUES ${customers.join(', ')}) c, (VALUES ${actions.map((a) => `(${a})`).join(', ')}) a`;
}
