import { formatSecond } from '@parallax/core';
import { type Html, html } from '../../view/html/markup.ts';
import { STYLE } from '../../view/html/style.ts';
import { FAULT_KINDS, type FaultKind } from '../faults/fault.ts';
import type { Proof } from '../prove.ts';
import { type FaultResult, type Figure, holds, share } from '../result.ts';
import { faultEntry, survivalWords } from './fault.ts';
import { withoutFaults } from './fault-free.ts';
import { FAULTS_STYLE } from './style.ts';
import { KIND_TITLES, KIND_WORDS, OUTCOMES, outcomeOf, outOf, percent } from './words.ts';

/**
 * What the faults of a run came to, as one HTML page that needs nothing else: no script, no network. For a person who asks whether a verdict of
 * `match` can be believed.
 */
export function renderProof(proof: Proof): string {
  const { project, results, figures, faultFree, plan, run } = proof;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Parallax: what the verifier catches</title><style>${STYLE}${FAULTS_STYLE}</style></head><body><main>
<h1><small>Parallax</small>What the verifier catches</h1>
<p class="lead">${results.length} faults were put into copies of a run of <b>${project.name}</b>, one at a time. For each: did a verdict say so, in which minute, and did it name the cause?</p>
<p>A verdict is worth what it catches. The run is a recording made for these rules: ${run.minutes} minutes on real Spark with an hour’s and a day’s turn, a new batch day, ${run.customers} customers, ${run.messages} messages with disorder of every kind, online answers with gaps, and customers that stand where the rules turn; ${run.actions} actions come of it. Without a fault every minute matches. With one, both sides compute again from the first minute that has it (from ${formatSecond(plan.faultsFrom).slice(0, 16).replace('T', ' ')} on), and are compared stage by stage.</p>
${figureTiles(figures)}
${faultFree === null ? null : withoutFaults(faultFree)}
${byKind(results)}
${survivors(results)}
${FAULT_KINDS.map((kind) => kindSection(kind, results))}
<footer>Made by <code>./parallax prove</code> with the seed “${plan.seed}”: the same seed, project and code give the same list and the same verdicts. ${proof.possible} mutants of the SQL are possible; Spark’s analyser refused ${proof.refused} of those that were drawn, which therefore count nowhere.</footer>
</main></body></html>
`;
  return page.text;
}

function figureTiles(figures: readonly Figure[]): Html {
  const tiles = figures.map(
    (figure) =>
      html`<div class="tile ${holds(figure) ? '' : 'bad'}"><b class="${holds(figure) ? 'good' : 'bad'}">${percent(share(figure))}</b><span>${figure.name}: ${outOf(figure.value, figure.of)}; goal ${percent(figure.goal)}${holds(figure) ? '' : ', not reached'}</span></div>`,
  );
  return html`<div class="tiles">${tiles}</div>`;
}

const LOOKS = { caught: 'caught', equivalent: 'equal', 'not exercised': 'idle', missed: 'missed' } as const;

function byKind(results: readonly FaultResult[]): Html {
  const row = (name: Html | string, of: readonly FaultResult[]): Html => {
    const count = (which: (r: FaultResult) => boolean) => of.filter(which).length;
    const named = of.filter((r) => r.verdict !== null);
    const bars = OUTCOMES.map(
      (outcome) =>
        html`<i class="${LOOKS[outcome]}" style="width:${((100 * count((r) => outcomeOf(r) === outcome)) / Math.max(1, of.length)).toFixed(2)}%"></i>`,
    );
    return html`<tr><td>${name}</td><td class="n">${of.length}</td><td><div class="bar">${bars}</div></td>
${OUTCOMES.map((outcome) => html`<td class="n">${count((r) => outcomeOf(r) === outcome) || '·'}</td>`)}
<td class="n">${outOf(named.filter((r) => r.stageRight).length, named.length)}</td><td class="n">${outOf(named.filter((r) => r.sourceRight).length, named.length)}</td><td class="n">${outOf(named.filter((r) => r.classRight === true).length, named.filter((r) => r.classRight !== null).length)}</td><td class="n">${count((r) => r.changesAction) || '·'}</td></tr>`;
  };
  const kinds = FAULT_KINDS.map((kind) => ({ kind, of: results.filter((r) => r.fault.kind === kind) })).filter(({ of }) => of.length > 0);
  return html`<section><h2>By kind</h2>
<div class="scroll"><table><tr><th>kind</th><th class="n">faults</th><th></th>${OUTCOMES.map((o) => html`<th class="n">${o}</th>`)}<th class="n">stage right</th><th class="n">source right</th><th class="n">class right</th><th class="n">change an action</th></tr>
${kinds.map(({ kind, of }) => row(html`<a href="#${kind}">${KIND_TITLES[kind]}</a>`, of))}
${row(html`<b>all</b>`, results)}</table></div>
<ul class="legend"><li><i style="background:var(--good)"></i>caught</li><li><i style="background:var(--c6)"></i>equivalent: changes nothing, shown on this and richer data</li><li><i style="background:var(--fair)"></i>not exercised by this run</li><li><i style="background:var(--bad)"></i>missed</li></ul></section>`;
}

function survivors(results: readonly FaultResult[]): Html {
  const of = results.filter((r) => r.survival !== null && r.survival.kind !== 'equivalent');
  const equivalent = results.filter((r) => r.survival?.kind === 'equivalent');
  const rows = of.map(
    (r) =>
      html`<h3><a href="#${r.fault.id}">${r.fault.what}</a> <code>${r.fault.target}</code></h3>${r.survival === null ? null : survivalWords(r.survival)}`,
  );
  return html`<section><h2>What was not caught, and why</h2>
<p class="soft">${of.length === 0 ? 'Every fault that makes a difference was caught.' : 'Each of these is counted against the verifier.'} ${equivalent.length} more are equivalent: they change no output of this run, and nothing on a second data set in which every value is drawn by itself around the numbers of the rules.</p>
${rows}</section>`;
}

function kindSection(kind: FaultKind, results: readonly FaultResult[]): Html | null {
  const of = results.filter((r) => r.fault.kind === kind);
  if (of.length === 0) return null;
  const families = [...new Set(of.map((r) => r.fault.family))];
  const groups =
    kind === 'sql'
      ? families.map((family) => html`<h3>${family}</h3>${of.filter((r) => r.fault.family === family).map(faultEntry)}`)
      : of.map(faultEntry);
  return html`<section id="${kind}"><h2>${KIND_TITLES[kind]}</h2><p class="soft">${KIND_WORDS[kind]}</p>${groups}</section>`;
}
