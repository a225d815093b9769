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
  #columns: readonly Column[] | null = null;
  #names: readonly string[] = [];

  constructor(project: Project, logic: Logic) {
    this.#logic = logic;
    this.#file = join(project.directory, LOGIC_FILE);
    this.#approximate = new Set(project.approximate.map(({ column }) => column));
  }

  /** The result's columns without the satisfaction, in the order of the outputs; empty before the first customer. */
  get columns(): readonly string[] {
    if (this.#columns !== null && this.#names.length !== this.#columns.length) this.#names = this.#columns.map(({ name }) => name);
    return this.#names;
  }

  score(customer: Customer, minute: Micros): Scored {
    try {
      return this.#score(customer);
    } catch (fault) {
      if (!(fault instanceof ScoreFault)) throw fault;
      const { message, cause } = fault;
      throw new ParallaxError('PRLX_ALTERNATIVE', `customer ${customer.customer_id} in ${formatSecond(minute)}: ${message}`, {
        exitCode: 2,
        place: { file: this.#file },
        ...(cause === undefined ? {} : { cause }),
      });
    }
  }

  #score(customer: Customer): Scored {
    const returned = called(() => this.#logic.satisfaction(customer), 'satisfaction(c)');
    if (returned === null || typeof returned !== 'object') throw new ScoreFault('satisfaction(c) returned no object');
    this.#checkColumns(returned);
    const satisfaction = satisfactionOf(returned.satisfaction);
    // actions(c, result) sees what the view `satisfaction` shows: DECIMAL(5,2).
    const result = returned.satisfaction === satisfaction ? returned : { ...returned, satisfaction };
    const actions = called(() => this.#logic.actions(customer, result), 'actions(c, result)');
    if (!Array.isArray(actions)) throw new ScoreFault('actions(c, result) returned no list');
    for (const wanted of actions as readonly unknown[]) checkAction(wanted);
    return { satisfaction, result, actions };
  }

  #checkColumns(result: Result): void {
    this.#columns ??= namesOf(result).map((name) => ({ name, kind: null }));
    const columns = this.#columns;
    let found = 0;
    for (const name of Object.keys(result)) {
      if (name === 'satisfaction') continue;
      const column = columns[found++];
      if (column?.name !== name) throw otherColumns(result, columns);
      const kind = kindOf(result[name], this.#approximate.has(name));
      if (typeof kind === 'object') throw new ScoreFault(`the column ${name} ${kind.fault}`);
      if (kind === 'null') continue;
      column.kind ??= kind;
      if (column.kind !== kind) throw new ScoreFault(`the column ${name} is ${kind}, before: ${column.kind}`);
    }
    if (found !== columns.length) throw otherColumns(result, columns);
  }
}

/** What a user's function has done wrong, without the customer and the minute. */
class ScoreFault extends Error {}

/** A column of the results, and its kind as soon as a row has a value of it. */
interface Column {
  readonly name: string;
  kind: ValueKind | null;
}

function namesOf(result: Result): readonly string[] {
  return Object.keys(result).filter((name) => name !== 'satisfaction');
}

function otherColumns(result: Result, before: readonly Column[]): ScoreFault {
  const list = (names: readonly string[]) => names.join(', ') || '(none)';
  return new ScoreFault(`satisfaction(c) returned the columns ${list(namesOf(result))}; before: ${list(before.map(({ name }) => name))}`);
}

function called<T>(call: () => T, name: string): T {
  try {
    return call();
  } catch (cause) {
    throw new ScoreFault(`${name} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** As DECIMAL(5,2), 0 to 100; another number of places is rounded, half away from zero. */
function satisfactionOf(value: unknown): Decimal | null {
  const kind = kindOf(value, false);
  if (kind === 'null') return null;
  let exact: Decimal;
  if (kind === 'integer') exact = { unscaled: BigInt(value as bigint | number), places: 0 };
  else if (typeof kind === 'string' && kind.startsWith('decimal')) exact = value as Decimal;
  else throw new ScoreFault(`satisfaction ${typeof kind === 'object' ? kind.fault : `is ${kind}, not a number`}`);
  const unscaled = unscaledAt(exact, SATISFACTION_PLACES);
  if (unscaled < 0n || unscaled > SATISFACTION_MAX) throw new ScoreFault(`satisfaction is ${unscaled} hundredths: it is 0 to 100, or null`);
  return exact.places === SATISFACTION_PLACES ? exact : { unscaled, places: SATISFACTION_PLACES };
}

function checkAction(wanted: unknown): void {
  const { action, reason } = (wanted ?? {}) as { readonly action?: unknown; readonly reason?: unknown };
  if (typeof action !== 'string' || !action.isWellFormed())
    throw new ScoreFault('actions(c, result) returned an action whose name is no text');
  if (reason !== null && (typeof reason !== 'string' || !reason.isWellFormed()))
    throw new ScoreFault(`actions(c, result) returned ${action} with a reason that is neither a text nor null`);
}
