import { join } from 'node:path';
import { type Close, MICROS_PER_MINUTE, type Seal } from '@parallax/core';
import { committedAnswers } from '../committed.ts';
import { parquetView } from '../engine/relations.ts';
import { writeParquet, writeState } from '../engine/sql.ts';
import type { CallCount } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import { together } from '../together.ts';
import { populationKeys } from '../window/population.ts';
import { ANSWERS_SCHEMA, answersSql, CALLS_SCHEMA, callCountsSql, callsSql } from './answers.ts';

/** The online data of a minute: the folder `answers` when there are any that may stand, the view `prlx_answers`, and with it the manifest's digest. */
export interface JoinedOnline {
  readonly manifest: string;
  readonly answered: boolean;
  readonly calls: readonly CallCount[];
}

/**
 * Ends the captures, writes the close and with it the manifest, parses the captured answers, and keeps the newest of each customer.
 */
export async function joinOnline(attempt: Attempt, seal: Seal): Promise<JoinedOnline> {
  const { pipeline, session, minute, folder } = attempt;
  const { project } = pipeline;
  const { close, manifest } = await closeMinute(attempt, seal);
  const captures = await pipeline.source.captures(minute, close);
  const before = committedAnswers(pipeline, minute - MICROS_PER_MINUTE, minute);
  const answered = captures.length > 0 || before.length > 0;
  await parquetView(session, 'prlx_answers_before', ANSWERS_SCHEMA, before);
  const asked = join(folder, 'calls');
  const answers = join(folder, 'answers');
  if (captures.length > 0) await session.command(writeParquet(asked, callsSql(project, minute, captures, pipeline.buckets)));
  await parquetView(session, 'prlx_calls', CALLS_SCHEMA, captures.length > 0 ? [asked] : []);
  const relations = { calls: 'prlx_calls', before: 'prlx_answers_before' };
  const writing: Promise<unknown> = answered
    ? session.command(writeState(answers, answersSql(project, minute, relations, pipeline.buckets)))
    : Promise.resolve();
  const [calls] = await together(captures.length === 0 ? Promise.resolve([]) : session.collect(callCountsSql('prlx_calls')), writing);
  await parquetView(session, 'prlx_answers', ANSWERS_SCHEMA, answered ? [answers] : []);
  return {
    manifest,
    answered,
    calls: calls.map((row) => ({
      source: String(row.source),
      calls: Number(row.calls),
      valid: Number(row.valid),
      unasked: Number(row.unasked),
    })),
  };
}

async function closeMinute(attempt: Attempt, seal: Seal): Promise<{ close: Close; manifest: string }> {
  const { pipeline, engine, minute } = attempt;
  const { project } = pipeline;
  const before = pipeline.ledger.closeOf(minute);
  const manifest = pipeline.ledger.manifest(minute);
  if (before !== null && manifest !== null) return { close: before, manifest };
  const close = await pipeline.source.capture(minute, seal, () => populationKeys(engine, project, false));
  return { close, manifest: pipeline.ledger.writeClose(minute, seal, close) };
}
