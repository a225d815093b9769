import { floorTo, formatSecond, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros } from '@parallax/core';
import { LAST_HOUR_SUFFIX, type WindowName } from '@parallax/core/view-columns.ts';
import { type AggregateColumn, aggregateColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { scaledText } from '../decimal-text.ts';
import type { Difference } from '../findings.ts';
import { DETAIL_LINES_MAX, PANE_WITNESSES_MAX } from '../limits.ts';
import type { CustomerEvent, Scaled } from '../sides.ts';
import { type CustomerPane, panesOf } from '../spark-side/panes.ts';
import type { StreamState } from '../spark-side/stream-state.ts';
import { type Explained, type Explanation, sides } from './explanation.ts';
import type { Memory } from './memory.ts';
import { messageText } from './of-inputs.ts';
import { type Cause, valueCause } from './reasons.ts';
import { recount, remerge } from './recount.ts';

/** From the first event minute of `last_hour` to the iteration's own. */
const LAST_HOUR_BEFORE = 59n * MICROS_PER_MINUTE;

/** A difference of a window, with what its column is made of. */
interface WindowCell {
  readonly difference: Difference;
  readonly customer: string;
  readonly stream: number;
  readonly variable: number;
  readonly column: AggregateColumn;
  readonly window: WindowName;
  /** The first event minute of the window. */
  readonly from: Micros;
}

/**
 * Why windows differ: messages that the sides did not treat alike in this minute or before; else panes that differ from the customer's raw events;
 * else the windows that were made of them.
 */
export async function explainWindows(comparison: Comparison, firsts: readonly Difference[], memory: Memory): Promise<readonly Explained[]> {
  const explained: Explained[] = [];
  const open: WindowCell[] = [];
  for (const first of firsts) {
    // The longer window holds more of what tells causes apart.
    const all = first.customer === null ? [] : comparison.findings.all('windows', first.customer);
    const difference = all.find(({ column, source }) => source === first.source && column.endsWith(LAST_HOUR_SUFFIX)) ?? first;
    const cell = cellOf(comparison, difference);
    const why = cell === null ? membership(comparison, difference, memory) : byMessages(cell, memory);
    if (why !== null) explained.push({ difference, why });
    else if (cell !== null) open.push(cell);
  }
  const examined = open.slice(0, PANE_WITNESSES_MAX);
  if (examined.length > 0) {
    const { parquet, project, spark } = comparison;
    const panes = await panesOf(parquet, project, spark.iterations, new Set(examined.map(({ customer }) => customer)));
    for (const cell of examined) {
      const events = (await comparison.alternative.lookups.eventsOf(cell.customer)).filter(({ stream }) => stream === cell.stream);
      explained.push({ difference: cell.difference, why: byPanes(comparison, cell, panes.get(cell.customer) ?? [], events) });
    }
  }
  return explained;
}

function cellOf({ project, spark }: Comparison, difference: Difference): WindowCell | null {
  const { customer, column: name, variable } = difference;
  if (customer === null || variable === null) return null;
  const window = name.endsWith(LAST_HOUR_SUFFIX) ? 'last_hour' : 'hour_to_date';
  const plain = window === 'last_hour' ? name.slice(0, -LAST_HOUR_SUFFIX.length) : name;
  const from = window === 'last_hour' ? spark.minute - LAST_HOUR_BEFORE : floorTo(spark.minute, MICROS_PER_HOUR);
  for (const [stream, variables] of aggregateColumns(project).entries()) {
    for (const [index, columns] of variables.entries()) {
      const column = columns.find((each) => each.name === plain && each.source === difference.source && each.variable === variable);
      if (column !== undefined) return { difference, customer, stream, variable: index, column, window, from };
    }
  }
  return null;
}

/** A customer that only one side scores. */
function membership({ project }: Comparison, { customer, source, spark }: Difference, memory: Memory): Explanation {
  for (const [stream, { name }] of project.streams.entries()) {
    const [message] = memory.messages(stream, customer);
    if (message === undefined) continue;
    const { divergence, cause } = message;
    return { divergence, cause, stage: 'inputs', source: name, variable: null, detail: [messageText(message)] };
  }
  const cause = spark === null ? 'lost' : 'duplicated';
  return { divergence: false, cause, stage: 'windows', source, variable: null, detail: ['scored by one side only'] };
}

function byMessages({ customer, stream, variable, column, from }: WindowCell, memory: Memory): Explanation | null {
  const messages = memory.messages(stream, customer).filter(({ time }) => time === null || floorTo(time, MICROS_PER_MINUTE) >= from);
  const message = messages.find((each) => each.variable === variable) ?? messages[0];
  if (message === undefined) return null;
  const { divergence, cause } = message;
  const detail = messages.slice(0, DETAIL_LINES_MAX).map(messageText);
  return { divergence, cause, stage: 'inputs', source: column.source, variable: column.variable, detail };
}

/** By the event minutes of the window: Spark's panes against the raw events that the alternative keeps. */
function byPanes(comparison: Comparison, cell: WindowCell, panes: readonly CustomerPane[], events: readonly CustomerEvent[]): Explanation {
  const { spark, alternative } = comparison;
  const { origin } = alternative.lookups.facts;
  const { column, from, stream, variable } = cell;
  const minutes = new Map<Micros, CustomerEvent[]>();
  for (const event of events) {
    const minute = origin + floorTo(BigInt(event.time), MICROS_PER_MINUTE);
    minutes.set(minute, [...(minutes.get(minute) ?? []), event]);
  }
  const within = [...minutes].flatMap(([minute, own]) => (minute >= from && minute <= spark.minute ? own : []));
  const counted = keepsCount(comparison, stream, variable);
  const detail: string[] = [];
  const wrong: { readonly minute: Micros; readonly spark: Scaled; readonly alternative: Scaled; readonly more: number }[] = [];
  for (let minute = spark.minute - LAST_HOUR_BEFORE; minute <= spark.minute; minute += MICROS_PER_MINUTE) {
    const states = panes.filter((pane) => pane.minute === minute).map((pane) => pane.states[stream] as CustomerPane['states'][number]);
    const own = minutes.get(minute) ?? [];
    const [ours, theirs] = [remerge(states, variable, column.aggregate), recount(own, variable, column.aggregate)];
    if (ours === theirs) continue;
    // A pane without any value lacks the events; a value cannot have become null, as inputs are the same.
    const more =
      (ours === null) !== (theirs === null)
        ? ours === null
          ? -1
          : 1
        : counted
          ? Number(remerge(states, variable, 'count')) - Number(recount(own, variable, 'count'))
          : Number(states.length > 0) - Number(own.length > 0);
    wrong.push({ minute, spark: ours, alternative: theirs, more });
    if (detail.length < DETAIL_LINES_MAX)
      detail.push(sides(`pane of ${formatSecond(minute)}`, scaledText(ours, column.places), scaledText(theirs, column.places)));
  }
  const place = { divergence: false, source: column.source, variable: column.variable };
  if (wrong.length > 0 && panes.length > 0) {
    const tied =
      column.aggregate === 'last' && wrong.every((each) => each.more === 0 && isTied(minutes.get(each.minute) ?? [], variable, each.spark));
    const isEdge = wrong.every(({ minute }) => minute === from && !minutes.has(minute));
    if (isEdge) return { ...place, stage: 'windows', cause: 'wrong_minute', detail };
    return { ...place, stage: 'panes', cause: tied ? 'tie_order' : paneCause(wrong), detail };
  }
  return { ...place, stage: 'windows', ...windowCause(comparison, cell, within, minutes, widerOf(comparison, cell, panes)) };
}

/** A window that begins a minute earlier, by Spark's panes. */
interface Wider {
  readonly minute: Micros;
  readonly value: Scaled;
}

/** Null when no pane of that minute is there. */
function widerOf({ spark }: Comparison, { from, stream, variable, column }: WindowCell, panes: readonly CustomerPane[]): Wider | null {
  const first = from - MICROS_PER_MINUTE;
  if (!panes.some(({ minute }) => minute === first)) return null;
  const states = panes.filter(({ minute }) => minute >= first && minute <= spark.minute).map((pane) => pane.states[stream] as StreamState);
  return { minute: first, value: remerge(states, variable, column.aggregate) };
}

/** Whether Spark's states keep the count of a variable. */
function keepsCount({ project }: Comparison, stream: number, variable: number): boolean {
  const aggregates = project.streams[stream]?.variables[variable]?.aggregates ?? [];
  return aggregates.includes('count') || aggregates.includes('avg');
}

function paneCause(wrong: readonly { readonly spark: Scaled; readonly alternative: Scaled; readonly more: number }[]): Cause {
  const [more, less] = [wrong.some((each) => each.more > 0), wrong.some((each) => each.more < 0)];
  if (more && less) return 'wrong_minute';
  if (more) return 'duplicated';
  if (less) return 'lost';
  return valueCause(wrong[0]?.spark ?? null, wrong[0]?.alternative ?? null);
}

/** The panes are right: which of them were merged wrongly, or whether it is the alternative that is wrong. */
function windowCause(
  { alternative }: Comparison,
  { column, customer, stream, variable, window, difference }: WindowCell,
  within: readonly CustomerEvent[],
  minutes: ReadonlyMap<Micros, readonly CustomerEvent[]>,
  wider: Wider | null,
): { readonly cause: Cause; readonly detail: readonly string[] } {
  const { lookups } = alternative;
  const of = (events: readonly CustomerEvent[]) => recount(events, variable, column.aggregate);
  const expected = of(within);
  const theirs = lookups.window(lookups.slotOf(customer), stream, variable, column.aggregate, window);
  const ours = scaledOf(difference.spark);
  const detail = [`${within.length} events of the window give ${scaledText(expected, column.places) ?? 'null'}`];
  const said = (cause: Cause, what: string, minute: Micros) => ({ cause, detail: [...detail, `${what} ${formatSecond(minute)}`] });
  if (theirs !== expected) {
    const tied = column.aggregate === 'last' && isTied(within, variable, theirs);
    const cause = theirs === wider?.value ? 'wrong_minute' : tied ? 'tie_order' : valueCause(theirs, expected);
    return { cause, detail: [...detail, 'the alternative’s own window is not theirs'] };
  }
  if (wider !== null && ours === wider.value) return said('wrong_minute', 'with the pane of', wider.minute);
  for (const [minute, own] of minutes) {
    const inside = own.some((event) => within.includes(event));
    if (of([...within, ...own]) === ours)
      return inside ? said('duplicated', 'twice with the pane of', minute) : said('wrong_minute', 'with the pane of', minute);
    if (inside && of(within.filter((event) => !own.includes(event))) === ours) return said('lost', 'without the pane of', minute);
  }
  if (column.aggregate === 'last' && isTied(within, variable, ours))
    return { cause: 'tie_order', detail: [...detail, 'an event of the same time has Spark’s value'] };
  const gap = gapOf(within, minutes, (events) => of(events) === ours);
  if (gap !== null) return said('restart_gap', `without the panes of ${formatSecond(gap[0])} to`, gap[1]);
  return { cause: valueCause(ours, expected), detail };
}

/** Whether an event of the same time as the last one has this value. */
function isTied(events: readonly CustomerEvent[], variable: number, value: Scaled): boolean {
  const having = events.filter(({ values }) => !Number.isNaN(values[variable]));
  let latest = Number.NEGATIVE_INFINITY;
  for (const { time } of having) if (time > latest) latest = time;
  return having.some((event) => event.time === latest && event.values[variable] === value);
}

/** Several minutes after each other without which the events give what Spark has; null when there are none. */
function gapOf(
  within: readonly CustomerEvent[],
  minutes: ReadonlyMap<Micros, readonly CustomerEvent[]>,
  isRight: (events: readonly CustomerEvent[]) => boolean,
): readonly [Micros, Micros] | null {
  const order = [...minutes.keys()].sort((a, b) => (a < b ? -1 : 1));
  for (const [at, first] of order.entries()) {
    let left = within;
    for (const last of order.slice(at)) {
      const own = minutes.get(last) ?? [];
      left = left.filter((event) => !own.includes(event));
      if (last > first && isRight(left)) return [first, last];
    }
  }
  return null;
}

/** A witness's decimal text as a scaled integer. */
function scaledOf(text: string | null): Scaled {
  if (text === null) return null;
  const value = BigInt(text.replace('.', ''));
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
