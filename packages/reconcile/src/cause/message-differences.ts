import type { Micros } from '@parallax/core';
import type { Comparison } from '../context.ts';
import { decimalText } from '../decimal-text.ts';
import { GAP_MESSAGES_MIN, MESSAGES_KEPT_MAX } from '../limits.ts';
import type { AcceptedEvent } from '../sides.ts';
import { eachAccepted } from '../spark-side/accepted-events.ts';
import { eachRejected } from '../spark-side/rejected-messages.ts';
import { type Cause, valueCause } from './reasons.ts';

/** What one side made of a message; null: it is not among that side's. */
interface Fate {
  readonly class: string;
  readonly reason: string | null;
  readonly key: string | null;
  readonly id: string | null;
  /** µs since 1970. */
  readonly time: Micros | null;
  /** Of an accepted one. NaN is null. */
  readonly values: Float64Array | null;
}

/** One message that the sides did not treat alike. */
export interface MessageDifference {
  readonly minute: Micros;
  readonly stream: number;
  readonly customer: string | null;
  readonly id: string | null;
  readonly time: Micros | null;
  readonly cause: Cause;
  /** The variable whose value differs; null when it is the message as a whole. */
  readonly variable: number | null;
  readonly spark: string;
  readonly alternative: string;
  /** Whether one side has no such message: its input, not its judgement, differs. */
  readonly oneSided: boolean;
}

/** The messages of one stream of a minute that the sides did not treat alike, at most MESSAGES_KEPT_MAX of them. */
export async function messageDifferences(comparison: Comparison, stream: number): Promise<readonly MessageDifference[]> {
  const left = await leftovers(comparison, stream);
  const { rejected, origin } = comparison.alternative.lookups.facts;
  const tied = new Set((rejected[stream] ?? []).map(({ id, time }) => rivalOf({ id, time: time === null ? null : origin + BigInt(time) })));
  const places = comparison.project.streams[stream]?.variables.map((variable) => variable.places) ?? [];
  const { minute } = comparison.spark;
  const silent = (await isSilent(comparison)) ?? isSilentStream(comparison, stream, left);
  const paired = pairs(left).map(([ours, theirs]) => [ours, theirs, causeOf(ours, theirs, silent)] as const);
  // Where values differ of messages that have no rival, too, it is not the order that differs.
  const isOrder = paired.every(([ours, , { variable }]) => variable === null || tied.has(rivalOf(ours)));
  return paired.flatMap(([ours, theirs, found]) => {
    const { variable } = found;
    // Another message of the same id and time: the sides took different ones.
    const isTie = variable !== null && isOrder;
    const cause = isTie ? 'tie_order' : found.cause;
    const known = (ours?.key ?? null) === null ? theirs : ours;
    // A message of two customers differs for both.
    const keys = new Set([ours?.key ?? theirs?.key ?? null, theirs?.key ?? ours?.key ?? null]);
    return [...keys].map((customer) => ({
      minute,
      stream,
      customer,
      id: (ours ?? theirs)?.id ?? theirs?.id ?? null,
      time: known?.time ?? null,
      cause,
      variable,
      spark: describe(ours, variable, places),
      alternative: describe(theirs, variable, places),
      oneSided: ours === null || theirs === null,
    }));
  });
}

/** An id and a time, which two messages share of which one counts. */
function rivalOf(fate: Pick<Fate, 'id' | 'time'> | null): string {
  return `${fate?.time ?? ''} ${fate?.id ?? ''}`;
}

/** By side: the messages that have no equal on the other. */
interface Leftovers {
  /** All messages of the stream that Spark has. */
  readonly sparkHas: number;
  readonly spark: readonly Fate[];
  readonly alternative: readonly Fate[];
}

async function leftovers(comparison: Comparison, stream: number): Promise<Leftovers> {
  const { project, spark, alternative, parquet } = comparison;
  const { accepted, rejected, origin } = alternative.lookups.facts;
  const events = accepted[stream] as (typeof accepted)[number];
  /** By number: 1 where Spark has the same event. */
  const matched = new Uint8Array(events.count);
  const left = { sparkHas: 0, spark: [] as Fate[], alternative: [] as Fate[] };
  const keep = (list: Fate[], fate: Fate) => {
    if (list.length < MESSAGES_KEPT_MAX) list.push(fate);
  };
  const theirs = ({ key, id, time, values }: AcceptedEvent): Fate => ({
    class: 'accepted',
    reason: null,
    ...{ key, id, time: origin + BigInt(time), values: values.slice() },
  });
  await eachAccepted(parquet, spark.folder, project, (event) => {
    if (event.stream !== stream) return;
    left.sparkHas += 1;
    const { id, key, time } = event;
    const number = events.numberOf(id);
    const values = event.values.slice(0, event.width);
    const other = number < 0 || matched[number] === 1 ? null : theirs(events.event(number));
    if (other !== null && other.key === key && other.time === time && equalValues(values, other.values as Float64Array))
      matched[number] = 1;
    else keep(left.spark, { class: 'accepted', reason: null, key, id, time, values });
  });
  for (let number = 0; number < matched.length && left.alternative.length < MESSAGES_KEPT_MAX; number++)
    if (matched[number] === 0) keep(left.alternative, theirs(events.event(number)));
  const open = new Map<string, Fate[]>();
  for (const each of rejected[stream] ?? []) {
    const fate = { ...each, time: each.time === null ? null : origin + BigInt(each.time), values: null };
    open.set(labelOf(fate), [...(open.get(labelOf(fate)) ?? []), fate]);
  }
  await eachRejected(parquet, spark.folder, (message) => {
    if (message.stream !== stream) return;
    left.sparkHas += 1;
    const fate: Fate = { ...message, values: null };
    if (open.get(labelOf(fate))?.pop() === undefined) keep(left.spark, fate);
  });
  for (const list of open.values()) for (const fate of list) keep(left.alternative, fate);
  return left;
}

function labelOf({ class: name, reason, key, id, time }: Fate): string {
  return JSON.stringify([name, reason, key, id, time?.toString() ?? null]);
}

function equalValues(a: Float64Array, b: Float64Array): boolean {
  return a.every((value, i) => value === b[i] || (Number.isNaN(value) && Number.isNaN(b[i])));
}

/** Which leftovers of both sides are one message: those of one id, then those that only one side could give an id. */
function pairs({ spark, alternative }: Leftovers): readonly (readonly [Fate | null, Fate | null])[] {
  const byId = new Map<string, Fate[]>();
  const nameless: Fate[] = [];
  for (const fate of alternative) {
    if (fate.id === null) nameless.push(fate);
    else byId.set(fate.id, [...(byId.get(fate.id) ?? []), fate]);
  }
  const paired: [Fate | null, Fate | null][] = [];
  const unmatched: Fate[] = [];
  for (const fate of spark) {
    const other = fate.id === null ? undefined : takeBest(byId.get(fate.id), fate);
    if (other === undefined) unmatched.push(fate);
    else paired.push([fate, other]);
  }
  const rest = [...byId.values()].flat();
  for (const fate of unmatched) paired.push([fate, (fate.id === null ? rest.shift() : nameless.shift()) ?? null]);
  for (const fate of [...rest, ...nameless]) paired.push([null, fate]);
  return paired;
}

/** Takes one of the same class before others. */
function takeBest(candidates: Fate[] | undefined, fate: Fate): Fate | undefined {
  if (candidates === undefined) return undefined;
  const same = candidates.findIndex((each) => each.class === fate.class);
  return candidates.splice(Math.max(0, same), 1)[0];
}

/** The side that has no message at all in this minute, though the other has; null when there is none. */
async function isSilent({ alternative, spark, parquet }: Comparison): Promise<'spark' | 'alternative' | null> {
  const theirs = Object.values(alternative.lookups.facts.counts).some((classes) => classes.length > 0);
  let ours = false;
  for await (const { count, columns } of parquet.rows(
    `${spark.folder}/claimed`,
    (t) => `SELECT count(*) FROM (SELECT unnest(accepted) FROM ${t})`,
  ))
    if (count > 0 && Number(columns[0]?.getItem(0)) > 0) ours = true;
  if (!ours && theirs) {
    await eachRejected(parquet, spark.folder, () => {
      ours = true;
    });
  }
  return ours === theirs ? null : ours ? 'alternative' : 'spark';
}

/** The side that has no message at all of this stream, though the other has several: of one alone none can say more than that it is lost. */
function isSilentStream({ alternative, project }: Comparison, stream: number, { sparkHas }: Leftovers): 'spark' | 'alternative' | null {
  const counts = alternative.lookups.facts.counts[project.streams[stream]?.name ?? ''] ?? [];
  const theirs = counts.reduce((sum, { n }) => sum + n, 0);
  if (sparkHas === 0 && theirs >= GAP_MESSAGES_MIN) return 'spark';
  return theirs === 0 && sparkHas >= GAP_MESSAGES_MIN ? 'alternative' : null;
}

function causeOf(
  ours: Fate | null,
  theirs: Fate | null,
  silent: 'spark' | 'alternative' | null,
): Pick<MessageDifference, 'cause' | 'variable'> {
  const whole = (cause: Cause) => ({ cause, variable: null });
  if (ours === null || theirs === null) {
    if (silent !== null) return whole('restart_gap');
    return whole((ours ?? theirs)?.class === 'duplicate' ? 'duplicated' : 'lost');
  }
  const classes = new Set([ours.class, theirs.class]);
  if (classes.has('invalid')) return whole(invalidCause(ours, theirs));
  if (classes.size > 1) return whole(classes.has('late') ? 'late_cut_off' : classes.has('ahead') ? 'ahead_cut_off' : 'duplicated');
  if (ours.key !== theirs.key) return whole('key_mismatch');
  if (ours.time !== theirs.time) return whole('wrong_minute');
  const variable = ours.values?.findIndex((value, i) => !Object.is(value, theirs.values?.[i])) ?? -1;
  if (variable < 0) return whole('value');
  return { variable, cause: valueCause(scaledOrNull(ours.values?.[variable]), scaledOrNull(theirs.values?.[variable])) };
}

function invalidCause(ours: Fate, theirs: Fate): Cause {
  const reasons = [ours.reason, theirs.reason];
  if (reasons.includes('key')) return 'key_mismatch';
  if (reasons.includes('range')) return 'overflow';
  return 'parse';
}

function scaledOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** What a witness shows of a message. */
function describe(fate: Fate | null, variable: number | null, places: readonly number[]): string {
  if (fate === null) return 'no such message';
  if (variable === null) return fate.reason === null ? fate.class : `${fate.class} (${fate.reason})`;
  const value = scaledOrNull(fate.values?.[variable]);
  return value === null ? 'null' : decimalText(value, places[variable] ?? 0);
}
