import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Seal, unreachable } from '@parallax/core';
import { committedParts } from '../committed.ts';
import { parquetView } from '../engine/relations.ts';
import { writeParquet } from '../engine/sql.ts';
import { DRIFT_NAMES_MAX, SUMMARY_ROWS_MAX } from '../limits.ts';
import type { ClassCount, DriftCount } from '../outcome.ts';
import type { Attempt } from '../pipeline.ts';
import { classifySql, countsSql, EVENTS_SCHEMA, panesSchema, panesSql } from './classify.ts';

/** What became of a minute's messages. */
export interface AcceptedEvents {
  /** False when the minute had no message at all: then no folder was written. */
  readonly written: boolean;
  readonly counts: readonly ClassCount[];
  readonly drift: readonly DriftCount[];
}

/**
 * Reads the messages that the seal names, makes each exactly one of invalid, late, ahead, duplicate, accepted, and sums
 * the accepted ones into panes. Writes the folders `events` (a row a message, with its reason; the payload is kept of what was
 * not accepted) and `panes`.
 */
export async function acceptMessages(attempt: Attempt, seal: Seal): Promise<AcceptedEvents> {
  const { pipeline, session, minute, folder } = attempt;
  const { project } = pipeline;
  const messages: { stream: number; sql: string }[] = [];
  for (const [index, stream] of project.streams.entries()) {
    const sealed = seal.streams.find((s) => s.stream === stream.name);
    const sql = sealed === undefined ? null : await pipeline.source.messages(session, seal, sealed);
    if (sql !== null) messages.push({ stream: index, sql });
  }
  if (messages.length === 0) return { written: false, counts: [], drift: [] };

  // An event accepted by iteration i is younger than i + 1 + max_ahead: older iterations hold no id that can still count.
  const oldest = minute - project.latenessUs - project.maxAheadUs - MICROS_PER_MINUTE;
  await parquetView(session, 'prlx_events_before', EVENTS_SCHEMA, committedParts(pipeline, 'events', oldest, minute));
  const seen = "(SELECT stream, id, time FROM prlx_events_before WHERE class = 'accepted')";
  const events = join(folder, 'events');
  await session.command(writeParquet(events, classifySql(project, minute, messages, seen)));
  await parquetView(session, 'prlx_events', EVENTS_SCHEMA, [events]);
  const [, rows] = await Promise.all([
    session.command(writeParquet(join(folder, 'panes'), panesSql(project, minute, 'prlx_events'))),
    session.collect(countsSql('prlx_events', DRIFT_NAMES_MAX), { limitRows: SUMMARY_ROWS_MAX }),
  ]);
  return {
    written: true,
    counts: rows.flatMap((row) =>
      row.field === null
        ? [{ stream: String(row.stream), class: classOf(String(row.class)), reason: textOrNull(row.reason), n: Number(row.n) }]
        : [],
    ),
    drift: rows.flatMap((row) => (row.field === null ? [] : [{ stream: String(row.stream), field: String(row.field), n: Number(row.n) }])),
  };
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** The panes of `minute`'s attempt and of the committed iterations from `oldest` on, as the view `prlx_panes`. */
export async function openPanes(attempt: Attempt, events: AcceptedEvents, oldest: bigint): Promise<string> {
  const { pipeline, session, minute, folder } = attempt;
  const folders = committedParts(pipeline, 'panes', oldest, minute);
  await parquetView(session, 'prlx_panes', panesSchema(pipeline.project), events.written ? [...folders, join(folder, 'panes')] : folders);
  return 'prlx_panes';
}

function classOf(text: string): ClassCount['class'] {
  switch (text) {
    case 'accepted':
    case 'duplicate':
    case 'late':
    case 'ahead':
    case 'invalid':
      return text;
    default:
      return unreachable(text as never);
  }
}
