import type { SqlMutant } from '../mutate/sql-mutants.ts';
import type { Plan } from '../recording/plan.ts';
import type { Fault } from './fault.ts';

/** A fault of each mutant of the user's SQL: deployed at the first minute. */
export function sqlFaults(mutants: readonly SqlMutant[], plan: Plan): readonly Fault[] {
  const seen = new Map<string, number>();
  return mutants.map(({ file, operator, what, diff, sql }) => {
    const place = `sql-${file === 'actions.sql' ? 'a' : 's'}${diff.line}-${operator}`;
    const nth = seen.get(place) ?? 0;
    seen.set(place, nth + 1);
    return {
      id: nth === 0 ? place : `${place}-${nth + 1}`,
      kind: 'sql',
      family: operator,
      target: `${file}:${diff.line}`,
      what,
      diff,
      expected:
        file === 'actions.sql'
          ? { stages: ['actions'], sources: ['actions.sql'] }
          : { stages: ['satisfaction'], sources: ['satisfaction.sql'] },
      from: plan.faultsFrom,
      put: { side: 'rules', file, sql },
    };
  });
}

/** Rules as they were before: an old version that is still in use. */
export function oldRuleFaults(mutants: readonly SqlMutant[], plan: Plan): readonly Fault[] {
  return sqlFaults(mutants, plan).map((fault) => ({
    ...fault,
    id: fault.id.replace('sql-', 'pipeline-old-rule-'),
    kind: 'pipeline',
    family: 'old rule version',
    put: { ...fault.put, stale: true } as Fault['put'],
    what: `an old version of the rules is in use: ${fault.what}`,
  }));
}
