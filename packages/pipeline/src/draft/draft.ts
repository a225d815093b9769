import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BatchVersion, formatSecond, MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import { beyondCoolDown, type WantedAction, wantedActions } from '../act/decide.ts';
import { joinBatch, openBatch } from '../batch/join.ts';
import { activeVersion } from '../batch/layer.ts';
import { sameVersion } from '../batch/version.ts';
import { committedAnswers, parseOutcome } from '../committed.ts';
import type { Engine } from '../engine/engine.ts';
import type { KeyBatches } from '../engine/key-batches.ts';
import type { SettledSlice } from '../ingest/slices.ts';
import { resultLines } from '../lines/lines.ts';
import { writeLines } from '../lines/write-lines.ts';
import type { CountedCapture, DraftedCalls } from '../online/answers.ts';
import { writeAnswers } from '../online/join.ts';
import type { Attempt, Pipeline, Span } from '../pipeline.ts';
import { unpackMembers } from '../score/members.ts';
import { ResultCheck } from '../score/result-check.ts';
import { scorePopulation } from '../score/score.ts';
import { offeredPlans } from '../score/used-columns.ts';
import { offeredViews } from '../score/wanted-columns.ts';
import { populationKeys } from '../window/population.ts';
import { mergeWindows } from '../window/windows.ts';
import { type Counts, countCustomers } from './counts.ts';
import { isKeyLocal } from './key-local.ts';

/**
 * A minute as it would be if it ended now: windows, batch rows, answers, results and wished-for actions of every customer, from the slices that are settled.
 * After the seal only the customers whom the rest touches are done again (`amendDraft`). It is made only where the project's SQL judges each customer
 * by its own rows; the amended minute is then, byte for byte, the one that would be made whole.
 *
 * Its folder has `windows`, `beside`, `calls`, `answers`, `members`, `results` and `results.ndjson`.
 */
export interface Draft {
  readonly folder: string;
  /** How many of the minute's slices, the first ones, it has. */
  readonly slices: number;
  /** The batch version that it was made with. */
  readonly batch: BatchVersion | null;
  readonly online: DraftedCalls;
  /** What `actions.sql` asks for beyond its cool-down, by customer (UTF-8 bytes), then action. */
  readonly wanted: readonly WantedAction[];
  /** What has seen its result lines. */
  readonly check: ResultCheck;
  readonly counts: Counts;
  /** When they were looked up, asked for and scored: their windows were merged by then. */
  readonly scored: Span;
}

/** The ledger's note of the windows that were merged last before their minute's end: whoever verifies them may look at them already. */
const MERGED_AHEAD = 'merged ahead';

/** What a draft takes of the minute's calls: tops them up for the population so far. Null when they are not all done: then there is no draft. */
export type AnswersSoFar = (population: () => KeyBatches) => Promise<readonly CountedCapture[] | null>;

/**
 * Writes the draft of `minute` into `folder`. Null when there can be none: the SQL looks at several customers at once, the day's batch view is not made yet,
 * or calls are still open.
 */
export async function writeDraft(
  pipeline: Pipeline,
  engine: Engine,
  minute: Micros,
  slices: readonly SettledSlice[],
  answersSoFar: AnswersSoFar,
  folder: string,
): Promise<Draft | null> {
  const { project, ledger } = pipeline;
  const { session } = engine;
  const batch = activeVersion(ledger, project, minute + MICROS_PER_MINUTE + project.graceUs);
  if (slices.length === 0 || !isMade(pipeline, batch) || !(await judgesEachAlone(pipeline, engine))) return null;
  await rm(folder, { recursive: true, force: true });
  const attempt: Attempt = { pipeline, engine, session, minute, folder };
  await mergeWindows(
    attempt,
    slices.map(({ panes }) => panes),
  );
  ledger.setMeta(MERGED_AHEAD, JSON.stringify({ minute: formatSecond(minute), folder }));
  const from = pipeline.now();
  const joined = await joinBatch(attempt, await openBatch(attempt, batch));
  const captures = await answersSoFar(() => populationKeys(engine, project));
  if (captures === null) return null;
  const [calls, answered] = await writeAnswers(attempt, captures, committedAnswers(pipeline, minute - MICROS_PER_MINUTE, minute));
  const newest = ledger.newest();
  const customers = newest === null ? 0 : parseOutcome(newest.report).population;
  const wanted = await engine.compiled(customers, async () => {
    await unpackMembers(attempt, joined, 'members');
    await scorePopulation(attempt, batch?.day ?? null);
    return beyondCoolDown(pipeline, minute, wantedActions(engine, project));
  });
  const check = new ResultCheck();
  await writeLines(join(folder, 'results.ndjson'), resultLines(engine, project, minute, check));
  check.summary();
  const counts = await countCustomers(attempt, { members: 'members', beside: joined.beside === null ? null : 'beside' });
  return {
    folder,
    slices: slices.length,
    batch,
    online: { calls, answered },
    wanted,
    check,
    counts,
    scored: { from, to: pipeline.now() },
  };
}

/** A day that is made only when a minute needs it would hold up the seal. */
function isMade({ ledger }: Pipeline, batch: BatchVersion | null): boolean {
  return batch === null || ledger.days().some((day) => sameVersion(day, batch) && day.view !== null);
}

async function judgesEachAlone({ project, paths }: Pipeline, engine: Engine): Promise<boolean> {
  if (project.population === 'base') return false;
  return engine.keyLocal(project.hash, async () => {
    const plans = await offeredPlans(engine, project, offeredViews(project), paths.nothing);
    return plans.every((plan) => isKeyLocal(plan, project.key.name));
  });
}
