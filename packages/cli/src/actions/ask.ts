import { type Micros, ParallaxError } from '@parallax/core';
import type { ActionPublisher, Clock, KnownDecision, Ledger } from '@parallax/pipeline';
import { GateKeeper } from '@parallax/pipeline';

/** How a coordinator that lives is waited for, and how often it is looked whether it has answered. */
const ANSWER_WAIT_MS = 30_000;
const ANSWER_POLL_MS = 200;
/** The lease of a command that answers requests itself. */
const OWN_LEASE_MS = 60_000;

export type Wanted = 'release' | 'drop';

/** What came of one request. `already released` and the like: it was so before, and nothing was done. */
export interface Answer {
  readonly id: string;
  readonly answer: string;
  /** Whether the action is now in the state that was asked for. */
  readonly done: boolean;
}

export interface Asking {
  readonly ledger: Ledger;
  readonly wanted: Wanted;
  readonly who: string;
  readonly why: string;
  readonly clock: Clock;
  readonly holder: string;
  /** Connects to the actions topic; called only when no coordinator lives: what an earlier one has sent must be known before anything is done. */
  readonly publisher: () => ActionPublisher;
}

/** The decisions that these ids, or unambiguous beginnings of ids, name. Throws PRLX_USAGE. */
export function namedDecisions(ledger: Ledger, ids: readonly string[]): KnownDecision[] {
  return ids.map((id) => {
    const [found, second] = /^[0-9a-f]{6,64}$/.test(id) ? ledger.actions.startingWith(id, 2) : [];
    if (found === undefined || second !== undefined) {
      throw new ParallaxError(
        'PRLX_USAGE',
        found === undefined ? `no action has the id ${id}` : `several actions have ids that begin with ${id}`,
        {
          exitCode: 2,
          advice: '`parallax actions` lists them; give six characters of an id or more.',
        },
      );
    }
    return found;
  });
}

/**
 * Asks for decisions to be released or dropped. The request goes to the ledger with who and why; the coordinator answers it under its
 * lease. When none lives, the lease is taken for as long as it takes to answer here. Asking twice does no more than asking once.
 */
export async function ask(asking: Asking, decisions: readonly KnownDecision[]): Promise<Answer[]> {
  const { ledger, wanted, who, why, clock } = asking;
  const state = wanted === 'release' ? 'released' : 'dropped';
  const open = decisions.filter((d) => d.state === 'waiting' || d.state === 'held');
  const numbers = new Map(open.map(({ id }) => [id, ledger.actions.file({ decision: id, wanted, who, why, filed: clock.now() })]));
  if (numbers.size > 0) await answered(asking, numbers);
  return decisions.map(({ id, ...before }) => {
    const number = numbers.get(id);
    const answer = number === undefined ? `already ${before.state}` : answerTo(ledger, id, number);
    return { id, answer, done: answer === state || answer === `already ${state}` };
  });
}

async function answered(asking: Asking, numbers: ReadonlyMap<string, number>): Promise<void> {
  const { ledger, clock } = asking;
  const waiting = (): boolean => [...numbers].some(([id, number]) => openAnswer(ledger, id, number) === null);
  const until = clock.now() + BigInt(ANSWER_WAIT_MS) * 1000n;
  while (waiting()) {
    if (isFree(ledger, clock.now()) && (await answerHere(asking))) continue;
    if (clock.now() > until) {
      throw new ParallaxError('PRLX_REQUEST', 'the coordinator has not answered yet; what was asked for stays on file', {
        retryable: true,
        exitCode: 3,
        advice: '`parallax actions` shows whether it was done.',
      });
    }
    await clock.sleep(ANSWER_POLL_MS);
  }
}

function isFree(ledger: Ledger, now: Micros): boolean {
  const lease = ledger.currentLease();
  return lease === null || lease.expires <= now;
}

/** Answers with the lease; false when a coordinator was faster to take it. */
async function answerHere({ ledger, clock, holder, publisher: connect }: Asking): Promise<boolean> {
  try {
    ledger.takeLease(holder, clock.now(), clock.now() + BigInt(OWN_LEASE_MS) * 1000n);
  } catch (error) {
    if (error instanceof ParallaxError && error.code === 'PRLX_LEASE') return false;
    throw error;
  }
  let publisher: ActionPublisher | null = null;
  try {
    publisher = connect();
    const gate = { ledger, publisher, verdicts: null, clock, wait: 0n, onStatus: () => undefined, note: () => undefined };
    await new GateKeeper(gate).answer();
    return true;
  } finally {
    await publisher?.close();
    ledger.releaseLease();
  }
}

function openAnswer(ledger: Ledger, id: string, number: number): string | null {
  return ledger.actions.interventions(id).find((request) => request.number === number)?.answer ?? null;
}

function answerTo(ledger: Ledger, id: string, number: number): string {
  const answer = openAnswer(ledger, id, number);
  if (answer === null) throw new ParallaxError('PRLX_INTERNAL', `request ${number} was not answered`);
  return answer;
}
