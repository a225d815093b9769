import { join } from 'node:path';
import type { Close, Seal } from '@parallax/core';
import { committedAnswers } from '../committed.ts';
import { parquetView } from '../engine/relations.ts';
import { writeParquet } from '../engine/sql.ts';
import type { CallCount } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import type { Population } from '../window/population.ts';
import { ANSWERS_SCHEMA, answersSql, callCountsSql, oldestAnswer, onlineViewSql } from './answers.ts';

/** The online data of a minute: the folder `answers` when anyone was asked, the view `online`, and with it the manifest's digest. */
export interface JoinedOnline {
  readonly manifest: string;
  readonly answered: boolean;
  readonly calls: readonly CallCount[];
}

/**
 * Ends the captures, writes the close and with it the manifest, parses the captured answers and joins them to the
 * population, each with its age.
 */
export async function joinOnline(attempt: Attempt, seal: Seal, _population: Population): Promise<JoinedOnline> {
  const { pipeline, session, minute, folder } = attempt;
  const { project } = pipeline;
  const { close, manifest } = await closeMinute(attempt, seal);
  const captures = await pipeline.source.captures(minute, close);
  const folders = committedAnswers(pipeline, oldestAnswer(project, minute), minute);
  const answers = join(folder, 'answers');
  const [calls] =
    captures.length === 0
      ? [[]]
      : await Promise.all([
          session.collect(callCountsSql(project, captures)),
          session.command(writeParquet(answers, answersSql(project, minute, captures))),
        ]);
  await parquetView(session, 'prlx_answers', ANSWERS_SCHEMA, captures.length > 0 ? [...folders, answers] : folders);
  await session.command(`CREATE OR REPLACE TEMPORARY VIEW online AS ${onlineViewSql(project, minute, 'prlx_population', 'prlx_answers')}`);
  return {
    manifest,
    answered: captures.length > 0,
    calls: calls.map((row) => ({
      source: String(row.source),
      calls: Number(row.calls),
      valid: Number(row.valid),
      unasked: Number(row.unasked),
    })),
  };
}

async function closeMinute(attempt: Attempt, seal: Seal): Promise<{ close: Close; manifest: string }> {
  const { pipeline, session, minute } = attempt;
  const before = pipeline.ledger.closeOf(minute);
  const manifest = pipeline.ledger.manifest(minute);
  if (before !== null && manifest !== null) return { close: before, manifest };
  const close = await pipeline.source.capture(minute, seal, () => populationKeys(session));
  return { close, manifest: pipeline.ledger.writeClose(minute, seal, close) };
}

async function* populationKeys(session: Attempt['session']): AsyncIterable<string> {
  for await (const row of session.query('SELECT key FROM prlx_population ORDER BY key')) yield String(row.key);
}
