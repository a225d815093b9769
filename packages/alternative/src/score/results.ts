import { join } from 'node:path';
import { formatSecond, type Micros, ParallaxError } from '@parallax/core';
import type { Project } from '../names.ts';
import { type Decimal, unscaledAt } from '../parse/decimal.ts';
import type { Customer } from './customer-view.ts';
import { LOGIC_FILE, type Logic, type Result, type WantedAction } from './logic.ts';
import { kindOf, type ValueKind } from './values.ts';

const SATISFACTION_PLACES = 2;
const SATISFACTION_MAX = 10_000n;

/** One customer's score of a minute: the satisfaction as DECIMAL(5,2), and the result with it. */
export interface Scored {
  readonly satisfaction: Decimal | null;
  readonly result: Result;
  readonly actions: readonly WantedAction[];
}

/**
 * Calls the user's functions and holds their answers to the contract: a column has one kind in every row, decimals with one number of places, and
 * every row has the same columns in the same order. Each fault ends the minute with PRLX_ALTERNATIVE, naming customer and column.
 */
export class Scorer {
  readonly #logic: Logic;
  readonly #file: string;
  readonly #approximate: ReadonlySet<string>;
  #columns: readonly string[] | null = null;
  readonly #kinds = new Map<string, ValueKind>();

  constructor(project: Project, logic: Logic) {
    this.#logic = logic;
    this.#file = join(project.directory, LOGIC_FILE);
    this.#approximate = new Set(project.approximate.map(({ column }) => column));
  }

  /** The result's columns without the satisfaction, in the order of the outputs; empty before the first customer. */
  get columns(): readonly string[] {
    return this.#columns ?? [];
  }

  score(customer: Customer, minute: Micros): Scored {
    const refuse = (message: string, cause?: unknown) =>
      new ParallaxError('PRLX_ALTERNATIVE', `customer ${customer.customer_id} in ${formatSecond(minute)}: ${message}`, {
        exitCode: 2,
        place: { file: this.#file },
        ...(cause === undefined ? {} : { cause }),
      });
    const returned = called(() => this.#logic.satisfaction(customer), 'satisfaction(c)', refuse);
    if (returned === null || typeof returned !== 'object') throw refuse('satisfaction(c) returned no object');
    this.#checkColumns(returned, refuse);
    const satisfaction = satisfactionOf(returned.satisfaction, refuse);
    // actions(c, result) sees what the view `satisfaction` shows: DECIMAL(5,2).
    const result = returned.satisfaction === satisfaction ? returned : { ...returned, satisfaction };
    const actions = called(() => this.#logic.actions(customer, result), 'actions(c, result)', refuse);
    if (!Array.isArray(actions)) throw refuse('actions(c, result) returned no list');
    for (const wanted of actions as readonly unknown[]) checkAction(wanted, refuse);
    return { satisfaction, result, actions };
  }

  #checkColumns(result: Result, refuse: Refuse): void {
    const names = Object.keys(result).filter((name) => name !== 'satisfaction');
    this.#columns ??= names;
    if (names.length !== this.#columns.length || names.some((name, i) => name !== this.#columns?.[i]))
      throw refuse(`satisfaction(c) returned the columns ${names.join(', ') || '(none)'}; before: ${this.#columns.join(', ') || '(none)'}`);
    for (const name of names) {
      const kind = kindOf(result[name], this.#approximate.has(name));
      if (typeof kind === 'object') throw refuse(`the column ${name} ${kind.fault}`);
      if (kind === 'null') continue;
      const before = this.#kinds.get(name);
      if (before === undefined) this.#kinds.set(name, kind);
      else if (before !== kind) throw refuse(`the column ${name} is ${kind}, before: ${before}`);
    }
  }
}

type Refuse = (message: string, cause?: unknown) => ParallaxError;

function called<T>(call: () => T, name: string, refuse: Refuse): T {
  try {
    return call();
  } catch (cause) {
    throw refuse(`${name} failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/** As DECIMAL(5,2), 0 to 100; another number of places is rounded, half away from zero. */
function satisfactionOf(value: unknown, refuse: Refuse): Decimal | null {
  const kind = kindOf(value, false);
  if (kind === 'null') return null;
  let exact: Decimal;
  if (kind === 'integer') exact = { unscaled: BigInt(value as bigint | number), places: 0 };
  else if (typeof kind === 'string' && kind.startsWith('decimal')) exact = value as Decimal;
  else throw refuse(`satisfaction ${typeof kind === 'object' ? kind.fault : `is ${kind}, not a number`}`);
  const unscaled = unscaledAt(exact, SATISFACTION_PLACES);
  if (unscaled < 0n || unscaled > SATISFACTION_MAX) throw refuse(`satisfaction is ${unscaled} hundredths: it is 0 to 100, or null`);
  return exact.places === SATISFACTION_PLACES ? exact : { unscaled, places: SATISFACTION_PLACES };
}

function checkAction(wanted: unknown, refuse: Refuse): void {
  const { action, reason } = (wanted ?? {}) as { readonly action?: unknown; readonly reason?: unknown };
  if (typeof action !== 'string' || !action.isWellFormed()) throw refuse('actions(c, result) returned an action whose name is no text');
  if (reason !== null && (typeof reason !== 'string' || !reason.isWellFormed()))
    throw refuse(`actions(c, result) returned ${action} with a reason that is neither a text nor null`);
}
