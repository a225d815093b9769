import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ParallaxError } from '@parallax/core';
import type { Project } from '../names.ts';
import type { Customer } from './customer-view.ts';
import type { Value } from './values.ts';

export const LOGIC_FILE = 'alternative.ts';

/** What `satisfaction(c)` returns: the satisfaction and more columns, in the order of the outputs. */
export interface Result {
  readonly satisfaction: Value;
  readonly [column: string]: Value;
}

export interface WantedAction {
  readonly action: string;
  readonly reason: string | null;
}

/** A project's `alternative.ts` (contract, section 10): pure functions of one customer. Their answers are not trusted: see `results.ts`. */
export interface Logic {
  satisfaction(customer: Customer): Result;
  actions(customer: Customer, result: Result): readonly WantedAction[];
}

/** Loads a project's `alternative.ts`. Throws PRLX_ALTERNATIVE (exit code 2) when it has none, or one that cannot be used. */
export async function loadLogic(project: Project): Promise<Logic> {
  const file = join(project.directory, LOGIC_FILE);
  const refuse = (message: string, cause?: unknown) =>
    new ParallaxError('PRLX_ALTERNATIVE', message, {
      exitCode: 2,
      place: { file },
      advice: 'It exports satisfaction(c) and actions(c, result): docs/contract.md, section 10.',
      ...(cause === undefined ? {} : { cause }),
    });
  if (project.alternative === null) throw refuse('the file is missing: the alternative method has no logic of its own to score with');
  let module: Readonly<Record<string, unknown>>;
  try {
    // The hash: a file that was changed is another module.
    module = (await import(/* @vite-ignore */ `${pathToFileURL(file).href}?${project.hash}`)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw refuse(`cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const { satisfaction, actions } = module;
  if (typeof satisfaction !== 'function') throw refuse('exports no function satisfaction');
  if (typeof actions !== 'function') throw refuse('exports no function actions');
  return { satisfaction: satisfaction as Logic['satisfaction'], actions: actions as Logic['actions'] };
}
