import { formatSecond, type Micros } from '@parallax/core';
import type { Cause, KnownDecision } from '../ledger/action-book.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ActionMessage, ActionsTopic, Positions } from './actions-topic.ts';
import { RIGHTS, type Right } from './gate.ts';

const POSITION = 'actions_topic_read_to';

/** An action that may leave, and by what right. */
export interface Release {
  readonly decision: KnownDecision;
  readonly right: Right;
  /** The request that it answers; null when nobody asked. */
  readonly request: number | null;
}

/**
 * Publishes actions, each once over crashes and over failures whose outcome is unknown. Before the first send, and before the first
 * after a failed one, the topic is claimed, which fences whoever sent before, and read back, which marks what it holds; only what the
 * ledger then still has open is sent, in a transaction, under the lease, and marked after the broker has confirmed it. The message's key
 * is the customer, its value the action with its id and its right to leave, its header the lease's epoch.
 */
export class ActionPublisher {
  readonly #ledger: Ledger;
  readonly #topic: ActionsTopic;
  readonly #project: { readonly name: string; readonly key: string };
  /** What may or may not be on the topic, until it is read back: all there is, before it was for the first time. */
  #doubtful: ReadonlySet<string> | 'all' | 'none' = 'all';

  constructor(input: { ledger: Ledger; topic: ActionsTopic; project: { readonly name: string; readonly key: string } }) {
    this.#ledger = input.ledger;
    this.#topic = input.topic;
    this.#project = input.project;
  }

  close(): Promise<void> {
    return this.#topic.close();
  }

  /** Whether it is not known if this action has left already: nothing may become of it before the topic is claimed. */
  doubts(id: string): boolean {
    return this.#doubtful === 'all' || (this.#doubtful !== 'none' && this.#doubtful.has(id));
  }

  /** Learns what an earlier coordinator, or a send without an answer, has put on the topic, and fences it. Does nothing when that is known. */
  async claim(now: Micros): Promise<void> {
    if (this.#doubtful === 'none') return;
    // Who lost the lease may not fence who has it.
    this.#ledger.assertLease();
    await this.#topic.claim();
    const { values, positions } = await this.#topic.readBack(readPositions(this.#ledger));
    const found = new Map(values.flatMap((value) => ownAction(value, this.#project.name)));
    this.#ledger.actions.foundReleased(found, now);
    writePositions(this.#ledger, positions);
    this.#doubtful = 'none';
  }

  /** Releases what of these is still open, at most a request's worth, and answers the requests that asked for it. */
  async release(releases: readonly Release[], now: Micros): Promise<void> {
    await this.claim(now);
    const open = releases.filter(({ decision }) => isOpen(this.#ledger.actions.find(decision.id)));
    const answers = releases.flatMap(({ request }) => (request === null ? [] : [{ number: request, answer: 'released' }]));
    if (open.length > 0) {
      // A coordinator that lost its lease must not send; one that loses it after this line is refused by the broker, once the next has claimed.
      this.#ledger.assertLease();
      this.#doubtful = new Set(open.map(({ decision }) => decision.id));
      const positions = await this.#topic.send(open.map((release) => this.#message(release)));
      this.#ledger.actions.change(
        open.map(({ decision, right }) => ({ id: decision.id, state: 'released', cause: right })),
        now,
        answers,
      );
      writePositions(this.#ledger, new Map([...readPositions(this.#ledger), ...positions]));
      this.#doubtful = 'none';
    } else if (answers.length > 0) this.#ledger.actions.change([], now, answers);
  }

  #message({ decision, right }: Release): ActionMessage {
    const { id, minute, customer, action, reason } = decision;
    const value = { id, project: this.#project.name, minute: formatSecond(minute), [this.#project.key]: customer, action, reason, right };
    return { key: customer, value: JSON.stringify(value), headers: new Map([['parallax-epoch', String(this.#ledger.epoch)]]) };
  }
}

function isOpen(decision: KnownDecision | null): boolean {
  return decision?.state === 'waiting' || decision?.state === 'held';
}

/** The id and right of an action of ours; nothing of what others may send to the topic. */
function ownAction(value: string, project: string): [id: string, cause: Cause][] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null) return [];
  const { id, right, project: sender } = parsed as Record<string, unknown>;
  if (typeof id !== 'string' || sender !== project) return [];
  return [[id, RIGHTS.find((known) => known === right) ?? 'unverified']];
}

function readPositions(ledger: Ledger): Positions {
  const text = ledger.meta(POSITION);
  const entries = text === null ? [] : Object.entries(JSON.parse(text) as Record<string, string>);
  return new Map(entries.map(([partition, offset]) => [Number(partition), BigInt(offset)]));
}

function writePositions(ledger: Ledger, positions: Positions): void {
  ledger.setMeta(POSITION, JSON.stringify(Object.fromEntries([...positions].map(([p, o]) => [p, o.toString()]))));
}
