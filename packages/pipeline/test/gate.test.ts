import { MICROS_PER_DAY, MICROS_PER_MINUTE, type Micros, type MinuteVerdict, type VerdictSource } from '@parallax/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { countsFor, findingsOf, nextState, nextTerm, type OpenAction, type Verification } from '../src/act/gate.ts';
import { GateKeeper, type MinuteStatus } from '../src/act/gate-keeper.ts';
import { ActionPublisher } from '../src/act/publish.ts';
import type { GatedDecision } from '../src/ledger/action-book.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { PUBLISH_BATCH_MAX } from '../src/limits.ts';
import { decided, SECOND, TopicLog, verdictOn } from './gate-support.ts';
import { at, failureOf, ManualClock, sealOf } from './support.ts';

const MINUTE = at('10:00');
const END = MINUTE + MICROS_PER_MINUTE;

describe('what a verdict says about a customer', () => {
  const says = (changes: Partial<MinuteVerdict>) => ['a', 'b'].map(findingsOf(verdictOn(MINUTE, changes)));

  test.each([
    [{ verdict: 'match' }, ['clears', 'clears']],
    [{ verdict: 'match', blocks: { kind: 'customers', customers: ['a'] } }, ['blocks', 'clears']],
    [{ verdict: 'mismatch', blocks: { kind: 'customers', customers: ['a', 'c'] } }, ['blocks', 'clears']],
    [{ verdict: 'mismatch', blocks: { kind: 'all' } }, ['blocks', 'blocks']],
    [{ verdict: 'input_divergence', blocks: { kind: 'customers', customers: ['b'] } }, ['clears', 'blocks']],
    [{ verdict: 'input_divergence', blocks: { kind: 'all' } }, ['blocks', 'blocks']],
    [{ verdict: 'inconclusive', blocks: { kind: 'none' } }, ['open', 'open']],
    [{ verdict: 'inconclusive', blocks: { kind: 'all' } }, ['open', 'open']],
  ] as const)('%j', (changes, findings) => {
    expect(says(changes)).toEqual(findings);
  });

  test('without one, nothing', () => {
    expect(findingsOf(null)('a')).toBe('open');
  });

  test('counts only on the very iteration that was committed', () => {
    const iteration = { minute: MINUTE, manifest: 'm', digest: 'd' };
    expect(countsFor(verdictOn(MINUTE), iteration)).toBe(true);
    for (const other of [{ minute: MINUTE + 1n }, { manifest: 'x' }, { digest: 'x' }])
      expect(countsFor(verdictOn(MINUTE, other), iteration)).toBe(false);
  });
});

describe('what becomes of an action', () => {
  const action = (changes: Partial<OpenAction> = {}): OpenAction => ({ ...decided(MINUTE, 'a'), state: 'waiting', ...changes });
  const on = (finding: 'clears' | 'blocks' | 'open'): Verification => ({ kind: 'on', findingOf: () => finding });
  const OFF: Verification = { kind: 'off' };
  const after = (seconds: bigint): Micros => END + seconds * SECOND;
  const OVER = after(60n) + 1n;
  const TOO_LATE = after(900n) + 1n;
  const HELD = { state: 'held' } as const;
  const DROP = { otherwise: 'drop' } as const;

  test.each<[string, Partial<OpenAction>, Verification, 'release' | 'drop' | null, Micros, object | null]>([
    ['a verdict that clears releases', {}, on('clears'), null, after(5n), { state: 'released', cause: 'verdict' }],
    ['also after the wait', {}, on('clears'), null, OVER, { state: 'released', cause: 'verdict' }],
    ['also what was held', HELD, on('clears'), null, after(300n), { state: 'released', cause: 'verdict' }],
    ['also at the last instant of its validity', HELD, on('clears'), null, after(900n), { state: 'released', cause: 'verdict' }],
    ['one that does not holds at once', {}, on('blocks'), null, after(5n), { state: 'held', cause: 'verdict' }],
    ['or drops', DROP, on('blocks'), null, after(5n), { state: 'dropped', cause: 'verdict' }],
    ['what is held stays so', HELD, on('blocks'), null, OVER, null],
    ['a batch day that is too old holds', {}, { kind: 'too_old' }, null, after(5n), { state: 'held', cause: 'batch_age' }],
    ['or drops', DROP, { kind: 'too_old' }, null, after(5n), { state: 'dropped', cause: 'batch_age' }],
    ['and lets go what a person releases', HELD, { kind: 'too_old' }, 'release', after(5n), { state: 'released', cause: 'hand' }],
    ['without one it waits', {}, on('open'), null, after(60n), null],
    ['until its wait is over: then it is held', {}, on('open'), null, OVER, { state: 'held', cause: 'no_verdict' }],
    ['or dropped', DROP, on('open'), null, OVER, { state: 'dropped', cause: 'no_verdict' }],
    ['held without one it stays so', HELD, on('open'), null, after(899n), null],
    ['too late it expires, cleared or not', {}, on('clears'), null, TOO_LATE, { state: 'expired', cause: 'time' }],
    ['too late it expires, held or not', HELD, on('open'), 'release', TOO_LATE, { state: 'expired', cause: 'time' }],
    ['by hand it is released', HELD, on('blocks'), 'release', after(300n), { state: 'released', cause: 'hand' }],
    ['by hand it is dropped', HELD, on('blocks'), 'drop', after(300n), { state: 'dropped', cause: 'hand' }],
    ['by hand before a verdict', {}, on('clears'), 'drop', after(1n), { state: 'dropped', cause: 'hand' }],
    ['without an alternative it is released at once', {}, OFF, null, after(0n), { state: 'released', cause: 'unverified' }],
    ['but not what was held', HELD, OFF, null, after(300n), null],
    ['and not what is too late', {}, OFF, null, TOO_LATE, { state: 'expired', cause: 'time' }],
  ])('%s', (_name, changes, verification, wanted, now, next) => {
    expect(nextState(action(changes), { verification, wanted, now })).toEqual(next);
  });

  test('its next term is the end of its wait, then of its validity', () => {
    expect(nextTerm(action(), after(1n))).toBe(after(60n));
    expect(nextTerm(action(), OVER)).toBe(after(900n));
    expect(nextTerm(action(HELD), after(1n))).toBe(after(900n));
    expect(nextTerm(action({ validUntil: after(30n) }), after(1n))).toBe(after(30n));
  });
});

/** A gate over a ledger in memory, a topic in memory, and verdicts that the test gives. */
async function gateOf({ off = false, batchDay = null }: { off?: boolean; batchDay?: string | null } = {}) {
  const ledger = Ledger.open(':memory:');
  onTestFinished(() => ledger.close());
  ledger.takeLease('a', 0n, 1n << 60n);
  const clock = new ManualClock(END);
  const topic = new TopicLog();
  const given = new Map<Micros, MinuteVerdict>();
  const verdicts: VerdictSource = { verdictOf: (minute) => given.get(minute) ?? null };
  const statuses: MinuteStatus[] = [];
  const notes: string[] = [];
  /** As a run opens it: the topic is claimed before anything turns. */
  const open = async (): Promise<GateKeeper> => {
    const publisher = new ActionPublisher({ ledger, topic: topic.connect(), project: { name: 'small', key: 'customer_id' } });
    await publisher.claim(clock.now());
    return new GateKeeper({
      ledger,
      publisher,
      verdicts: off ? null : verdicts,
      clock,
      wait: 60n * SECOND,
      batchMaxAge: 3n * MICROS_PER_DAY,
      onStatus: (status) => statuses.push(status),
      note: (text) => notes.push(text),
    });
  };
  const gate = await open();
  const commit = (minute: Micros, ...decisions: readonly GatedDecision[]): void => {
    const batch = batchDay === null ? null : { day: batchDay, version: 'v1' };
    ledger.writeSeal(minute, sealOf('10:00', { batch }), minute + MICROS_PER_MINUTE);
    ledger.commit({ minute, folder: `/${minute}`, manifest: 'm', digest: 'd', report: '{}' }, decisions);
    gate.watch(minute);
  };
  const states = (minute = MINUTE) => Object.fromEntries(ledger.actions.ofMinute(minute).map((d) => [d.customer, d.state]));
  const turnAt = async (time: Micros): Promise<void> => {
    clock.turnTo(time);
    await gate.turn();
  };
  return { ledger, clock, topic, given, statuses, notes, gate, open, commit, states, turnAt };
}

describe('the gate', () => {
  test('lets nothing out before its verdict, and all of it after a match', async () => {
    const { commit, topic, turnAt, given, states } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'), decided(MINUTE, 'b'));
    await turnAt(END + SECOND);
    expect([topic.ids(), states()]).toEqual([[], { a: 'waiting', b: 'waiting' }]);
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + 2n * SECOND);
    await turnAt(END + 3n * SECOND);
    expect(topic.rights().sort()).toEqual([
      ['a', 'verdict'],
      ['b', 'verdict'],
    ]);
    expect(states()).toEqual({ a: 'released', b: 'released' });
  });

  test('releases the others of a mismatch, holds or drops its customers', async () => {
    const { commit, topic, turnAt, given, states } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'), decided(MINUTE, 'b'), decided(MINUTE, 'c', { otherwise: 'drop' }));
    given.set(MINUTE, verdictOn(MINUTE, { verdict: 'mismatch', blocks: { kind: 'customers', customers: ['a', 'c'] } }));
    await turnAt(END + SECOND);
    expect([topic.rights(), states()]).toEqual([[['b', 'verdict']], { a: 'held', b: 'released', c: 'dropped' }]);
  });

  test.each([true, false])('holds or drops at once what a batch day that is too old decided (off: %s)', async (off) => {
    const { commit, topic, turnAt, given, states, ledger } = await gateOf({ off, batchDay: '2026-01-01' });
    commit(MINUTE, decided(MINUTE, 'a'), decided(MINUTE, 'b', { otherwise: 'drop' }));
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + SECOND);
    await turnAt(END + 2n * SECOND);
    expect([topic.ids(), states()]).toEqual([[], { a: 'held', b: 'dropped' }]);
    expect(ledger.actions.ofMinute(MINUTE).map(({ cause }) => cause)).toEqual(['batch_age', 'batch_age']);
  });

  test('a batch day of exactly the oldest age is not too old', async () => {
    const { commit, turnAt, given, states } = await gateOf({ batchDay: '2026-01-02' });
    commit(MINUTE, decided(MINUTE, 'a'));
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + SECOND);
    expect(states()).toEqual({ a: 'released' });
  });

  test('a verdict on another attempt or on other inputs does not count', async () => {
    const { commit, topic, turnAt, given, states, ledger } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'));
    for (const other of [{ digest: 'of another attempt' }, { manifest: 'of other inputs' }]) {
      given.set(MINUTE, verdictOn(MINUTE, other));
      await turnAt(END + SECOND);
    }
    expect([topic.ids(), states(), ledger.actions.verdict(MINUTE)]).toEqual([[], { a: 'waiting' }, null]);
  });

  test('without a verdict each action is held or dropped when its own wait is over; a late match releases what is held and valid', async () => {
    const { commit, topic, turnAt, given, states } = await gateOf();
    commit(
      MINUTE,
      decided(MINUTE, 'holds'),
      decided(MINUTE, 'drops', { otherwise: 'drop' }),
      decided(MINUTE, 'patient', { waitUntil: END + 300n * SECOND }),
      decided(MINUTE, 'short', { validUntil: END + 120n * SECOND }),
    );
    await turnAt(END + 60n * SECOND);
    expect(new Set(Object.values(states()))).toEqual(new Set(['waiting']));
    await turnAt(END + 60n * SECOND + 1n);
    expect(states()).toEqual({ holds: 'held', drops: 'dropped', patient: 'waiting', short: 'held' });
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + 121n * SECOND);
    expect(states()).toEqual({ holds: 'released', drops: 'dropped', patient: 'released', short: 'expired' });
    expect(topic.values.map(({ key }) => key).sort()).toEqual(['holds', 'patient']);
  });

  test('inconclusive releases nobody; a conclusive verdict after it counts', async () => {
    const { commit, topic, turnAt, given, states } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'));
    given.set(MINUTE, verdictOn(MINUTE, { verdict: 'inconclusive', reason: 'incomplete' }));
    await turnAt(END + SECOND);
    expect([topic.ids(), states()]).toEqual([[], { a: 'waiting' }]);
    await turnAt(END + 61n * SECOND);
    expect(states()).toEqual({ a: 'held' });
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + 90n * SECOND);
    expect(states()).toEqual({ a: 'released' });
  });

  test('with the alternative off all is released at once, and says so', async () => {
    const { commit, topic, turnAt } = await gateOf({ off: true });
    commit(MINUTE, decided(MINUTE, 'a'));
    await turnAt(END);
    expect(topic.rights()).toEqual([['a', 'unverified']]);
  });

  test('of more than one request’s worth loses and repeats nothing, some of it blocked', async () => {
    const { commit, topic, turnAt, given, states } = await gateOf();
    const customers = Array.from({ length: 2 * PUBLISH_BATCH_MAX + 7 }, (_, i) => `c${i}`);
    const blocked = customers.filter((_, i) => i % 3 === 0);
    commit(MINUTE, ...customers.map((customer) => decided(MINUTE, customer)));
    given.set(MINUTE, verdictOn(MINUTE, { verdict: 'mismatch', blocks: { kind: 'customers', customers: blocked } }));
    await turnAt(END + SECOND);
    await turnAt(END + 2n * SECOND);
    const free = customers.filter((_, i) => i % 3 !== 0);
    expect(topic.values.map(({ key }) => key).sort()).toEqual(free.sort());
    expect(Object.values(states()).filter((state) => state === 'held')).toHaveLength(blocked.length);
  });

  test('a broker that is away holds up nothing else: what is to be held is held, and the rest leaves when it is back', async () => {
    const { commit, topic, turnAt, given, states } = await gateOf();
    const next = MINUTE + MICROS_PER_MINUTE;
    commit(MINUTE, decided(MINUTE, 'a'), decided(MINUTE, 'b'));
    commit(next, decided(next, 'z', { waitUntil: END + 30n * SECOND }));
    given.set(MINUTE, verdictOn(MINUTE, { verdict: 'mismatch', blocks: { kind: 'customers', customers: ['b'] } }));
    topic.faults.push('fails, nothing sent', 'fails, but sent');
    for (const second of [40n, 41n]) expect((await failureOf(() => turnAt(END + second * SECOND))).code).toBe('PRLX_BROKER');
    expect([states(), states(next)]).toEqual([{ a: 'waiting', b: 'held' }, { z: 'held' }]);
    await turnAt(END + 42n * SECOND);
    expect([topic.rights(), states().a]).toEqual([[['a', 'verdict']], 'released']);
  });

  test('who lost the lease sends nothing more', async () => {
    const { commit, topic, turnAt, given, ledger } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'));
    given.set(MINUTE, verdictOn(MINUTE));
    ledger.releaseLease();
    expect((await failureOf(() => turnAt(END + SECOND))).code).toBe('PRLX_FENCED');
    expect(topic.ids()).toEqual([]);
  });

  test('verdicts that cannot be read are none, and are noted', async () => {
    const { commit, given, turnAt, states, notes } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'));
    given.get = () => {
      throw new Error('the file is torn');
    };
    await turnAt(END + SECOND);
    expect([states(), notes]).toEqual([{ a: 'waiting' }, ['the verdict on 2026-01-05T10:00:00Z cannot be read: the file is torn']]);
  });

  test('a restart goes on with what the ledger knows, also when the verdict is not there any more', async () => {
    const { commit, topic, turnAt, given, open, clock, states } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'), decided(MINUTE, 'b'));
    given.set(MINUTE, verdictOn(MINUTE));
    topic.faults.push('fails, nothing sent');
    await failureOf(() => turnAt(END + SECOND));
    given.clear();
    clock.turnTo(END + 2n * SECOND);
    await (await open()).turn();
    expect([topic.ids().length, states()]).toEqual([2, { a: 'released', b: 'released' }]);
  });
});

describe('by hand', () => {
  const request = (ledger: Ledger, customer: string, wanted: 'release' | 'drop'): number =>
    ledger.actions.file({ decision: decided(MINUTE, customer).id, wanted, who: 'ada', why: 'called her', filed: END });
  const answers = (ledger: Ledger, customer: string) => ledger.actions.interventions(decided(MINUTE, customer).id).map((i) => i.answer);

  test('held actions are released or dropped, each once, however often it is asked for, with who and why', async () => {
    const { commit, topic, turnAt, states, ledger } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'), decided(MINUTE, 'b'));
    await turnAt(END + 61n * SECOND);
    for (let i = 0; i < 2; i++) {
      request(ledger, 'a', 'release');
      request(ledger, 'b', 'drop');
    }
    request(ledger, 'b', 'release');
    for (const second of [62n, 63n, 64n]) await turnAt(END + second * SECOND);
    expect([topic.rights(), states()]).toEqual([[['a', 'hand']], { a: 'released', b: 'dropped' }]);
    expect([answers(ledger, 'a'), answers(ledger, 'b')]).toEqual([
      ['released', 'already released'],
      ['dropped', 'already dropped', 'already dropped'],
    ]);
    expect(ledger.actions.interventions(decided(MINUTE, 'a').id)[0]).toMatchObject({ who: 'ada', why: 'called her', wanted: 'release' });
  });

  test('what is too old is not released, and what nobody decided is unknown', async () => {
    const { commit, topic, turnAt, states, ledger } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'));
    await turnAt(END + 61n * SECOND);
    request(ledger, 'a', 'release');
    request(ledger, 'nobody', 'release');
    await turnAt(END + 15n * MICROS_PER_MINUTE + 1n);
    expect([topic.ids(), states()]).toEqual([[], { a: 'expired' }]);
    expect([answers(ledger, 'a'), answers(ledger, 'nobody')]).toEqual([['expired'], ['unknown']]);
  });

  test('what the next verdict says of a dropped action changes nothing', async () => {
    const { commit, topic, turnAt, given, states, ledger } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'));
    request(ledger, 'a', 'drop');
    await turnAt(END + SECOND);
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + 2n * SECOND);
    expect([topic.ids(), states()]).toEqual([[], { a: 'dropped' }]);
  });

  test('is filed without the lease, and answered only with it', async () => {
    const ledger = Ledger.open(':memory:');
    onTestFinished(() => ledger.close());
    request(ledger, 'a', 'drop');
    expect(answers(ledger, 'a')).toEqual([null]);
    expect((await failureOf(() => ledger.actions.change([], 1n, [{ number: 1, answer: 'dropped' }]))).code).toBe('PRLX_FENCED');
  });
});

describe('what is told of a minute', () => {
  const told = (statuses: readonly MinuteStatus[]) =>
    statuses.map(
      ({ minute, verification, settled }) => `${Number((minute - MINUTE) / MICROS_PER_MINUTE)} ${verification}${settled ? ' settled' : ''}`,
    );

  test('is settled when its verdict has come and nothing waits; a change after that is told too', async () => {
    const { commit, turnAt, given, statuses, ledger } = await gateOf();
    commit(MINUTE, decided(MINUTE, 'a'), decided(MINUTE, 'b'));
    await turnAt(END + SECOND);
    given.set(MINUTE, verdictOn(MINUTE, { verdict: 'mismatch', blocks: { kind: 'customers', customers: ['a'] } }));
    await turnAt(END + 2n * SECOND);
    ledger.actions.file({ decision: decided(MINUTE, 'a').id, wanted: 'release', who: 'x', why: 'y', filed: END });
    for (const second of [3n, 4n, 5n]) await turnAt(END + second * SECOND);
    expect(told(statuses)).toEqual(['0 pending', '0 given settled', '0 given settled']);
    expect(statuses.map(({ tallies }) => tallies.map(({ state, n }) => `${state} ${n}`))).toEqual([
      ['waiting 2'],
      ['held 1', 'released 1'],
      ['released 2'],
    ]);
  });

  test('no verdict in time is a failure that shows; one that comes late is told', async () => {
    const { commit, turnAt, given, statuses } = await gateOf();
    commit(MINUTE);
    await turnAt(END + 60n * SECOND);
    await turnAt(END + 61n * SECOND);
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + 62n * SECOND);
    expect(told(statuses)).toEqual(['0 pending', '0 missing settled', '0 given settled']);
  });

  test('minutes settle in their order', async () => {
    const { commit, turnAt, given, statuses } = await gateOf();
    const next = MINUTE + MICROS_PER_MINUTE;
    commit(MINUTE);
    commit(next);
    given.set(next, verdictOn(next));
    await turnAt(END + 50n * SECOND);
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + 51n * SECOND);
    expect(told(statuses)).toEqual(['0 pending', '1 given', '0 given settled', '1 given settled']);
  });

  test('with the alternative off a minute is settled once its actions have left', async () => {
    const { commit, turnAt, statuses, topic } = await gateOf({ off: true });
    commit(MINUTE, decided(MINUTE, 'a'));
    topic.faults.push('fails, nothing sent');
    await failureOf(() => turnAt(END));
    await turnAt(END + SECOND);
    expect(told(statuses)).toEqual(['0 off', '0 off settled']);
  });

  test('a run that ends before is told what is known', async () => {
    const { commit, turnAt, statuses, gate } = await gateOf();
    commit(MINUTE);
    await turnAt(END + SECOND);
    gate.flush();
    gate.flush();
    expect(told(statuses)).toEqual(['0 pending', '0 pending settled']);
  });

  test('waiting for it ends with the last verdict', async () => {
    const { commit, turnAt, given, gate, clock } = await gateOf();
    commit(MINUTE);
    let over = false;
    const settled = gate.settled(new AbortController().signal).then(() => {
      over = true;
    });
    await turnAt(END + SECOND);
    expect(over).toBe(false);
    given.set(MINUTE, verdictOn(MINUTE));
    await turnAt(END + 2n * SECOND);
    clock.turnTo(END + 3n * SECOND);
    await settled;
    expect(over).toBe(true);
  });
});
