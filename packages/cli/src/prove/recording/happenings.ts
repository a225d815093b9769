import { MICROS_PER_MINUTE, MICROS_PER_SECOND, type Micros, type Project, type Stream } from '@parallax/core';
import { LAST_HOUR_SUFFIX, streamColumn } from '@parallax/core/view-columns.ts';
import { Random } from '../random.ts';
import type { Candidate } from './candidates.ts';
import { disorder } from './disorder.ts';
import { type Happening, payloadOf } from './messages.ts';
import { faultMinutes, minutesOfPlan, type Plan } from './plan.ts';
import { drawNumber, type Pools } from './pools.ts';

/** What arrives in one iteration on one stream; the offsets come from the order. */
export interface Arrival {
  readonly minute: Micros;
  readonly payload: string | { readonly base64: string } | null;
}

/** Minutes that leave `last_hour` one by one while faults are in. */
const LEAVING = 10;

/** Everything that arrives on one stream, in the order of arrival. */
export function arrivals(project: Project, plan: Plan, pools: Pools, stream: Stream, candidates: readonly Candidate[]): readonly Arrival[] {
  const random = new Random(`${plan.seed}/stream ${stream.name}`);
  const events = [
    ...singleEvents(plan, stream, candidates, random.fork('single')),
    ...busyEvents(plan, pools, stream, random.fork('busy')),
  ];
  const messages = random.fork('text');
  const all: Arrival[] = events.map(({ minute, happening }) => ({ minute, payload: payloadOf(project, stream, happening, messages) }));
  all.push(...disorder(project, plan, stream, events, random.fork('disorder')));
  const order = random.fork('order');
  return minutesOfPlan(plan).flatMap((minute) => order.shuffled(all.filter((each) => each.minute === minute)));
}

export interface Event {
  /** The iteration in which it arrives. */
  readonly minute: Micros;
  readonly happening: Happening;
}

/** Each candidate's one event, spread over the first iterations that faults are put into. */
function singleEvents(plan: Plan, stream: Stream, candidates: readonly Candidate[], random: Random): readonly Event[] {
  const minutes = faultMinutes(plan);
  return candidates.flatMap((candidate, i) => {
    const values = candidate.streams.get(stream.name);
    if (values === undefined) return [];
    const minute = minutes[i % Math.max(1, Math.min(6, minutes.length - 3))] ?? plan.faultsFrom;
    const earlier = random.chance(0.3) ? BigInt(random.below(4)) * MICROS_PER_MINUTE : 0n;
    const time = minute - earlier + BigInt(random.below(60_000_000));
    return [{ minute, happening: { key: candidate.key, time: fitting(stream, time), id: `${stream.name}-s${candidate.key}`, values } }];
  });
}

/** Many events of few customers: some that leave the hour while faults are in, some early or late, some at one instant. */
function busyEvents(plan: Plan, pools: Pools, stream: Stream, random: Random): readonly Event[] {
  const events: Event[] = [];
  const minutes = minutesOfPlan(plan);
  const leaving = plan.faultsFrom - 59n * MICROS_PER_MINUTE;
  for (const key of [...plan.busy, ...plan.outside]) {
    const own = random.fork(key);
    let count = 0;
    const add = (minute: Micros, time: Micros): void => {
      events.push({
        minute,
        happening: { key, time: fitting(stream, time), id: `${stream.name}-${key}-${count++}`, values: drawValues(pools, stream, own) },
      });
    };
    for (const minute of minutes) {
      const within = () => minute + BigInt(own.below(60_000_000));
      if (minute < plan.faultsFrom) {
        const isLeaving = minute >= leaving && minute < leaving + BigInt(LEAVING) * MICROS_PER_MINUTE;
        if (own.chance(isLeaving ? 0.4 : 0.06)) add(minute, within());
        continue;
      }
      if (own.chance(0.75)) add(minute, within());
      if (own.chance(0.25)) add(minute, within() - BigInt(1 + own.below(9)) * MICROS_PER_MINUTE);
      // Early by up to two minutes: it waits for its minute.
      if (own.chance(0.12)) add(minute, within() + BigInt(1 + own.below(2)) * MICROS_PER_MINUTE);
      if (own.chance(0.1)) {
        // Two at one instant: the greater id is the last.
        const instant = minute + BigInt(own.below(60)) * MICROS_PER_SECOND;
        add(minute, instant);
        add(minute, instant);
      }
    }
  }
  return events;
}

/** Those that the SQL names are drawn near its literals; some of the others are there too. */
function drawValues(pools: Pools, stream: Stream, random: Random): ReadonlyMap<string, bigint | null> {
  const values = new Map<string, bigint | null>();
  for (const variable of stream.variables) {
    const columns = variable.aggregates.flatMap((a) => [
      streamColumn(stream, variable, a),
      `${streamColumn(stream, variable, a)}${LAST_HOUR_SUFFIX}`,
    ]);
    const used = columns.some((column) => pools.used.has(column));
    if (!used && random.chance(0.7)) continue;
    const literals = used ? columns.flatMap((column) => pools.numbers.get(column) ?? []) : [];
    values.set(variable.name, drawNumber(random, literals, variable.places));
  }
  return values;
}

/** The time as the stream can say it. */
export function fitting(stream: Stream, time: Micros): Micros {
  return stream.time.format === 'epoch_ms' ? time - (time % 1000n) : time;
}
