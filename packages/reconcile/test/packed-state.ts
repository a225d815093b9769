/** Accepted events, rejected messages and window states as Spark's functions pack them. */
import type { Micros } from '@parallax/core';
import { KEEP_COUNT, KEEP_LAST, KEEP_MAX, KEEP_MIN, KEEP_SUM } from '../src/spark-side/layout.ts';
import { bitmap, Packer } from './packed.ts';

export interface FakeEvent {
  /** The iteration that accepted it. */
  readonly iteration: Micros;
  readonly stream: number;
  readonly key: string;
  readonly id: string;
  readonly time: Micros;
  /** NaN is null. */
  readonly values: readonly number[];
}

export function packRecords(events: readonly FakeEvent[]): Uint8Array {
  const list = new Packer();
  for (const [offset, { stream, time, key, id, values }] of events.entries()) {
    const record = new Packer().uvarint(stream).uvarint(0).uvarint(offset).u8(0).int64(time).int64(1n).int64(-1n).text(key).text(id);
    record.uvarint(1).text('undeclared.name');
    bitmap(
      record,
      values.map((value) => !Number.isNaN(value)),
    );
    for (const value of values) if (!Number.isNaN(value)) record.zigzag(value);
    list.sized(record.done());
  }
  return list.done();
}

const REASONS = ['too_large', 'utf8', 'json', 'key', 'time', 'id', 'type', 'range'];

export function packRejected(
  stream: number,
  each: {
    readonly class: string;
    readonly reason: string | null;
    readonly key: string | null;
    readonly id: string | null;
    readonly time: number | null;
  },
  origin: Micros,
): Uint8Array {
  const record = new Packer().uvarint(stream).uvarint(0).uvarint(0);
  if (each.class === 'invalid')
    return record
      .u8(1)
      .u8(REASONS.indexOf(each.reason ?? ''))
      .u8(0)
      .done();
  record
    .u8(each.class === 'late' ? 2 : each.class === 'ahead' ? 3 : 4)
    .int64(origin + BigInt(each.time ?? 0))
    .text(each.key ?? '')
    .text(each.id ?? '');
  return each.class === 'duplicate' ? record.done() : record.u8(0).done();
}

export function packState(events: readonly FakeEvent[], keeps: Uint8Array, keepsLast: boolean): Uint8Array {
  const packer = new Packer().uvarint(events.length);
  const lasts = events
    .map(({ time, id }) => ({ time, id }))
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))));
  const width = keeps.length;
  bitmap(
    packer,
    Array.from({ length: width }, (_, i) => events.some(({ values }) => !Number.isNaN(values[i] as number))),
  );
  if (keepsLast) {
    packer.uvarint(lasts.length);
    for (const { time, id } of lasts) packer.int64(time).text(id);
  }
  for (let i = 0; i < width; i++) {
    const having = events.filter(({ values }) => !Number.isNaN(values[i] as number));
    if (having.length === 0) continue;
    const own = having.map(({ values }) => BigInt(values[i] as number));
    const sorted = [...own].sort((a, b) => (a < b ? -1 : 1));
    const kept = keeps[i] as number;
    if ((kept & KEEP_SUM) !== 0) packer.zigzag(own.reduce((a, b) => a + b));
    if ((kept & KEEP_COUNT) !== 0) packer.uvarint(own.length);
    if ((kept & KEEP_MIN) !== 0) packer.zigzag(sorted[0] as bigint);
    if ((kept & KEEP_MAX) !== 0) packer.zigzag(sorted.at(-1) as bigint);
    if ((kept & KEEP_LAST) !== 0) {
      const rank = lasts.findLastIndex((last) => having.some(({ time, id }) => time === last.time && id === last.id));
      const last = having.find(({ time, id }) => time === lasts[rank]?.time && id === lasts[rank]?.id);
      packer.zigzag(BigInt(last?.values[i] as number)).uvarint(rank);
    }
  }
  return packer.done();
}

/** One answer that may stand; `values` null: its body did not hold the customer. */
export function packAnswer(key: string, iteration: bigint, values: readonly (number | null)[] | null): Uint8Array {
  const packer = new Packer().text(key).int64(iteration).zigzag(0).zigzag(0).zigzag(0);
  packer.u8(values === null ? 0 : 1);
  for (const value of values ?? []) {
    packer.u8(value === null ? 0 : 1);
    if (value !== null) packer.zigzag(value);
  }
  return packer.done();
}
