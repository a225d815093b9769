import { formatSecond } from '@parallax/core';
import { type Html, html } from '../../view/html/markup.ts';
import { STYLE } from '../../view/html/style.ts';
import type { FaultFree } from '../fault-free/fault-free.ts';
import { FAULTS_STYLE } from './style.ts';

/** What iterations without a fault came to, as one HTML page that needs nothing else: for a person who asks whether an alarm can be believed. */
export function renderFaultFree(project: string, run: FaultFree): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Parallax: alarms without a fault</title><style>${STYLE}${FAULTS_STYLE}</style></head><body><main>
<h1><small>Parallax</small>Alarms without a fault</h1>
<p class="lead">${run.iterations} iterations of <b>${project}</b> were run on both sides without any fault. How many verdicts were no match?</p>
<div class="tiles"><div class="tile ${run.alarms.length === 0 ? '' : 'bad'}"><b class="${run.alarms.length === 0 ? 'good' : 'bad'}">${run.alarms.length}</b><span>false alarms; goal 0</span></div>
<div class="tile"><b>${run.iterations}</b><span>iterations compared, stage by stage</span></div>
<div class="tile"><b>${run.restarts}</b><span>restarts of both sides</span></div></div>
${withoutFaults(run)}
<footer>Made by <code>./parallax prove --fault-free ${run.of}</code> with the seed “${run.seed}”.</footer>
</main></body></html>
`.text;
}

/** What was run without a fault, in a paragraph: a verdict that cries wolf is worth nothing either. */
export function withoutFaults({ iterations, restarts, alarms, messages, ahead, from }: FaultFree): Html {
  const count = (name: string) => messages[name] ?? 0;
  return html`<p>Without a fault ${iterations} iterations in a row from ${formatSecond(from).slice(0, 16).replace('T', ' ')} on were run and compared, over hours’ turns and a day’s, with a new batch day, missed minutes, ${restarts} restarts of both sides, and ${count('accepted')} accepted, ${count('duplicate')} duplicate, ${count('late')} late, ${count('ahead')} early and ${count('invalid')} broken messages; the alternative took ${ahead.messages} messages and ${ahead.calls} bulk calls before their minute’s seal, as it does live: <b>${alarms.length} false alarms</b>.</p>
${alarms.length === 0 ? null : html`<ul>${alarms.map(({ minute, words }) => html`<li class="bad">${formatSecond(minute)} ${words}</li>`)}</ul>`}`;
}
