import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { floorTo, formatFolder, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, ParallaxError, type Project } from '@parallax/core';
import type { RelationDefinition } from '@parallax/spark-connect';
import { outsideBaseSql } from '../batch/join.ts';
import { sameVersion } from '../batch/version.ts';
import type { Engine } from '../engine/engine.ts';
import { parquetRelation } from '../engine/relations.ts';
import { claimsIn } from '../ingest/claim-bytes.ts';
import { CLAIMED_SCHEMA, KEPT_SCHEMA, MESSAGES } from '../ingest/claimed.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { KeptMinute } from '../ledger/retention.ts';
import { LAST_HOUR_MINUTES, LATE_IDS_MAX } from '../limits.ts';

/** Minutes, first and last, whose windows an event would have been in. */
export interface WouldChange {
  readonly hourToDate: readonly [first: Micros, last: Micros];
  readonly lastHour: readonly [first: Micros, last: Micros];
}

/** A message, and the minute that met it. */
export interface MetMessage {
  readonly minute: Micros;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * What a late event would have changed, had it come in time. Nothing, if its id was accepted or had come late before, since it would have been a duplicate; nor if its
 * customer is not in the base, since nobody is scored who is not. `unknown` says which of that cannot be known any more.
 */
export type LateEffect =
  | { readonly kind: 'windows'; readonly wouldChange: WouldChange; readonly unknown: readonly ('id' | 'base')[] }
  | { readonly kind: 'nothing'; readonly why: 'accepted_before' | 'late_before'; readonly of: MetMessage }
  | { readonly kind: 'nothing'; readonly why: 'outside_base' };

/** A late event as it is kept. */
export interface LateEvent extends MetMessage {
  /** Its place in the project's streams. */
  readonly stream: number;
  readonly customer: string;
  readonly time: Micros;
  readonly id: string;
}

const MET = "regexp_extract(input_file_name(), '/iterations/([0-9]+T[0-9]+Z)/', 1)";
/** All messages of `prlx_kept_all` with the name of their iteration's folder, which ascends with its minute. */
const KEPT = `SELECT met, inline(prlx_kept(kept)) FROM (SELECT kept, ${MET} AS met FROM prlx_kept_all)`;

/** Of ids that have come late several times the first that did: by minute, then as inside a minute (contract, section 3). */
const COPIES = `SELECT stream, id, first.met AS met, first.partition AS partition, first.offset AS offset FROM (
  SELECT stream, id, min(struct(met, time, payload, partition, offset)) AS first FROM (${KEPT}) WHERE class = 'late' GROUP BY stream, id HAVING count(*) > 1
)`;

/** What is known of the ids and customers of late events: from the ids that iterations have accepted, while these are kept, from other late events, and from the batch view. */
export class LateEvents {
  readonly #ledger: Ledger;
  readonly #project: Project;
  readonly #engine: Engine;
  readonly #kept: readonly KeptMinute[];
  /** Iterations whose accepted ids are kept. */
  readonly #claimed: readonly KeptMinute[];
  readonly #claimedMinutes: ReadonlySet<Micros>;
  readonly #accepted = new Map<string, MetMessage>();
  readonly #copies = new Map<string, MetMessage>();
  #outside: { readonly minute: Micros; readonly customers: ReadonlySet<string> | null } | null = null;

  private constructor(ledger: Ledger, project: Project, engine: Engine, to: Micros) {
    this.#ledger = ledger;
    this.#project = project;
    this.#engine = engine;
    this.#kept = ledger.retention.keptMessages(0n, to);
    this.#claimed = ledger.iterations(0n, to).filter(({ folder }) => existsSync(join(folder, 'claimed')));
    this.#claimedMinutes = new Set(this.#claimed.map(({ minute }) => minute));
  }

  /**
   * Looks up the ids of the late events of all kept minutes up to `to`: also of minutes that nobody has asked for, since a first copy may be in one.
   * Throws PRLX_EVENTS when they are too many to be held in memory.
   */
  static async open(ledger: Ledger, project: Project, engine: Engine, to: Micros): Promise<LateEvents> {
    const late = new LateEvents(ledger, project, engine, to);
    await late.#findCopies();
    await late.#findAccepted();
    return late;
  }

  async effectOf(event: LateEvent): Promise<LateEffect> {
    const name = nameOf(event.stream, event.id);
    const accepted = this.#accepted.get(name);
    if (accepted !== undefined) return { kind: 'nothing', why: 'accepted_before', of: accepted };
    const first = this.#copies.get(name);
    if (first !== undefined && !isSame(first, event)) return { kind: 'nothing', why: 'late_before', of: first };
    const outside = await this.#outsideBase(event.minute);
    if (outside?.has(event.customer) === true) return { kind: 'nothing', why: 'outside_base' };
    const unknown = [...(this.#knowsId(event.time) ? [] : ['id' as const]), ...(outside === null ? ['base' as const] : [])];
    return { kind: 'windows', wouldChange: wouldChange(event.time), unknown };
  }

  async #findCopies(): Promise<void> {
    const minutes = new Map(this.#kept.map(({ minute }) => [formatFolder(minute), minute]));
    for await (const row of this.#engine.session.query(COPIES, { relations: { prlx_kept_all: messagesOf(this.#kept) } })) {
      const minute = minutes.get(String(row.met));
      if (minute === undefined) throw new ParallaxError('PRLX_EVENTS', `no kept minute has the folder ${String(row.met)}`);
      const name = nameOf(Number(row.stream), String(row.id));
      this.#copies.set(name, { minute, partition: Number(row.partition), offset: BigInt(row.offset as bigint) });
      refuseTooMany(this.#copies.size);
    }
  }

  async #findAccepted(): Promise<void> {
    const wanted = await this.#lateIds();
    if (wanted.size === 0) return;
    for (const { minute, folder } of this.#claimed) {
      const relations = { prlx_claims: parquetRelation(CLAIMED_SCHEMA, [join(folder, 'claimed')]) };
      for await (const { claims } of this.#engine.session.query('SELECT claims FROM prlx_claims WHERE claims IS NOT NULL', { relations })) {
        if (!(claims instanceof Uint8Array)) throw new TypeError('claims are bytes');
        for (const { stream, id, partition, offset } of claimsIn(claims)) {
          const name = nameOf(stream, id);
          if (wanted.has(name) && !this.#accepted.has(name)) this.#accepted.set(name, { minute, partition, offset });
        }
      }
    }
  }

  /** The ids of late events that an iteration may have accepted whose ids are kept. */
  async #lateIds(): Promise<ReadonlySet<string>> {
    const wanted = new Set<string>();
    const [oldest] = this.#claimed;
    if (oldest === undefined) return wanted;
    const sql = `SELECT DISTINCT stream, id FROM (${KEPT}) WHERE class = 'late' AND time >= ${oldest.minute - this.#project.latenessUs}L`;
    const relations = { prlx_kept_all: messagesOf(this.#kept.filter(({ minute }) => minute > oldest.minute)) };
    for await (const { stream, id } of this.#engine.session.query(sql, { relations })) {
      wanted.add(nameOf(Number(stream), String(id)));
      refuseTooMany(wanted.size);
    }
    return wanted;
  }

  /** Whether all iterations that may have accepted an event of `time`, or met it late before, can still be asked. */
  #knowsId(time: Micros): boolean {
    const begun = this.#ledger.oldest() ?? 0n;
    const { maxAheadUs, latenessUs } = this.#project;
    const earliest = floorTo(time - maxAheadUs, MICROS_PER_MINUTE) - MICROS_PER_MINUTE;
    const last = floorTo(time + latenessUs, MICROS_PER_MINUTE);
    for (let minute = earliest > begun ? earliest : begun; minute <= last; minute += MICROS_PER_MINUTE) {
      if (!this.#claimedMinutes.has(minute)) return false;
    }
    const oldest = this.#kept[0]?.minute ?? begun;
    return oldest <= begun || oldest <= last + MICROS_PER_MINUTE;
  }

  /** The customers of a minute's late events that are not in the base of its batch day; null when its view is not kept any more, or there was none. */
  async #outsideBase(minute: Micros): Promise<ReadonlySet<string> | null> {
    if (this.#outside?.minute === minute) return this.#outside.customers;
    const customers = await this.#findOutside(minute);
    this.#outside = { minute, customers };
    return customers;
  }

  async #findOutside(minute: Micros): Promise<ReadonlySet<string> | null> {
    const batch = this.#ledger.seal(minute)?.batch ?? null;
    const view = batch === null ? null : (this.#ledger.days().find((day) => sameVersion(day, batch))?.view ?? null);
    if (view === null) return null;
    const keys = `(SELECT DISTINCT key FROM (${KEPT}) WHERE class = 'late')`;
    const relations = { prlx_kept_all: messagesOf(this.#kept.filter((each) => each.minute === minute)) };
    const outside = new Set<string>();
    for await (const { key } of this.#engine.session.query(outsideBaseSql(this.#project, view, keys), { relations })) {
      outside.add(String(key));
      refuseTooMany(outside.size);
    }
    return outside;
  }
}

/** The windows that an event of `time` belongs to (contract, section 4), had it come in time. */
export function wouldChange(time: Micros): WouldChange {
  const first = floorTo(time, MICROS_PER_MINUTE);
  return {
    hourToDate: [first, floorTo(time, MICROS_PER_HOUR) + MICROS_PER_HOUR - MICROS_PER_MINUTE],
    lastHour: [first, first + BigInt(LAST_HOUR_MINUTES - 1) * MICROS_PER_MINUTE],
  };
}

function messagesOf(kept: readonly KeptMinute[]): RelationDefinition {
  return parquetRelation(
    KEPT_SCHEMA,
    kept.map(({ folder }) => join(folder, MESSAGES)),
  );
}

function nameOf(stream: number, id: string): string {
  return `${stream} ${id}`;
}

function isSame(a: MetMessage, b: MetMessage): boolean {
  return a.minute === b.minute && a.partition === b.partition && a.offset === b.offset;
}

function refuseTooMany(n: number): void {
  if (n <= LATE_IDS_MAX) return;
  throw new ParallaxError('PRLX_EVENTS', `more than ${LATE_IDS_MAX} late events would have to be told apart`, {
    advice: 'Ask for an earlier --to, or for other classes than late.',
  });
}
