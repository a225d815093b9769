import type { MinuteVerdict } from '@parallax/core';
import type { ActionCounts, BatchAge, StateSize } from '@parallax/core/minute-report.ts';
import { isBadVerdict } from '../verdict/bad.ts';
import type { Minute } from './frame.ts';
import { bytes, count, harmless } from './text.ts';

/** How a verdict looks: as good, as bad, as something that may still come, or as none that was asked for. */
export type Mood = 'good' | 'bad' | 'open' | 'none';

/** The verdict in a few words, such as `mismatch: null_value in windows, network.latency`. */
export function verdictWords({ report, extras }: Minute): { readonly text: string; readonly mood: Mood } {
  const { verdict, verdict_reason: reason } = report;
  if (verdict === 'match') {
    const raw = Number(extras.verdict?.coverage.raw_customers ?? 0);
    return {
      text: `✓ both methods agree${raw > 0 ? `, ${count(raw)} customers by raw events too` : ''}${canaryWords(extras.verdict)}`,
      mood: 'good',
    };
  }
  if (verdict === null) {
    if (reason === 'off') return { text: 'not verified: no second method', mood: 'none' };
    return reason === 'missing' ? { text: '✗ no verdict in time', mood: 'bad' } : { text: 'not verified yet', mood: 'none' };
  }
  const { stage = null, source = null, variable = null } = extras.verdict ?? {};
  const cause = reason === null ? '' : `: ${reason.replaceAll('_', ' ')}`;
  const place = [source, variable].filter((part) => part !== null).join('.');
  const where = stage === null ? '' : ` in ${stage}${place === '' ? '' : `, ${place}`}`;
  return { text: harmless(`✗ ${verdict.replace('_', ' ')}${cause}${where}`), mood: isBadVerdict(verdict, reason) ? 'bad' : 'open' };
}

/** Of a match: whether canaries, whose answers are known, say that what both methods agree on is right. */
function canaryWords(verdict: MinuteVerdict | null): string {
  const canaries = verdict?.coverage.canaries;
  return typeof canaries !== 'number' || canaries === 0 ? '' : `, ${count(canaries)} canaries too`;
}

/** `61 taken, 2 held`, and what else became of the actions. */
export function actionWords(counts: ActionCounts): string {
  const { taken, ...others } = counts;
  const rest = Object.entries(others).flatMap(([name, n]) => (n > 0 ? [`${count(n)} ${name}`] : []));
  return [`${count(taken)} taken`, ...rest].join(', ');
}

/** `, 14 minutes behind`: how far behind the run was with the minute; nothing when it was not, or nothing ran. */
export function behindWords(minutes: number | null): string {
  return minutes === null || minutes === 0 ? '' : `, ${count(minutes)} ${minutes === 1 ? 'minute' : 'minutes'} behind`;
}

/** `batch 2026-01-04, 1 day old`: the day that the minute was scored with. */
export function batchWords(batch: BatchAge | null): string {
  return batch === null ? 'no batch day' : `batch ${batch.day}, ${ageWords(batch)}`;
}

/** In days, as the user's SQL has it, and the hours since the day ended. */
export function ageWords({ age_days: days, age_hours: hours }: BatchAge): string {
  return `${days} ${days === 1 ? 'day' : 'days'} old${hours < 0 ? '' : `, its end ${hours} h ago`}`;
}

/** `state 1.2 GB, ledger 34.0 MB`; nothing of a minute that leaves none. */
export function stateWords(state: StateSize | null): string {
  if (state === null) return '';
  return `${state.folder_bytes === null ? '' : `state ${bytes(state.folder_bytes)}, `}ledger ${bytes(state.ledger_bytes)}`;
}
