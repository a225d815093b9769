import type { Project } from '@parallax/core';
import { WINDOWS } from '@parallax/core/view-columns.ts';
import { aggregateColumns } from '../columns.ts';
import { EventChecksum } from '../event-checksum.ts';
import type { AcceptedEvents, AlternativeFacts, AlternativeLookups, RawWindows } from '../sides.ts';
import { ScoredCustomers } from './scored-customers.ts';

/** What the alternative's minute says by itself, whatever Spark's is: it is found before Spark's files are there. */
export interface OwnSide {
  /** The minute that it is of. */
  readonly facts: AlternativeFacts;
  readonly scored: ScoredCustomers;
  /** Of the accepted events, by stream; their times are counted from the minute. */
  readonly checksums: readonly EventChecksum[];
  /** Customers that have windows, and those of them that are scored. */
  readonly customers: number;
  readonly scoredCustomers: number;
  /** Customers whose windows were computed from their raw events too, and whether those say the same of all of them. */
  readonly rawCustomers: number;
  readonly rawAgrees: boolean;
}

export async function ownSideOf(project: Project, lookups: AlternativeLookups): Promise<OwnSide> {
  const { facts } = lookups;
  const raw = await lookups.raw();
  const scored = new ScoredCustomers(facts.population);
  const covered = new Set(raw.keys());
  let [customers, scoredCustomers] = [0, 0];
  for (const key of lookups.windowKeys()) {
    customers++;
    if (scored.has(key)) scoredCustomers++;
    if (raw.covers(key)) covered.add(key);
  }
  const differs = rawDiffers(project, lookups, raw);
  const checksums: EventChecksum[] = [];
  for (const accepted of facts.accepted) checksums.push(await checksumOf(facts, accepted));
  return {
    ...{ facts, scored, customers, scoredCustomers },
    checksums,
    rawCustomers: covered.size,
    rawAgrees: ![...covered].some(differs),
  };
}

async function checksumOf({ origin, minute }: AlternativeFacts, accepted: AcceptedEvents): Promise<EventChecksum> {
  const sum = new EventChecksum();
  const shift = Number(origin - minute);
  await accepted.each((event) => sum.addPacked(event, event.time + shift, event.values, 0, event.values.length));
  return sum;
}

/** Whether a customer's raw events say something else than the windows that the alternative keeps from minute to minute. */
function rawDiffers(project: Project, lookups: AlternativeLookups, raw: RawWindows): (key: string) => boolean {
  const columns = aggregateColumns(project).flatMap((variables, stream) =>
    variables.flatMap((each, variable) =>
      each.flatMap(({ aggregate }) => WINDOWS.map((window) => ({ stream, variable, aggregate, window }))),
    ),
  );
  return (key) => {
    const slot = lookups.slotOf(key);
    for (const { stream, variable, aggregate, window } of columns)
      if (raw.value(key, stream, variable, aggregate, window) !== lookups.window(slot, stream, variable, aggregate, window)) return true;
    return false;
  };
}
