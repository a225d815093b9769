import type { Project } from '@parallax/core';
import { WINDOWS } from '@parallax/core/view-columns.ts';
import { aggregateColumns } from '../columns.ts';
import { EventChecksum } from '../event-checksum.ts';
import type { AcceptedEvents, AlternativeFacts, AlternativeLookups, RawWindows } from '../sides.ts';
import { ScoredCustomers } from './scored-customers.ts';

/** What the alternative's minute says by itself, whatever Spark's is: it is found before Spark's files are there. */
export class OwnSide {
  /** The minute that it is of. */
  readonly facts: AlternativeFacts;
  readonly scored: ScoredCustomers;
  /** Of the accepted events, by stream; their times are counted from the minute. */
  readonly checksums: readonly EventChecksum[];
  /** Customers that have windows, and those of them that are scored. */
  readonly customers: number;
  readonly scoredCustomers: number;
  /** Customers whose windows were computed from their raw events too. */
  readonly #covered = new Set<string>();
  #rawAgrees = true;
  readonly #project: Project;

  private constructor(project: Project, own: Pick<OwnSide, 'facts' | 'scored' | 'checksums' | 'customers' | 'scoredCustomers'>) {
    this.#project = project;
    this.facts = own.facts;
    this.scored = own.scored;
    this.checksums = own.checksums;
    this.customers = own.customers;
    this.scoredCustomers = own.scoredCustomers;
  }

  /** Of a minute whose messages were taken in; actions need not be decided yet. */
  static async of(project: Project, lookups: AlternativeLookups): Promise<OwnSide> {
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
    const checksums: EventChecksum[] = [];
    for (const accepted of facts.accepted) checksums.push(await checksumOf(facts, accepted));
    const own = new OwnSide(project, { facts, scored, checksums, customers, scoredCustomers });
    own.#hold(covered, lookups, raw);
    return own;
  }

  /** Once actions are decided those who have them are among the customers whose windows were computed from their raw events. */
  async withActed(lookups: AlternativeLookups): Promise<void> {
    const raw = await lookups.raw();
    this.#hold(raw.keys(), lookups, raw);
    this.#hold(
      this.facts.acted.filter((key) => raw.covers(key) && lookups.slotOf(key) >= 0),
      lookups,
      raw,
    );
  }

  /** Holds the kept windows of customers against what their raw events say, of each once. */
  #hold(customers: Iterable<string>, lookups: AlternativeLookups, raw: RawWindows): void {
    const differs = rawDiffers(this.#project, lookups, raw);
    for (const key of customers) {
      if (this.#covered.has(key)) continue;
      this.#covered.add(key);
      if (differs(key)) this.#rawAgrees = false;
    }
  }

  get rawCustomers(): number {
    return this.#covered.size;
  }

  /** Whether the raw events say the same as the kept windows of all of them. */
  get rawAgrees(): boolean {
    return this.#rawAgrees;
  }
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
