import { formatSecond } from '@parallax/core';
import type { KnownDecision, Ledger } from '@parallax/pipeline';
import { clock, instant } from '../times.ts';
import { harmless } from '../view/text.ts';

/** Characters of an id that are shown; a command takes the beginning of one. */
const ID_SHOWN = 12;

const CAUSE_WORDS: Readonly<Record<NonNullable<KnownDecision['cause']>, string>> = {
  verdict: 'by its verdict',
  hand: 'by hand',
  no_verdict: 'no verdict in time',
  batch_age: 'its batch day is too old',
  unverified: 'unverified',
  time: 'too late',
};

/** An action as JSON, with all that was asked for about it by hand. */
export function actionJson(ledger: Ledger, keyName: string, decision: KnownDecision): object {
  const { id, minute, customer, action, reason, state, cause, waitUntil, validUntil, otherwise, changed } = decision;
  return {
    id,
    minute: formatSecond(minute),
    [keyName]: customer,
    action,
    reason,
    state,
    cause,
    changed: changed === 0n ? null : instant(changed),
    wait_until: instant(waitUntil),
    valid_until: instant(validUntil),
    otherwise,
    by_hand: ledger.actions
      .interventions(id)
      .map(({ wanted, who, why, filed, answer }) => ({ wanted, who, why, filed: instant(filed), answer })),
  };
}

/** An action as a line, and a line for each request by hand. */
export function actionText(ledger: Ledger, decision: KnownDecision): string {
  const { id, minute, customer, action, reason, state, cause, waitUntil, validUntil, otherwise } = decision;
  const term =
    state === 'waiting' ? `until ${clock(waitUntil)}, then ${otherwise}` : state === 'held' ? `valid until ${clock(validUntil)}` : '';
  const why = [cause === null ? '' : CAUSE_WORDS[cause], term].filter((part) => part !== '').join(', ');
  const line = `${id.slice(0, ID_SHOWN)}  ${formatSecond(minute)}  ${state}${why === '' ? '' : ` (${why})`}  ${action} for ${customer}${reason === null ? '' : `: ${reason}`}`;
  const requests = ledger.actions
    .interventions(id)
    .map(
      ({ wanted, who, why: words, filed, answer }) =>
        `    ${instant(filed)}  ${who}: ${wanted}, ${words} → ${answer ?? 'not answered yet'}`,
    );
  return [line, ...requests].map(harmless).join('\n');
}
