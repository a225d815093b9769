import { MICROS_PER_MINUTE, type Micros, type MinuteVerdict, ParallaxError } from '@parallax/core';
import type { ActionMessage, ActionsTopic, Positions } from '../src/act/actions-topic.ts';
import { actionId } from '../src/act/decide.ts';
import type { GatedDecision } from '../src/ledger/action-book.ts';

export const SECOND: Micros = 1_000_000n;

export function verdictOn(minute: Micros, changes: Partial<MinuteVerdict> = {}): MinuteVerdict {
  return {
    minute,
    manifest: 'm',
    digest: 'd',
    verdict: 'match',
    reason: null,
    stage: null,
    source: null,
    variable: null,
    witnesses: [],
    coverage: {},
    blocks: { kind: 'none' },
    ...changes,
  };
}

/** A decision of `minute`, which was sealed at its end, with a wait of 60 s and 15 minutes of validity. */
export function decided(minute: Micros, customer: string, changes: Partial<GatedDecision> = {}): GatedDecision {
  const action = changes.action ?? 'call';
  const end = minute + MICROS_PER_MINUTE;
  return {
    id: actionId('small', customer, action, minute),
    minute,
    customer,
    action,
    reason: null,
    waitUntil: end + 60n * SECOND,
    validUntil: end + 15n * MICROS_PER_MINUTE,
    otherwise: 'hold',
    ...changes,
  };
}

/** The process is gone: nothing after this is caught by anyone. */
export class Crash extends Error {}

/** How a send goes wrong: nothing of it was written, or all, and either the caller is told of a failure or does not live to hear. */
export type Fault = 'fails, nothing sent' | 'fails, but sent' | 'crash before' | 'crash after';

/** An actions topic in memory, with the one rule that matters: only the last who claimed it may send. */
export class TopicLog {
  readonly values: { readonly key: string; readonly value: string; readonly epoch: string | undefined }[] = [];
  readonly faults: Fault[] = [];
  claims = 0;

  connect(): ActionsTopic {
    let claim = 0;
    return {
      claim: async () => {
        this.claims += 1;
        claim = this.claims;
      },
      readBack: async (positions: Positions) => ({
        values: this.values.slice(Number(positions.get(0) ?? 0n)).map(({ value }) => value),
        positions: new Map([[0, BigInt(this.values.length)]]),
      }),
      send: async (messages: readonly ActionMessage[]) => {
        if (claim !== this.claims) throw new ParallaxError('PRLX_BROKER', 'another sender has claimed the topic', { retryable: true });
        const fault = this.faults.shift();
        if (fault === 'crash before') throw new Crash();
        if (fault === 'fails, nothing sent') throw new ParallaxError('PRLX_BROKER', 'away', { retryable: true });
        const from = this.values.length;
        for (const { key, value, headers } of messages) this.values.push({ key, value, epoch: headers.get('parallax-epoch') });
        if (fault === 'crash after') throw new Crash();
        if (fault === 'fails, but sent') throw new ParallaxError('PRLX_BROKER', 'no answer', { retryable: true });
        return new Map([[0, BigInt(from)]]);
      },
      close: async () => undefined,
    };
  }

  ids(): string[] {
    return this.values.map(({ value }) => (JSON.parse(value) as { id: string }).id);
  }

  rights(): (readonly [customer: string, right: string])[] {
    return this.values.map(({ key, value }) => [key, (JSON.parse(value) as { right: string }).right] as const);
  }
}
