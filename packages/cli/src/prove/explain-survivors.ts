import { loadLogic } from '@parallax/alternative/score/logic.ts';
import type { Project } from '@parallax/core';
import type { Engine } from '@parallax/pipeline';
import { compareLogic } from './equivalence/logic-on-rows.ts';
import { type Compared, RulesOnRows } from './equivalence/rules-on-rows.ts';
import { RICH_ROWS } from './limits.ts';
import type { FaultResult, Survival } from './result.ts';

export interface Explainer {
  readonly project: Project;
  /** The rules that faults of the engine run with. */
  readonly probe: Project | null;
  readonly seed: string;
  readonly engine: Engine;
  readonly openEngine: () => Promise<Engine>;
  /** The project with a fault of its `alternative.ts`, by fault. */
  readonly alternatives: ReadonlyMap<string, Project>;
}

/**
 * Says of each fault that was not caught why: equivalent when it says the same of the whole run, byte for byte, and of the second, richer data;
 * not exercised when only that data tells it apart, with a row that does; missed when its outputs differed.
 */
export async function explainSurvivors(explainer: Explainer, results: readonly FaultResult[]): Promise<readonly FaultResult[]> {
  const rows = new RulesOnRows(explainer.engine, explainer.project, RICH_ROWS, explainer.seed);
  const explained: FaultResult[] = [];
  for (const result of results) {
    explained.push(result.caughtBy !== null ? result : { ...result, survival: await survivalOf(explainer, rows, result) });
  }
  return explained;
}

async function survivalOf(explainer: Explainer, rows: RulesOnRows, { fault, effect, changesAction }: FaultResult): Promise<Survival> {
  if (effect !== null) {
    const what = changesAction ? 'an action changed before any verdict said so' : 'no verdict says so';
    return { kind: 'missed', words: `${effect}.ndjson differs from the true run’s, and ${what}` };
  }
  const { put } = fault;
  if (put.side === 'rules') {
    const changed = put.file === 'satisfaction.sql' ? { satisfactionSql: put.sql } : { actionsSql: put.sql };
    return survivalBy(await rows.compare({ ...explainer.project, ...changed }));
  }
  if (put.side === 'alternative') {
    const changed = explainer.alternatives.get(fault.id);
    if (changed === undefined || changed.alternative === explainer.project.alternative)
      return { kind: 'not exercised', telling: null, words: 'no output of the run depends on it' };
    return survivalBy(
      compareLogic(explainer.project, await loadLogic(explainer.project), await loadLogic(changed), RICH_ROWS, explainer.seed),
    );
  }
  if (fault.kind === 'engine' && explainer.probe !== null) {
    const { settings = {} } = await put.inject(NO_TOOLS);
    return survivalBy(await compareUnderSettings(explainer, explainer.probe, settings));
  }
  return { kind: 'not exercised', telling: null, words: 'no output of the run depends on it' };
}

/** A setting needs nothing of the run to be put in. */
const NO_TOOLS = new Proxy({} as never, {
  get(_target, name): never {
    throw new Error(`a setting of the engine asked for ${String(name)}`);
  },
});

function survivalBy(compared: Compared): Survival {
  if (compared.same) return { kind: 'equivalent', rows: compared.rows };
  const words = compared.refused === null ? 'the second data tells it apart' : `the second data makes it fail: ${compared.refused}`;
  return { kind: 'not exercised', telling: compared.telling, words };
}

/** The same rules on the same rows, in sessions with and without the settings. */
async function compareUnderSettings(
  { openEngine, seed }: Explainer,
  project: Project,
  settings: Readonly<Record<string, string>>,
): Promise<Compared> {
  const said: string[] = [];
  for (const conf of [{}, settings]) {
    const engine = await openEngine();
    try {
      await engine.session.setConf(conf);
      said.push(await new RulesOnRows(engine, project, RICH_ROWS, seed).said());
    } finally {
      await engine.session.close();
    }
  }
  return said[0] === said[1] ? { same: true, rows: RICH_ROWS } : { same: false, telling: null, refused: null };
}
