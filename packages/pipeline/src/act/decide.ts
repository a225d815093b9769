import {
  type ActionRule,
  formatSecond,
  MICROS_PER_MINUTE,
  type Micros,
  ParallaxError,
  type Project,
  quoteIdentifier,
  sha256Hex,
} from '@parallax/core';
import type { RelationDefinition } from '@parallax/spark-connect';
import type { Engine } from '../engine/engine.ts';
import type { GatedDecision } from '../ledger/ledger.ts';
import { DECISIONS_MAX } from '../limits.ts';
import type { Attempt } from '../pipeline.ts';
import { prepareUserSql } from '../score/user-sql.ts';

/** Columns of what `actions.sql` asks for, a row a customer and action: of several reasons the least. */
export const WANTED_SCHEMA = 'customer STRING, action STRING, reason STRING';

/** A query of `WANTED_SCHEMA`, with the relations that it alone names. */
export interface WantedActions {
  readonly sql: string;
  readonly relations?: Readonly<Record<string, RelationDefinition>>;
}

/** The query of `actions.sql` over the views that the session has, as `WANTED_SCHEMA`. */
export async function wantedActionsSql(engine: Engine, project: Project): Promise<string> {
  await engine.ensure('act', project.hash, () =>
    engine.session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_actions AS\n${prepareUserSql(project.actionsSql)}`),
  );
  return `SELECT CAST(${quoteIdentifier(project.key.name)} AS STRING) AS customer, CAST(action AS STRING) AS action, min(CAST(reason AS STRING)) AS reason FROM prlx_actions GROUP BY 1, 2`;
}

/**
 * Runs the user's `actions.sql` and decides: an action is decided when its last decision for the customer is at least its
 * `cool_down` old, a pure function of the manifests (contract, section 8). The same (customer, action) twice: the least reason.
 *
 * @returns this minute's decisions by customer (UTF-8 bytes), then action. The ledger's commit makes them last.
 */
export async function decideActions(attempt: Attempt, { sql, relations = {} }: WantedActions): Promise<GatedDecision[]> {
  const { pipeline, session, minute } = attempt;
  const { project, ledger } = pipeline;
  const decisions: GatedDecision[] = [];
  const sealed = ledger.sealedAt(minute) ?? minute + MICROS_PER_MINUTE;
  // One partition sorted in place: a global ORDER BY would run the query twice to find its ranges.
  const sorted = `SELECT /*+ COALESCE(1) */ * FROM (${sql}) SORT BY customer, action`;
  for await (const row of session.query(sorted, { relations })) {
    if (row.customer === null || row.action === null) {
      throw new ParallaxError('PRLX_ACTIONS', 'actions.sql returned a row without customer or action', {
        exitCode: 2,
        advice: 'Leave such rows out with WHERE.',
      });
    }
    const customer = String(row.customer);
    const action = String(row.action);
    const last = ledger.lastDecision(customer, action);
    if (last !== null && last < minute && minute - last < ruleOf(project, action).coolDownUs) continue;
    if (decisions.length >= DECISIONS_MAX) {
      throw new ParallaxError('PRLX_ACTIONS', `actions.sql decided more than ${DECISIONS_MAX} actions in one minute`, {
        exitCode: 2,
        advice: 'Narrow its conditions.',
      });
    }
    const reason = row.reason === null || row.reason === undefined ? null : String(row.reason);
    const id = actionId(project.name, customer, action, minute);
    decisions.push({ id, minute, customer, action, reason, ...termsOf(ruleOf(project, action), minute, sealed) });
  }
  return decisions;
}

/** Lower-case hex SHA-256 of `project\nkey\naction\nminute`. */
export function actionId(project: string, customer: string, action: string, minute: Micros): string {
  return sha256Hex(`${project}\n${customer}\n${action}\n${formatSecond(minute)}`);
}

/** How long an action waits and stays valid: `wait` runs from the instant at which its minute was sealed, `valid_for` from the minute's end. */
export function termsOf(rule: ActionRule, minute: Micros, sealed: Micros): Pick<GatedDecision, 'waitUntil' | 'validUntil' | 'otherwise'> {
  return {
    waitUntil: sealed + rule.waitUs,
    validUntil: minute + MICROS_PER_MINUTE + rule.validForUs,
    otherwise: rule.then,
  };
}

function ruleOf(project: Project, action: string): ActionRule {
  return project.actions.get(action) ?? project.defaultAction;
}
