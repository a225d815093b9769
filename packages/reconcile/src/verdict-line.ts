import { formatSecond, type MinuteVerdict } from '@parallax/core';

/** A verdict as `verdicts.ndjson` has it (contract, section 9), without a line end. */
export function verdictLine({ minute, verdict, reason, stage, source, variable, witnesses, coverage }: MinuteVerdict): string {
  return JSON.stringify({ minute: formatSecond(minute), verdict, reason, stage, source, variable, witnesses, coverage });
}
