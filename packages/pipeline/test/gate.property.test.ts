/**
 * Goal: whatever verdicts, requests, time, failures and crashes come in whatever order, an action leaves at most once, never without a
 * right to, never when it is too late, and what the ledger says of it is what the topic holds. Method: random interleavings on a ledger
 * and a topic in memory; a model that knows only what was given, asked for and when. fast-check prints its seed on failure.
 */
import { MICROS_PER_MINUTE, type Micros, type MinuteVerdict, ParallaxError } from '@parallax/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GateKeeper } from '../src/act/gate-keeper.ts';
import { ActionPublisher } from '../src/act/publish.ts';
import type { GatedDecision } from '../src/ledger/action-book.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { Crash, decided, type Fault, SECOND, TopicLog, verdictOn } from './gate-support.ts';
import { at, ManualClock, sealOf } from './support.ts';

const START = at('10:00');
const CUSTOMERS = ['a', 'b', 'c', 'd'];
const MINUTES = [0, 1, 2];

type Step =
  | { readonly kind: 'commit' }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'turn' }
  | { readonly kind: 'verdict'; readonly minute: number; readonly changes: Partial<MinuteVerdict> }
  | { readonly kind: 'ask'; readonly minute: number; readonly customer: string; readonly wanted: 'release' | 'drop' }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'torn position' }
  | { readonly kind: 'crash' }
  | { readonly kind: 'usurp' };

const blocks = fc.oneof(
  fc.constant({ kind: 'none' } as const),
  fc.constant({ kind: 'all' } as const),
  fc.subarray(CUSTOMERS).map((customers) => ({ kind: 'customers', customers }) as const),
);
const changes: fc.Arbitrary<Partial<MinuteVerdict>> = fc.record({
  verdict: fc.constantFrom('match', 'mismatch', 'input_divergence', 'inconclusive'),
  blocks,
  digest: fc.constantFrom('d', 'd', 'd', 'of another attempt'),
});
const minute = fc.constantFrom(...MINUTES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(1, 20, 61, 300, 900) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('verdict' as const), minute, changes }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      minute,
      customer: fc.constantFrom(...CUSTOMERS),
      wanted: fc.constantFrom('release' as const, 'drop' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom<Fault[]>('fails, nothing sent', 'fails, but sent', 'crash before', 'crash after'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('torn position' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('usurp' as const) }) },
);

/** One coordinator's gate; `old` ones go on turning without knowing that they were succeeded. */
interface Coordinator {
  readonly ledger: Ledger;
  readonly gate: GateKeeper;
}

class World {
  readonly #off: boolean;
  readonly #file: string;
  readonly clock = new ManualClock(START + MICROS_PER_MINUTE);
  readonly topic = new TopicLog();
  readonly given = new Map<Micros, MinuteVerdict>();
  readonly decisions: GatedDecision[] = [];
  /** What was asked for, as `release ID`. */
  readonly asked = new Set<string>();
  /** Ids that a verdict which stood in some turn cleared. */
  readonly cleared = new Set<string>();
  readonly old: Coordinator[] = [];
  readonly seen = { crashes: 0, usurped: 0, verdict: 0, hand: 0, unverified: 0 };
  now: Coordinator;
  #committed = 0;

  constructor(name: string, off: boolean) {
    this.#off = off;
    // In memory, shared by the coordinators' connections: the property is about order, not about disks.
    this.#file = `file:${name}?mode=memory&cache=shared`;
    this.now = this.#start();
  }

  #start(): Coordinator {
    const ledger = Ledger.open(this.#file);
    ledger.takeLease('the same', 0n, 1n << 61n);
    const gate = new GateKeeper({
      ledger,
      publisher: new ActionPublisher({ ledger, topic: this.topic.connect(), project: { name: 'small', key: 'customer_id' } }),
      verdicts: this.#off ? null : { verdictOf: (minute) => this.given.get(minute) ?? null },
      clock: this.clock,
      wait: 60n * SECOND,
      onStatus: () => undefined,
      note: () => undefined,
    });
    return { ledger, gate };
  }

  close(): void {
    for (const { ledger } of [...this.old, this.now]) ledger.close();
  }

  commit(): void {
    if (this.#committed >= MINUTES.length) return;
    const minute = START + BigInt(this.#committed++) * MICROS_PER_MINUTE;
    const terms: Partial<GatedDecision>[] = [
      {},
      { otherwise: 'drop' },
      { waitUntil: minute + 400n * SECOND },
      { validUntil: minute + 200n * SECOND },
    ];
    const decisions = CUSTOMERS.map((customer, i) => decided(minute, customer, terms[i] ?? {}));
    this.decisions.push(...decisions);
    this.now.ledger.writeSeal(minute, sealOf('10:00'), minute + MICROS_PER_MINUTE);
    this.now.ledger.commit({ minute, folder: `/${minute}`, manifest: 'm', digest: 'd', report: '{}' }, decisions);
    this.now.gate.watch(minute);
  }

  async turn(): Promise<void> {
    for (const { id, minute, customer } of this.decisions) {
      const verdict = this.given.get(minute);
      if (verdict?.digest !== 'd' || verdict.verdict === 'inconclusive' || verdict.blocks.kind === 'all') continue;
      if (verdict.blocks.kind === 'none' || !verdict.blocks.customers.includes(customer)) this.cleared.add(id);
    }
    const { epoch } = this.now.ledger;
    for (const { gate } of [...this.old, this.now]) {
      const before = this.topic.values.length;
      try {
        await gate.turn();
      } catch (error) {
        if (error instanceof Crash && gate === this.now.gate) this.crash();
        else if (!(error instanceof ParallaxError)) throw error;
        else if (error.code === 'PRLX_FENCED') this.#stop(gate);
      }
      this.#judge(before, epoch);
    }
  }

  #stop(gate: GateKeeper): void {
    const at = this.old.findIndex((old) => old.gate === gate);
    expect(at).toBeGreaterThanOrEqual(0);
    this.old.splice(at, 1)[0]?.ledger.close();
  }

  /** Every action that left just now had the right to, was in time, and was sent by who holds the lease. */
  #judge(before: number, epoch: number): void {
    for (const sent of this.topic.values.slice(before)) {
      const { id, right } = JSON.parse(sent.value) as { id: string; right: 'verdict' | 'hand' | 'unverified' };
      const decision = this.decisions.find((d) => d.id === id);
      if (decision === undefined) throw new Error(`nobody decided ${id}`);
      expect(this.clock.now() <= decision.validUntil).toBe(true);
      expect(sent.epoch).toBe(String(epoch));
      expect({ right, has: this.#has(right, id) }).toEqual({ right, has: true });
      this.seen[right] += 1;
    }
    expect(new Set(this.topic.ids()).size).toBe(this.topic.values.length);
  }

  #has(right: 'verdict' | 'hand' | 'unverified', id: string): boolean {
    if (right === 'unverified') return this.#off;
    return right === 'hand' ? this.asked.has(`release ${id}`) : !this.#off && this.cleared.has(id);
  }

  crash(): void {
    this.seen.crashes += 1;
    this.old.push(this.now);
    this.now = this.#start();
    this.old.pop()?.ledger.close();
  }

  /** Another coordinator takes the lease while this one sleeps; it wakes up later and goes on. */
  usurp(): void {
    this.seen.usurped += 1;
    this.old.push(this.now);
    this.now = this.#start();
  }
}

async function play(world: World, steps: readonly Step[]): Promise<void> {
  for (const action of steps) {
    switch (action.kind) {
      case 'commit':
        world.commit();
        break;
      case 'pass':
        world.clock.turnTo(world.clock.now() + BigInt(action.seconds) * SECOND);
        break;
      case 'turn':
        await world.turn();
        break;
      case 'verdict':
        world.given.set(
          START + BigInt(action.minute) * MICROS_PER_MINUTE,
          verdictOn(START + BigInt(action.minute) * MICROS_PER_MINUTE, action.changes),
        );
        break;
      case 'ask': {
        const { id } = decided(START + BigInt(action.minute) * MICROS_PER_MINUTE, action.customer);
        world.asked.add(`${action.wanted} ${id}`);
        world.now.ledger.actions.file({ decision: id, wanted: action.wanted, who: 'x', why: 'y', filed: world.clock.now() });
        break;
      }
      case 'fault':
        world.topic.faults.push(action.fault);
        break;
      case 'torn position':
        world.now.ledger.setMeta = () => {
          throw new Crash();
        };
        break;
      case 'crash':
        world.crash();
        break;
      case 'usurp':
        world.usurp();
        break;
    }
  }
}

/** How it must end once nothing fails any more. */
async function settle(world: World): Promise<void> {
  world.topic.faults.length = 0;
  world.crash();
  for (let i = 0; i < 3; i++) await world.turn();
  const sent = new Set(world.topic.ids());
  const now = world.clock.now();
  for (const { id, validUntil, waitUntil } of world.decisions) {
    const found = world.now.ledger.actions.find(id);
    const state = found?.state ?? 'none';
    expect({ id, released: state === 'released' }).toEqual({ id, released: sent.has(id) });
    if (state === 'waiting') expect(now <= waitUntil && now <= validUntil).toBe(true);
    if (state === 'held') expect(now <= validUntil).toBe(true);
  }
  expect(world.now.ledger.actions.unanswered(99)).toEqual([]);
}

test.each([
  ['with verdicts', false],
  ['with the alternative off', true],
])('%s: each action leaves at most once, by right, in time', async (name, off) => {
  const seen = { crashes: 0, usurped: 0, verdict: 0, hand: 0, unverified: 0 };
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const world = new World(`${name.replaceAll(' ', '-')}-${runs++}`, off);
      try {
        world.commit();
        await play(world, steps);
        await settle(world);
        for (const kind of Object.keys(seen) as (keyof typeof seen)[]) seen[kind] += world.seen[kind];
      } finally {
        world.close();
      }
    }),
    { numRuns: 300 },
  );
  const wanted: readonly (keyof typeof seen)[] = off ? ['crashes', 'usurped', 'unverified'] : ['crashes', 'usurped', 'verdict', 'hand'];
  for (const kind of wanted) expect(seen[kind]).toBeGreaterThan(10);
});
