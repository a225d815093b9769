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
import type { Engine } from '../engine/engine.ts';
import type { GatedDecision, Ledger } from '../ledger/ledger.ts';
import { DECISIONS_MAX } from '../limits.ts';
import type { Attempt, Pipeline } from '../pipeline.ts';
import { prepareUserSql } from '../score/user-sql.ts';

/** What `actions.sql` asks for: of one customer and action the least of several reasons. */
export interface WantedAction {
  readonly customer: string;
  readonly action: string;
  readonly reason: string | null;
}

/**
 * Runs the user's `actions.sql` over the views that the session has, by customer (UTF-8 bytes), then action.
 * Throws PRLX_ACTIONS for a row without customer or action.
 */
export async function* wantedActions(engine: Engine, project: Project): AsyncIterable<WantedAction> {
  const { session } = engine;
  await engine.ensure('act', project.hash, () =>
    session.command(`CREATE OR REPLACE TEMPORARY VIEW prlx_actions AS\n${prepareUserSql(project.actionsSql)}`),
  );
  const wanted = `SELECT CAST(${quoteIdentifier(project.key.name)} AS STRING) AS customer, CAST(action AS STRING) AS action, min(CAST(reason AS STRING)) AS reason FROM prlx_actions GROUP BY 1, 2`;
  // One partition sorted in place: a global ORDER BY would run the query twice to find its ranges.
  for await (const { customer, action, reason } of session.query(`SELECT /*+ COALESCE(1) */ * FROM (${wanted}) SORT BY customer, action`)) {
    if (customer === null || action === null) {
      throw new ParallaxError('PRLX_ACTIONS', 'actions.sql returned a row without customer or action', {
        exitCode: 2,
        advice: 'Leave such rows out with WHERE.',
      });
    }
    yield { customer: String(customer), action: String(action), reason: reason === null || reason === undefined ? null : String(reason) };
  }
}

/**
 * Those of `wanted` that are decided in `minute`: whose last decision for the customer is at least the action's `cool_down` old, a pure function of the
 * manifests (contract, section 8). Throws PRLX_ACTIONS when they are more than can be held.
 */
export async function beyondCoolDown(
  { project, ledger }: Pick<Pipeline, 'project' | 'ledger'>,
  minute: Micros,
  wanted: AsyncIterable<WantedAction>,
): Promise<WantedAction[]> {
  const beyond: WantedAction[] = [];
  for await (const each of wanted) {
    if (coolsDown(ledger, project, minute, each)) continue;
    if (beyond.length >= DECISIONS_MAX) {
      throw new ParallaxError('PRLX_ACTIONS', `actions.sql decided more than ${DECISIONS_MAX} actions in one minute`, {
        exitCode: 2,
        advice: 'Narrow its conditions.',
      });
    }
    beyond.push(each);
  }
  return beyond;
}

function coolsDown(ledger: Ledger, project: Project, minute: Micros, { customer, action }: WantedAction): boolean {
  const last = ledger.lastDecision(customer, action);
  return last !== null && last < minute && minute - last < ruleOf(project, action).coolDownUs;
}

/** `wanted` by customer (UTF-8 bytes), then action. */
export function inOrder(wanted: readonly WantedAction[]): readonly WantedAction[] {
  const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  return wanted.toSorted((a, b) => compare(a.customer, b.customer) || compare(a.action, b.action));
}

/** Decides what is wanted of the whole minute: `actions.sql` over the views that the session has. Throws PRLX_ACTIONS. */
export async function decideActions({ pipeline, engine, minute }: Attempt): Promise<GatedDecision[]> {
  return decisionsOf(pipeline, minute, await beyondCoolDown(pipeline, minute, wantedActions(engine, pipeline.project)));
}

/**
 * The decisions on what is wanted beyond its cool-down.
 *
 * @param beyond by customer (UTF-8 bytes), then action, as the decisions are. The ledger's commit makes them last.
 */
export function decisionsOf({ project, ledger }: Pipeline, minute: Micros, beyond: readonly WantedAction[]): GatedDecision[] {
  const sealed = ledger.sealedAt(minute) ?? minute + MICROS_PER_MINUTE;
  return beyond.map(({ customer, action, reason }) => ({
    id: actionId(project.name, customer, action, minute),
    minute,
    customer,
    action,
    reason,
    ...termsOf(ruleOf(project, action), minute, sealed),
  }));
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
