import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Micros, ParallaxError, parseSecond } from '@parallax/core';
import { ActionPublisher, GateKeeper, Ledger } from '@parallax/pipeline';
import { Command } from 'commander';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Asking, ask, namedDecisions } from '../src/actions/ask.ts';
import { toFailure } from '../src/failure.ts';
import { loadCommands } from '../src/load-commands.ts';

/** Goal: a person can see what the gate holds, and release or drop it: once, with who and why on file, while a run lives and while none does. */
const MINUTE = parseSecond('2026-01-05T10:00:00Z') ?? 0n;
const END = MINUTE + 60_000_000n;
const ID = (letter: string): string => letter.repeat(64);

let state = '';
let ledger: Ledger;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'parallax-actions-'));
  ledger = Ledger.open(join(state, 'ledger.sqlite'));
  onTestFinished(async () => {
    ledger.close();
    await rm(state, { recursive: true });
  });
  ledger.takeLease('before', 0n, 0n);
  ledger.setMeta('project', JSON.stringify({ name: 'small', key: { name: 'customer_id', type: 'bigint' }, streams: [] }));
  const decision = (letter: string, customer: string) => ({
    id: ID(letter),
    minute: MINUTE,
    customer,
    action: 'call',
    reason: letter === 'c' ? null : 'low\x1b[2J',
    waitUntil: END + 62_000_000n,
    validUntil: END + 900_000_000n,
    otherwise: 'hold' as const,
  });
  ledger.commit({ minute: MINUTE, folder: '/f', manifest: 'm', digest: 'd', report: '{}' }, [
    decision('a', '1'),
    decision('b', '2'),
    decision('c', '3'),
  ]);
  ledger.actions.change([{ id: ID('b'), state: 'held', cause: 'no_verdict' }], END + 63_000_000n);
  ledger.actions.change([{ id: ID('c'), state: 'released', cause: 'verdict' }], END + 5_000_000n);
  ledger.releaseLease();
});

/** What the command line writes, or fails with. */
async function said(...words: readonly string[]): Promise<{ lines: string[]; failure: ReturnType<typeof toFailure> | null }> {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(...String(text).trimEnd().split('\n'));
    return true;
  });
  const errors = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const program = new Command('parallax').exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} });
  try {
    await loadCommands(program, words);
    await program.parseAsync(words, { from: 'user' });
    return { lines, failure: null };
  } catch (error) {
    return { lines, failure: toFailure(error) };
  } finally {
    spy.mockRestore();
    errors.mockRestore();
  }
}

describe('the list', () => {
  test('has what waits and what is held, with terms and causes, and is harmless', async () => {
    const { lines } = await said('actions', '--state', state);
    expect(lines).toEqual([
      'aaaaaaaaaaaa  2026-01-05T10:00:00Z  waiting (until 10:02:02Z, then hold)  call for 1: low·[2J',
      'bbbbbbbbbbbb  2026-01-05T10:00:00Z  held (no verdict in time, valid until 10:16:00Z)  call for 2: low·[2J',
    ]);
  });

  test('can be of other states, and JSON', async () => {
    expect((await said('actions', '--state', state, '--all')).lines).toHaveLength(3);
    const { lines } = await said('actions', '--state', state, '--released', '--json');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      {
        id: ID('c'),
        minute: '2026-01-05T10:00:00Z',
        customer_id: '3',
        action: 'call',
        reason: null,
        state: 'released',
        cause: 'verdict',
        changed: '2026-01-05T10:01:05Z',
        wait_until: '2026-01-05T10:02:02Z',
        valid_until: '2026-01-05T10:16:00Z',
        otherwise: 'hold',
        by_hand: [],
      },
    ]);
  });

  test.each([
    ['a state folder that is none', ['actions', '--state', '/nowhere'], /no run has left its state/],
    ['--all beside one state', ['actions', '--state', '/nowhere', '--all', '--held'], /cannot be used with/],
    ['a release without a reason', ['actions', 'release', 'aaaaaa', '--state', '/nowhere'], /--why/],
    ['a release with an empty one', ['actions', 'release', 'aaaaaa', '--why', ' ', '--state', '/nowhere'], /--why is empty/],
    ['a release of nothing', ['actions', 'release', '--why', 'x', '--state', '/nowhere'], /missing required argument/],
  ] as const)('refuses %s', async (_name, words, message) => {
    const { failure } = await said(...words);
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  });
});

/** The run's clock; `sleep` lets others work and time pass. */
function clockAt(start: Micros, meanwhile: () => Promise<void> = async () => undefined) {
  let now = start;
  return {
    now: () => now,
    sleep: async (ms: number) => {
      now += BigInt(ms) * 1000n;
      await meanwhile();
    },
  };
}

/** A publisher onto a list. */
function publisherTo(sent: string[], book: Ledger): ActionPublisher {
  const topic = {
    claim: async () => undefined,
    readBack: async () => ({ values: sent, positions: new Map() }),
    send: async (messages: readonly { value: string }[]) => {
      sent.push(...messages.map(({ value }) => value));
      return new Map();
    },
    close: async () => undefined,
  };
  return new ActionPublisher({ ledger: book, topic, project: { name: 'small', key: 'customer_id' } });
}

const asking = (changes: Partial<Asking> = {}): Asking => ({
  ledger,
  wanted: 'release',
  who: 'ada',
  why: 'spoke to her',
  clock: clockAt(END + 120_000_000n),
  holder: 'the command',
  publisher: () => {
    throw new Error('no publisher');
  },
  ...changes,
});

describe('while no run lives', () => {
  test('the command does it itself, once, and gives the lease back; asked again it was done already', async () => {
    const sent: string[] = [];
    const request = asking({ publisher: () => publisherTo(sent, ledger) });
    expect(await ask(request, namedDecisions(ledger, ['aaaaaa', ID('b'), 'cccccc']))).toEqual([
      { id: ID('a'), answer: 'released', done: true },
      { id: ID('b'), answer: 'released', done: true },
      { id: ID('c'), answer: 'already released', done: true },
    ]);
    expect(await ask(request, namedDecisions(ledger, ['aaaaaa']))).toEqual([{ id: ID('a'), answer: 'already released', done: true }]);
    expect(sent.map((value) => JSON.parse(value) as object)).toMatchObject([
      { id: ID('a'), customer_id: '1', right: 'hand' },
      { id: ID('b'), customer_id: '2', right: 'hand' },
    ]);
    expect(ledger.actions.interventions(ID('a'))).toMatchObject([{ who: 'ada', why: 'spoke to her', answer: 'released' }]);
    expect(ledger.currentLease()).toMatchObject({ holder: 'the command', expires: 0n });
  });

  test('only what was asked for is done: nothing else is released, held or expires', async () => {
    const sent: string[] = [];
    const late = asking({ wanted: 'drop', clock: clockAt(END + 899_000_000n), publisher: () => publisherTo(sent, ledger) });
    expect(await ask(late, namedDecisions(ledger, ['bbbbbb']))).toEqual([{ id: ID('b'), answer: 'dropped', done: true }]);
    expect([sent, ledger.actions.find(ID('a'))?.state]).toEqual([[], 'waiting']);
    expect(await ask(late, namedDecisions(ledger, ['cccccc']))).toEqual([{ id: ID('c'), answer: 'already released', done: false }]);
  });

  test('what is too old is not released, and that is no success', async () => {
    const late = asking({ clock: clockAt(END + 901_000_000n), publisher: () => publisherTo([], ledger) });
    expect(await ask(late, namedDecisions(ledger, ['bbbbbb']))).toEqual([{ id: ID('b'), answer: 'expired', done: false }]);
  });

  test('without Kafka it stays on file for the next run', async () => {
    const { failure } = await said('actions', 'drop', 'bbbbbb', '--why', 'wrong number', '--state', state);
    expect(failure).toMatchObject({ code: 'PRLX_REQUEST', exitCode: 3 });
    expect(ledger.actions.unanswered(9)).toMatchObject([{ decision: ID('b'), wanted: 'drop', why: 'wrong number' }]);
    expect(ledger.currentLease()?.expires).toBe(0n);
  });
});

describe('while a run lives', () => {
  test('its coordinator answers under its lease, which the command leaves alone', async () => {
    const sent: string[] = [];
    const run = Ledger.open(join(state, 'ledger.sqlite'));
    onTestFinished(() => run.close());
    run.takeLease('the run', 1n, 1n << 60n);
    const clock = clockAt(END + 70_000_000n, () => gate.turn());
    const gate = new GateKeeper({
      ledger: run,
      publisher: publisherTo(sent, run),
      verdicts: { verdictOf: () => null },
      clock,
      wait: 60_000_000n,
      onStatus: () => undefined,
      note: () => undefined,
    });
    expect(await ask(asking({ clock }), namedDecisions(ledger, ['bbbbbb']))).toEqual([{ id: ID('b'), answer: 'released', done: true }]);
    expect(sent).toHaveLength(1);
    expect(ledger.currentLease()).toMatchObject({ holder: 'the run', epoch: run.epoch });
  });

  test('that does not answer is not waited for without end', async () => {
    const run = Ledger.open(join(state, 'ledger.sqlite'));
    onTestFinished(() => run.close());
    run.takeLease('the run', 1n, 1n << 60n);
    const failure = await ask(asking(), namedDecisions(ledger, ['bbbbbb'])).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ParallaxError);
    expect(failure).toMatchObject({ code: 'PRLX_REQUEST', retryable: true });
  });
});

describe('an action is named', () => {
  test.each([['dddddd'], ['aaa'], ['AAAAAA'], ["aaaaaa' OR 1=1"]])('not by %s', (id) => {
    expect(() => namedDecisions(ledger, [id])).toThrow(/no action has the id/);
  });

  test('by its beginning, if that is of one only', () => {
    ledger.takeLease('x', 1n, 2n);
    const twin = { ...namedDecisions(ledger, [ID('a')])[0], id: `${'a'.repeat(63)}b` };
    ledger.commit({ minute: MINUTE + 1n, folder: '/g', manifest: 'm', digest: 'd', report: '{}' }, [
      { ...twin, minute: MINUTE, customer: '9', action: 'gift', reason: null, waitUntil: 0n, validUntil: 0n, otherwise: 'hold' },
    ]);
    expect(() => namedDecisions(ledger, ['aaaaaaaa'])).toThrow(/several actions/);
    expect(namedDecisions(ledger, [ID('a')]).map(({ customer }) => customer)).toEqual(['1']);
  });
});
