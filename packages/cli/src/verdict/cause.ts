import type { MinuteVerdict, VerdictCause } from '@parallax/core';
import { formatSecond } from '@parallax/core';
import { harmless } from '../view/text.ts';
import type { Again } from './again.ts';

/** Who differs and what shows it again, as a minute's report has it; null of a match. */
export function causeOf(verdict: MinuteVerdict, again: Again): VerdictCause | null {
  if (verdict.verdict === 'match') return null;
  const { stage, source, variable, witnesses } = verdict;
  return { stage, source, variable, witnesses, again: again(verdict) };
}

/** `mismatch (logic): satisfaction · satisfaction.sql · satisfaction`. */
export function verdictHead({ verdict, reason, stage, source, variable }: MinuteVerdict): string {
  const place = [stage, source, variable].filter((each) => each !== null).join(' · ');
  return harmless(`${verdict}${reason === null ? '' : ` (${reason})`}${place === '' ? '' : `: ${place}`}`);
}

/** A verdict that is no match as lines: where the sides differ, for whom, both values, what explains it, and the commands. None of a match. */
export function verdictLines(verdict: MinuteVerdict, again: Again): readonly string[] {
  if (verdict.verdict === 'match') return [];
  return [
    `${formatSecond(verdict.minute)} ${verdictHead(verdict)}`,
    ...verdict.witnesses.flatMap(({ customer, column, spark, alternative, detail }) => [
      harmless(`  ${[customer, `${column}${valuesOf(customer, spark, alternative)}`].filter((each) => each !== '').join('  ')}`),
      ...detail.map((line) => harmless(`    ${line}`)),
    ]),
    ...again(verdict).map((command, i) => `  ${i === 0 ? 'again:' : '      '} ${command}`),
  ];
}

/** Of a witness that is no cell neither side has a value. */
function valuesOf(customer: string, spark: string | null, alternative: string | null): string {
  return customer === '' && spark === null && alternative === null
    ? ''
    : `: spark ${spark ?? 'null'}, alternative ${alternative ?? 'null'}`;
}
