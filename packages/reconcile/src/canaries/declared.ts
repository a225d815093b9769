import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MICROS_PER_MINUTE, type Micros, ParallaxError, type Project, parseSecond } from '@parallax/core';
import { batchViewColumns, onlineViewColumns, streamViewColumns } from '@parallax/core/view-columns.ts';

export const CANARIES_FILE = 'canaries.ts';

/** What a canary's answers may depend on. */
export interface CanaryAt {
  readonly minute: Micros;
  /** The minutes of which each window holds the canary's events, ascending; `last_hour` has at least one. */
  readonly windows: { readonly hour_to_date: readonly Micros[]; readonly last_hour: readonly Micros[] };
  /** By online source: minutes since the answer that counts; null: there is none. */
  readonly online_age: Readonly<Record<string, number | null>>;
}

type Texts = Readonly<Record<string, string | null>>;

/** Values as canonical lines have them, decimals with their places; a column that is not named is not checked. */
export interface CanaryAnswers {
  readonly stream?: Texts;
  readonly batch?: Texts;
  readonly online?: Texts;
  readonly result?: Texts;
  /** The actions decided in the minute. */
  readonly actions?: readonly string[];
}

/** Customers whose answers are known in closed form (design, section 5: common mode), as a project's `canaries.ts` says them. */
export interface Canaries {
  readonly customers: readonly string[];
  /** The first minute of their events. */
  readonly since: Micros;
  /** Throws what the project's function throws. */
  readonly expected: (customer: string, at: CanaryAt) => CanaryAnswers;
}

/** Why a project's canaries are not checked. */
export interface NoCanaries {
  readonly off: string | null;
}

/**
 * Loads a project's `canaries.ts`. Without the file, or when `from` names an environment variable that is not set, there are none: `off` says why.
 * Throws PRLX_CANARIES (exit code 2) when the file cannot be used.
 */
export async function loadCanaries(project: Project, env: Readonly<Record<string, string | undefined>>): Promise<Canaries | NoCanaries> {
  const file = join(project.directory, CANARIES_FILE);
  if (!existsSync(file)) return { off: null };
  const refuse = (message: string, field?: string, cause?: unknown) =>
    new ParallaxError('PRLX_CANARIES', message, {
      exitCode: 2,
      place: { file, ...(field === undefined ? {} : { field }) },
      advice: 'It exports from, customers and expected(customer, at): docs/contract.md.',
      ...(cause === undefined ? {} : { cause }),
    });
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw refuse(`cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, undefined, cause);
  }
  const { from, customers, expected } = module;
  if (typeof from !== 'string') throw refuse('is no text: a time (YYYY-MM-DDTHH:MM:SSZ) or env:NAME', 'from');
  if (!Array.isArray(customers) || customers.length === 0 || customers.some((key) => typeof key !== 'string'))
    throw refuse('is no list of keys as text', 'customers');
  if (typeof expected !== 'function') throw refuse('is no function', 'expected');
  const name = from.startsWith('env:') ? from.slice('env:'.length) : null;
  const text = name === null ? from : env[name];
  if (text === undefined || text === '') return { off: `the environment variable ${name} is not set` };
  const since = parseSecond(text);
  if (since === null) throw refuse(`${name ?? 'from'} is no time such as 2026-01-05T10:00:00Z: ${text}`, 'from');
  const canaries = {
    customers: customers as readonly string[],
    since: since - (since % MICROS_PER_MINUTE),
    expected: expected as Canaries['expected'],
  };
  requireKnownColumns(project, canaries, refuse);
  return canaries;
}

/** The project's `canaries.ts` does not say what a canary must be. */
export class CanaryFault extends Error {}

/**
 * What the project's function says of a canary. Throws CanaryFault with what it throws, or when it says nothing.
 *
 * @param named what a message adds to tell of whom it is
 */
export function expectedOf(canaries: Canaries, customer: string, at: CanaryAt, named = ''): CanaryAnswers {
  let answers: unknown;
  try {
    answers = canaries.expected(customer, at);
  } catch (cause) {
    throw new CanaryFault(`expected() throws${named}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (typeof answers !== 'object' || answers === null) throw new CanaryFault(`expected() returns no object${named}: ${String(answers)}`);
  const { actions } = answers as CanaryAnswers;
  if (actions !== undefined && !Array.isArray(actions)) throw new CanaryFault(`expected() returns actions that are no list${named}`);
  return answers;
}

/** Asks for one minute's answers: a column that no view has is a mistake of the file. */
function requireKnownColumns(
  project: Project,
  canaries: Canaries,
  refuse: (message: string, field?: string, cause?: unknown) => ParallaxError,
): void {
  const at: CanaryAt = {
    minute: 0n,
    windows: { hour_to_date: [0n], last_hour: [0n] },
    online_age: Object.fromEntries(project.online.map(({ name }) => [name, 0])),
  };
  const views = { stream: streamViewColumns(project), batch: batchViewColumns(project), online: onlineViewColumns(project) };
  for (const customer of canaries.customers) {
    let answers: CanaryAnswers;
    try {
      answers = expectedOf(canaries, customer, at, ` for ${customer}`);
    } catch (cause) {
      if (!(cause instanceof CanaryFault)) throw cause;
      throw refuse(cause.message, undefined, cause);
    }
    for (const view of ['stream', 'batch', 'online'] as const) {
      const known = new Set(views[view].map(({ name }) => name));
      const unknown = Object.keys(answers[view] ?? {}).find((name) => !known.has(name));
      if (unknown !== undefined) throw refuse(`the view ${view} has no column ${unknown}`);
    }
  }
}
