import { join } from 'node:path';
import { floorTo, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import type { Engine } from '../engine/engine.ts';
import { parquetView } from '../engine/relations.ts';
import { KEPT_SCHEMA } from '../ingest/claimed.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LAST_HOUR_MINUTES } from '../limits.ts';

export const KEPT_CLASSES = ['duplicate', 'late', 'ahead', 'invalid'] as const;
export type KeptClass = (typeof KEPT_CLASSES)[number];

/** Minutes, first and last, whose windows an event would have been in. */
export interface WouldChange {
  readonly customer: string;
  readonly hourToDate: readonly [first: Micros, last: Micros];
  readonly lastHour: readonly [first: Micros, last: Micros];
}

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
  readonly wouldChange: WouldChange | null;
}

export interface KeptQuery {
  readonly from: Micros;
  /** The last minute. */
  readonly to: Micros;
  readonly classes: readonly KeptClass[];
  /** Null: every stream. */
  readonly stream: string | null;
}

/** Lists what committed minutes did not accept, by minute, then stream, partition and offset, one minute in memory of the engine at a time. */
export async function* keptEvents(ledger: Ledger, project: Project, engine: Engine, query: KeptQuery): AsyncIterable<KeptEvent> {
  const streams = project.streams.flatMap(({ name }, i) => (query.stream === null || query.stream === name ? [i] : []));
  if (streams.length === 0 || query.classes.length === 0) return;
  const classes = query.classes.map((c) => `'${c}'`).join(', ');
  for (const { minute, folder } of ledger.iterations(query.from, query.to)) {
    await parquetView(engine.session, 'prlx_kept_rows', KEPT_SCHEMA, [join(folder, 'kept')]);
    const rows = engine.session.query(
      `SELECT * FROM (SELECT inline(prlx_kept(kept)) FROM prlx_kept_rows) WHERE class IN (${classes}) AND stream IN (${streams.join(', ')}) ORDER BY stream, partition, offset`,
    );
    for await (const row of rows) {
      const time = row.time === null ? null : BigInt(row.time as bigint);
      const customer = textOrNull(row.key);
      const kind = KEPT_CLASSES.find((c) => c === row.class);
      if (kind === undefined) throw new RangeError(`no class ${String(row.class)}`);
      yield {
        minute,
        stream: project.streams[Number(row.stream)]?.name ?? '',
        partition: Number(row.partition),
        offset: BigInt(row.offset as bigint),
        class: kind,
        reason: textOrNull(row.reason),
        customer,
        time,
        id: textOrNull(row.id),
        payload: row.payload instanceof Uint8Array ? row.payload : null,
        wouldChange: kind === 'late' && customer !== null && time !== null ? wouldChange(customer, time) : null,
      };
    }
  }
}

/** The windows that an event of `time` belongs to (contract, section 4), had it come in time. */
export function wouldChange(customer: string, time: Micros): WouldChange {
  const first = floorTo(time, MICROS_PER_MINUTE);
  return {
    customer,
    hourToDate: [first, floorTo(time, MICROS_PER_HOUR) + MICROS_PER_HOUR - MICROS_PER_MINUTE],
    lastHour: [first, first + BigInt(LAST_HOUR_MINUTES - 1) * MICROS_PER_MINUTE],
  };
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
