import { join } from 'node:path';
import { formatSecond, MICROS_PER_MINUTE, type Micros, type Seal } from '@parallax/core';
import { decideActions } from './act/decide.ts';
import { openAttempt } from './attempt-folder.ts';
import { countEntrants, joinBatch, openBatch } from './batch/join.ts';
import { activeVersion } from './batch/layer.ts';
import { sameVersion } from './batch/version.ts';
import { outcomeText } from './committed.ts';
import { amendDraft, type Scored } from './draft/amend.ts';
import type { Draft } from './draft/draft.ts';
import type { Engine } from './engine/engine.ts';
import { type ClaimedMessages, claimMessages, countMessages } from './ingest/accept.ts';
import type { BatchView } from './ledger/ledger.ts';
import { resultLines } from './lines/lines.ts';
import { joinOnline } from './online/join.ts';
import { type MinuteOutcome, PhaseClock, writeOutcomeLines } from './outcome.ts';
import type { Attempt, Pipeline } from './pipeline.ts';
import { countPopulation, unpackMembers } from './score/members.ts';
import { ResultCheck } from './score/result-check.ts';
import { scorePopulation } from './score/score.ts';
import { together } from './together.ts';
import { gatherPanes } from './window/panes.ts';
import { refuseLargeBase } from './window/population.ts';
import { mergeWindows } from './window/windows.ts';

/**
 * One minute, in the order of the design's section 3: seal, read and accept, window, batch rows, online, close, population,
 * score, act, commit. Everything before the commit can be repeated: a crash leaves nothing visible, and
 * the same manifest gives the same bytes.
 *
 * @returns what the committed minute was. Throws the engine's errors; the caller repeats the attempt when they are retryable.
 */
export async function runIteration(pipeline: Pipeline, engine: Engine, minute: Micros, attemptNumber: number): Promise<MinuteOutcome> {
  const { ledger } = pipeline;
  const phases = new PhaseClock(pipeline.now);
  const folder = await openAttempt(pipeline, minute, attemptNumber);
  const attempt: Attempt = { pipeline, engine, session: engine.session, minute, folder };

  const seal = await phases.time('seal', () => sealMinute(pipeline, minute));
  const view = await phases.time('batch', () => openBatch(attempt, seal.batch));
  const claimed = await phases.time('accept', () => claimMessages(attempt, seal));
  pipeline.ahead?.claimed(pipeline, engine, minute);
  const counting = countMessages(attempt);
  const draft = usableDraft(pipeline, minute, seal, claimed);
  const score = async (): Promise<Scored> => {
    const panes = await gatherPanes(attempt, claimed);
    if (draft !== null) return amendDraft(attempt, phases, draft, seal, view, panes.slice(draft.slices));
    return scoreWhole(attempt, phases, seal, view, (await counting).accepted, panes);
  };
  const [scored, events] = await together(score(), counting);
  const deciding = phases.time('act', scored.decide);
  // Neither the lines of the results nor the files of all wait for what is decided on them.
  const writing = phases.time('lines', () => writeOutcomeLines(attempt, events.counts, scored, deciding));
  const [decisions, { digest, satisfaction }, { population, entrants }] = await together(deciding, writing, scored.finish(writing));
  const { batch, online } = scored;
  const phasesMs = phases.milliseconds();
  for (const span of pipeline.ahead?.reading(minute) ?? []) phases.add('read ahead', span);
  phases.add('draft', pipeline.ahead?.scoring(minute) ?? null);
  phases.add('next', pipeline.ahead?.readingAfter(minute) ?? null);

  const committed: MinuteOutcome = {
    minute,
    folder,
    manifest: online.manifest,
    missed: seal.missed,
    incomplete: seal.streams.flatMap((s) => (s.kind === 'topic' && s.lost.length > 0 ? [s.stream] : [])),
    batch: seal.batch,
    counts: events.counts,
    drift: events.drift,
    online: online.calls,
    population: population.customers,
    outsideBase: population.outsideBase,
    decided: decisions.map(({ action, customer, reason }) => ({ action, customer, reason })),
    answered: online.answered,
    answeredMore: online.answeredMore,
    beside: batch.beside,
    amended: draft !== null,
    entrants,
    turn: scored.turn,
    digest,
    satisfaction,
    phasesMs,
    phaseSpans: phases.spans,
  };
  ledger.commit({ minute, folder, manifest: online.manifest, digest, report: outcomeText(committed) }, decisions);
  return committed;
}

/** The draft of the minute, if all that it has belongs to the minute as it was sealed. */
function usableDraft({ ahead }: Pipeline, minute: Micros, seal: Seal, { settled }: ClaimedMessages): Draft | null {
  const draft = ahead?.draft(minute) ?? null;
  const isOfSeal = draft !== null && draft.slices <= settled.length && sameVersion(draft.batch, seal.batch);
  return isOfSeal ? draft : null;
}

/** Merges, joins and scores every customer of the minute. */
async function scoreWhole(
  attempt: Attempt,
  phases: PhaseClock,
  seal: Seal,
  view: BatchView | null,
  accepted: number,
  panes: readonly string[],
): Promise<Scored> {
  const { pipeline, engine, minute } = attempt;
  const turn = await phases.time('window', () => mergeWindows(attempt, panes));
  const batch = await phases.time('batch', () => joinBatch(attempt, view));
  refuseLargeBase(pipeline.project, batch);
  const [online, entrants] = await phases.time('online', () =>
    together(joinOnline(attempt, seal), countEntrants(attempt, batch, [join(attempt.folder, 'beside')])),
  );
  await phases.time('population', () => engine.compiled(accepted, () => unpackMembers(attempt, batch, 'members')));
  const population = await phases.time('population', () => countPopulation(attempt));
  await phases.time('score', () => engine.compiled(population.customers, () => scorePopulation(attempt, seal.batch?.day ?? null)));
  const check = new ResultCheck();
  return {
    turn,
    batch,
    online,
    decide: () => engine.compiled(accepted, () => decideActions(attempt)),
    lines: resultLines(engine, pipeline.project, minute, check),
    check,
    finish: async () => ({ population, entrants }),
  };
}

/** Fixes what belongs to the minute, once; a minute that was sealed before keeps its seal. */
async function sealMinute(pipeline: Pipeline, minute: Micros): Promise<Seal> {
  const { ledger, project } = pipeline;
  const before = ledger.seal(minute);
  if (before !== null) return before;
  const { missed, streams } = await pipeline.source.seal(minute);
  const instant = minute + MICROS_PER_MINUTE + project.graceUs;
  const seal: Seal = {
    format: 1,
    project: project.name,
    projectHash: project.hash,
    minute: formatSecond(minute),
    missed,
    streams,
    batch: activeVersion(ledger, project, instant),
  };
  ledger.writeSeal(minute, seal, pipeline.now());
  return seal;
}
