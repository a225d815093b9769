import type { Project } from '@parallax/core';
import { drawOrder, type SqlFile, type SqlMutant, sqlMutants } from '../mutate/sql-mutants.ts';
import { Random } from '../random.ts';
import type { Plan } from '../recording/plan.ts';
import { alternativeInputFaults, codeFaults, logicFaults } from './alternative.ts';
import { classesOf } from './classes.ts';
import { batchFaults, onlineFaults } from './data-stores.ts';
import { streamFaults } from './data-streams.ts';
import { engineFaults } from './engine.ts';
import type { Fault } from './fault.ts';
import { acceptFaults, misreadFaults } from './pipeline-inputs.ts';
import { decisionFaults } from './pipeline-rules.ts';
import { batchViewFaults, onlineJoinFaults } from './pipeline-stores.ts';
import { populationFaults, windowFaults } from './pipeline-windows.ts';
import { oldRuleFaults, sqlFaults } from './sql.ts';

/** How many mutants of each text a run takes. */
export interface Sizes {
  readonly satisfaction: number;
  readonly actions: number;
  readonly oldRules: number;
  readonly logic: number;
}

export const WHOLE_SIZES: Sizes = { satisfaction: 24, actions: 14, oldRules: 1, logic: 8 };

export interface CatalogueOptions {
  readonly project: Project;
  readonly plan: Plan;
  readonly sizes: Sizes;
  readonly alternativeSource: string;
  /** Whether Spark's analyser takes a mutant: those that it refuses never reach a minute. */
  readonly isValid: (mutant: SqlMutant) => Promise<boolean>;
}

export interface Catalogue {
  readonly faults: readonly Fault[];
  /** The file of this folder that lists a fault, by its id. */
  readonly madeIn: ReadonlyMap<string, string>;
  /** Mutants that the analyser refused, and how many could be made at all. */
  readonly refused: number;
  readonly possible: number;
}

/** The list of faults: a function of project, seed and sizes. */
export async function makeCatalogue(options: CatalogueOptions): Promise<Catalogue> {
  const { project, plan, sizes, alternativeSource } = options;
  const mutants: SqlMutant[] = [];
  const old: SqlMutant[] = [];
  let refused = 0;
  let possible = 0;
  for (const [file, wanted] of [
    ['satisfaction.sql', sizes.satisfaction],
    ['actions.sql', sizes.actions],
  ] as const) {
    const drawn = await drawValid(options, file, wanted + sizes.oldRules);
    mutants.push(...drawn.mutants.slice(0, wanted));
    old.push(...drawn.mutants.slice(wanted));
    refused += drawn.refused;
    possible += drawn.possible;
  }
  const lists: readonly (readonly [file: string, faults: readonly Fault[]])[] = [
    ['sql.ts', sqlFaults(mutants, plan)],
    ['data-streams.ts', streamFaults(project, plan)],
    ['data-stores.ts', [...batchFaults(project, plan), ...onlineFaults(project, plan)]],
    ['pipeline-inputs.ts', [...misreadFaults(project, plan), ...acceptFaults(project, plan)]],
    ['pipeline-windows.ts', [...windowFaults(project, plan), ...populationFaults(project, plan)]],
    ['pipeline-stores.ts', [...batchViewFaults(project, plan), ...onlineJoinFaults(project, plan)]],
    ['pipeline-rules.ts', decisionFaults(project, plan)],
    ['sql.ts', oldRuleFaults(old, plan)],
    ['engine.ts', engineFaults(plan)],
    [
      'alternative.ts',
      [
        ...logicFaults(project, plan, sizes.logic),
        ...alternativeInputFaults(project, plan),
        ...(await codeFaults(project, plan, alternativeSource)),
      ],
    ],
  ];
  const faults = lists.flatMap(([, of]) => of).map((fault) => ({ ...fault, expected: { ...fault.expected, classes: classesOf(fault) } }));
  const madeIn = new Map(lists.flatMap(([file, of]) => of.map(({ id }) => [id, file] as const)));
  return { faults, madeIn, refused, possible };
}

async function drawValid(
  { project, plan, isValid }: CatalogueOptions,
  file: SqlFile,
  wanted: number,
): Promise<{ mutants: SqlMutant[]; refused: number; possible: number }> {
  const all = sqlMutants(project, file);
  const mutants: SqlMutant[] = [];
  let refused = 0;
  for (const mutant of drawOrder(all, new Random(`${plan.seed}/${file}`))) {
    if (mutants.length >= wanted) break;
    if (await isValid(mutant)) mutants.push(mutant);
    else refused += 1;
  }
  return { mutants, refused, possible: all.length };
}
