import { MESSAGE_CLASSES } from '@parallax/core/minute-report.ts';
import type { Minute } from './frame.ts';
import { count, harmless, milliseconds, score } from './text.ts';
import { actionWords, batchWords, behindWords, stateWords, verdictWords } from './verdict-text.ts';

/** A minute as one line, for a log or a pipe. */
export function plainLine({ report, extras }: Minute): string {
  const counts = Object.values(report.counts);
  const classes = MESSAGE_CLASSES.map((name) => `${name} ${count(counts.reduce((sum, one) => sum + one[name], 0))}`).join(', ');
  const { mean, p10, p90 } = report.satisfaction;
  const time = milliseconds(Object.values(report.phases_ms).reduce((sum, ms) => sum + ms, 0));
  const state =
    extras.catchingUp === null ? (report.on_time ? 'on time' : 'late') : `catching up ${extras.catchingUp.done}/${extras.catchingUp.of}`;
  const size = stateWords(report.state);
  const [worst] = extras.fallenGroups;
  const fell = worst === undefined ? '' : `; fell: ${harmless(worst.name)} ${score(worst.before)} → ${score(worst.now)}`;
  return `${report.minute} ${state}${behindWords(report.behind)}: ${classes}; ${count(report.population)} customers, mean ${score(mean)} (p10 ${score(p10)}, p90 ${score(p90)}); actions: ${actionWords(report.actions)}; ${batchWords(report.batch)}; ${verdictWords({ report, extras }).text}; ${time}${size === '' ? '' : `; ${size}`}; manifest ${report.manifest.slice(0, 12)}${fell}`;
}
