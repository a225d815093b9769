import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ParallaxError, type Project } from '@parallax/core';
import { StatePaths } from '@parallax/pipeline';
import { openProject } from './checked-project.ts';
import { deploymentOf } from './deployment.ts';

/** Where a run has left its state, and what its project's deployment says of its broker. */
export interface RunPlace {
  /** Null where only the state was named. */
  readonly project: Project | null;
  readonly state: string;
  readonly kafka: string | undefined;
  readonly actionsTopic: string | undefined;
}

export interface RunPlaceFlags {
  readonly project: string;
  readonly state?: string;
  readonly kafka?: string;
  readonly actionsTopic?: string;
}

/**
 * The place of a run that has begun: as its project's deployment says, or, with --state and no project, as the flags and the environment say.
 * Throws PRLX_USAGE (exit code 2) when no run has left its state there.
 */
export async function runPlace(flags: RunPlaceFlags): Promise<RunPlace> {
  const place = await placeOf(flags);
  requireRun(place.state);
  return place;
}

/** The ledger's file of a run that has begun. Throws PRLX_USAGE (exit code 2) when no run has left its state in the folder. */
export function requireRun(state: string): string {
  const { ledger } = new StatePaths(state);
  if (existsSync(ledger)) return ledger;
  throw new ParallaxError('PRLX_USAGE', `no run has left its state in ${state}`, {
    exitCode: 2,
    advice: 'Give the --state folder of the run.',
  });
}

async function placeOf(flags: RunPlaceFlags): Promise<RunPlace> {
  if (flags.state !== undefined && !existsSync(resolve(flags.project, 'parallax.yaml'))) {
    const { PARALLAX_KAFKA, PARALLAX_ACTIONS_TOPIC } = process.env;
    return {
      project: null,
      state: resolve(flags.state),
      kafka: flags.kafka ?? PARALLAX_KAFKA,
      actionsTopic: flags.actionsTopic ?? PARALLAX_ACTIONS_TOPIC,
    };
  }
  const project = await openProject(resolve(flags.project), { sources: false });
  return { project, ...(await deploymentOf(project, flags, process.env)) };
}
