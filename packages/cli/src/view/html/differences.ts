import type { Witness } from '@parallax/core';
import type { VerdictCause } from '@parallax/core/minute-report.ts';
import type { Minute } from '../frame.ts';
import { count } from '../text.ts';
import { verdictWords } from '../verdict-text.ts';
import { type Html, html } from './markup.ts';

/** Minutes that are shown with their witnesses; of the others it is said how many they are. */
const MINUTES_MAX = 20;

/** The minutes in which both methods did not find the same: for whom, both values, and how to see it again. Nothing when there is none. */
export function differences(minutes: readonly Minute[]): Html | null {
  const differing = minutes.flatMap((minute) => (minute.report.cause === null ? [] : [{ minute, cause: minute.report.cause }]));
  if (differing.length === 0) return null;
  const more = differing.length - MINUTES_MAX;
  return html`<section><h2>Where the two methods differ</h2>
<p class="soft">At most five customers of a minute, with both values. What waits for such a verdict is held; the commands show it again.</p>
${differing.slice(0, MINUTES_MAX).map(({ minute, cause }) => differenceOf(minute, cause))}
${more > 0 ? html`<p class="soft">And ${count(more)} more minutes: ./parallax verdicts lists them.</p>` : null}</section>`;
}

function differenceOf(minute: Minute, { witnesses, again }: VerdictCause): Html {
  return html`<h3>${minute.report.minute.slice(0, 16).replace('T', ' ')}  <span class="bad">${verdictWords(minute).text}</span></h3>
${witnesses.length === 0 ? null : html`<div class="scroll"><table><tr><th>customer</th><th>what</th><th>Spark</th><th>alternative</th><th>what explains it</th></tr>${witnesses.map(witnessRow)}</table></div>`}
${again.map((command) => html`<p><code>${command}</code></p>`)}`;
}

function witnessRow({ customer, column, spark, alternative, detail }: Witness): Html {
  const value = (text: string | null): string => (customer === '' && text === null ? '' : (text ?? 'null'));
  return html`<tr><td>${customer}</td><td>${column}</td><td>${value(spark)}</td><td>${value(alternative)}</td><td>${detail.map((line) => html`${line}<br>`)}</td></tr>`;
}
