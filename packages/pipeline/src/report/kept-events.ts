import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import type { Engine } from '../engine/engine.ts';
import { parquetView } from '../engine/relations.ts';
import { KEPT_SCHEMA, MESSAGES } from '../ingest/claimed.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type LateEffect, LateEvents } from './late-events.ts';

export const KEPT_CLASSES = ['duplicate', 'late', 'ahead', 'invalid'] as const;
export type KeptClass = (typeof KEPT_CLASSES)[number];

/** A message that was not accepted. */
export interface KeptEvent {
  readonly minute: Micros;
  readonly stream: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly class: KeptClass;
  /** Of an invalid one: the first reason that applied. */
  readonly reason: string | null;
  readonly customer: string | null;
  readonly time: Micros | null;
  readonly id: string | null;
  /** Null for a duplicate: it is in the log at its offset. */
  readonly payload: Uint8Array | null;
  /** Of a late one: what it would have changed, had it come in time. */
  readonly effect: LateEffect | null;
}

/** Minutes, first and last, whose messages are not kept any more. */
export interface ForgottenMinutes {
  readonly first: Micros;
  readonly last: Micros;
  /** Whether these are all that were asked for. */
  readonly all: boolean;
  /** The oldest minute whose messages are kept; null: there is none. */
  readonly kept: Micros | null;
}

export interface KeptQuery {
  readonly from: Micros;
  /** The last minute. */
  readonly to: Micros;
  readonly classes: readonly KeptClass[];
  /** Null: every stream. */
  readonly stream: string | null;
}

/** Minutes that were asked for, committed, and whose messages are not kept any more; null: there are none. */
export function forgottenMinutes(ledger: Ledger, { from, to }: Pick<KeptQuery, 'from' | 'to'>): ForgottenMinutes | null {
  const [begun, newest] = [ledger.oldest(), ledger.newest()?.minute ?? null];
  if (begun === null || newest === null) return null;
  const kept = ledger.retention.oldestMessages();
  const first = from > begun ? from : begun;
  const beyond = kept ?? newest + MICROS_PER_MINUTE;
  const last = to < beyond ? to : beyond - MICROS_PER_MINUTE;
  return first > last ? null : { first, last, all: kept === null || to < beyond, kept };
}

/** Lists what committed minutes did not accept, by minute, then stream, partition and offset, one minute in memory of the engine at a time. */
export async function* keptEvents(ledger: Ledger, project: Project, engine: Engine, query: KeptQuery): AsyncIterable<KeptEvent> {
  const streams = project.streams.flatMap(({ name }, i) => (query.stream === null || query.stream === name ? [i] : []));
  if (streams.length === 0 || query.classes.length === 0) return;
  const late = query.classes.includes('late') ? await LateEvents.open(ledger, project, engine, query.to) : null;
  const classes = query.classes.map((c) => `'${c}'`).join(', ');
  for (const { minute, folder } of ledger.retention.keptMessages(query.from, query.to)) {
    await parquetView(engine.session, 'prlx_kept_rows', KEPT_SCHEMA, [join(folder, MESSAGES)]);
    const rows = engine.session.query(
      `SELECT * FROM (SELECT inline(prlx_kept(kept)) FROM prlx_kept_rows) WHERE class IN (${classes}) AND stream IN (${streams.join(', ')}) ORDER BY stream, partition, offset`,
    );
    for await (const row of rows) {
      const met = { minute, partition: Number(row.partition), offset: BigInt(row.offset as bigint) };
      const time = row.time === null ? null : BigInt(row.time as bigint);
      const [customer, id] = [textOrNull(row.key), textOrNull(row.id)];
      const kind = KEPT_CLASSES.find((c) => c === row.class);
      if (kind === undefined) throw new RangeError(`no class ${String(row.class)}`);
      const isLate = kind === 'late' && customer !== null && time !== null && id !== null;
      yield {
        ...met,
        stream: project.streams[Number(row.stream)]?.name ?? '',
        class: kind,
        reason: textOrNull(row.reason),
        customer,
        time,
        id,
        payload: row.payload instanceof Uint8Array ? row.payload : null,
        effect: isLate && late !== null ? await late.effectOf({ ...met, stream: Number(row.stream), customer, time, id }) : null,
      };
    }
  }
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
