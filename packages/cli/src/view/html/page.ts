import type { Minute } from '../frame.ts';
import { count } from '../text.ts';
import { differences } from './differences.ts';
import { html } from './markup.ts';
import { actions, distribution, events, falls, ledger, satisfaction, tiles, time } from './sections.ts';
import { STYLE } from './style.ts';

/** What the page says about the run besides its minutes. */
export interface PageAbout {
  readonly project: string;
  /** Such as `5,000 customers` or `500 events/s`, in the page's first lines. */
  readonly facts: readonly string[];
}

/**
 * What a run was, as one HTML page that needs nothing else: no script, no network. For a person who was not there.
 * @param minutes oldest first; may be empty
 */
export function renderHtml(minutes: readonly Minute[], about: PageAbout): string {
  const [first, last] = [minutes.at(0), minutes.at(-1)];
  const span =
    first === undefined || last === undefined
      ? 'No minute was computed.'
      : `${stamp(first)} to ${stamp(last)} UTC, ${count(minutes.length)} minutes.`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Parallax: ${about.project}</title><style>${STYLE}</style></head><body><main>
<h1><small>Parallax</small>${about.project}, minute by minute</h1>
<p class="lead">${[span, ...about.facts].join(' ')}</p>
<p>Every minute Parallax reads what happened to each customer from the event streams, joins it on Apache Spark with the day's batch data and the answers of an online service, gives each customer a satisfaction from 0 to 100, and decides for whom something should be done now.</p>
${minutes.length === 0 ? null : [tiles(minutes), differences(minutes), satisfaction(minutes), falls(minutes), actions(minutes), html`<div class="two">${distribution(minutes)}${events(minutes)}</div>`, time(minutes), ledger(minutes)]}
<footer>Made by Parallax from the ledger's committed minutes. Each can be computed again from its manifest, to the same bytes.</footer>
</main></body></html>
`;
  return page.text;
}

function stamp({ report }: Minute): string {
  return report.minute.slice(0, 16).replace('T', ' ');
}
