import { formatSecond } from '@parallax/core';
import { type Html, html } from '../../view/html/markup.ts';
import type { Diff } from '../mutate/edit.ts';
import type { FaultResult, Survival } from '../result.ts';
import { outcomeOf } from './words.ts';

const WITNESSES_MAX = 5;

/** One fault: a line that opens to its diff and to the verdict's words. */
export function faultEntry(result: FaultResult): Html {
  const { fault, verdict, cause } = result;
  return html`<details class="fault" id="${fault.id}"><summary>${badge(result)}<span><span class="what">${fault.what}</span><br><code>${fault.target}</code></span><span class="said">${saidOf(result)}</span></summary>
<div class="inside">${fault.diff === null ? null : diffOf(fault.diff)}
<dl><dt>id</dt><dd><code>${fault.id}</code></dd>
<dt>where the cause lies</dt><dd>${fault.expected.stages.join(' or ')}${fault.expected.sources.length === 0 ? '' : ` · ${fault.expected.sources.join(' or ')}`}</dd>
${fault.expected.classes === undefined ? null : html`<dt>class of the cause</dt><dd>${fault.expected.classes.join(' or ')}</dd>`}
<dt>first minute with it</dt><dd>${formatSecond(fault.from)}</dd>
<dt>first output that differs</dt><dd>${result.effect === null ? 'none' : `${result.effect}.ndjson`}${result.changesAction ? ', and an action changes' : ''}</dd>
${cause === null ? null : html`<dt>the verdict’s words</dt><dd>${cause}</dd>`}</dl>
${verdict === null || verdict.witnesses.length === 0 ? null : witnesses(result)}${result.survival === null ? null : survivalWords(result.survival)}</div></details>
`;
}

function badge(result: FaultResult): Html {
  const outcome = outcomeOf(result);
  const look = outcome === 'caught' ? 'good' : outcome === 'missed' ? 'bad' : outcome === 'not exercised' ? 'fair' : 'soft';
  return html`<span><span class="badge ${look}">${outcome}</span></span>`;
}

function saidOf(result: FaultResult): string {
  const { minute, cause, caughtBy, stageRight, sourceRight, classRight, survival } = result;
  if (minute === null)
    return survival === null
      ? ''
      : survival.kind === 'equivalent'
        ? `the same on ${survival.rows} rows of richer data too`
        : survival.words;
  const at = formatSecond(minute).slice(11, 16);
  const by =
    caughtBy === 'pipeline'
      ? 'the Spark side stopped: '
      : caughtBy === 'alternative'
        ? 'the alternative stopped: '
        : caughtBy === 'verifier failed'
          ? 'the verifier failed: '
          : '';
  const wrong = [
    ...(stageRight === false ? ['stage'] : []),
    ...(sourceRight === false ? ['source'] : []),
    ...(classRight === false ? ['class'] : []),
  ];
  return `${at}  ${by}${cause ?? ''}${wrong.length === 0 ? '' : `: ${wrong.join(' and ')} named wrongly`}`;
}

function diffOf({ line, before, after }: Diff): Html {
  const rows = (lines: readonly string[], look: string, sign: string) =>
    lines.map((text, i) => html`<span class="${look}">${sign} ${String(line + i).padStart(3)}  ${text}</span>`);
  return html`<pre class="diff">${rows(before, 'out', '−')}${rows(after, 'in', '+')}</pre>`;
}

function witnesses({ verdict }: FaultResult): Html {
  const rows = (verdict?.witnesses ?? [])
    .slice(0, WITNESSES_MAX)
    .map(
      ({ customer, column, spark, alternative, detail }) =>
        html`<tr><td>${customer === '' ? 'all' : customer}</td><td><code>${column}</code></td><td>${spark ?? 'null'}</td><td>${alternative ?? 'null'}</td><td class="soft">${detail.join('; ')}</td></tr>`,
    );
  return html`<div class="scroll"><table><tr><th>witness</th><th>column</th><th>Spark</th><th>alternative</th><th></th></tr>${rows}</table></div>`;
}

/** Why a fault was not caught, in full. */
export function survivalWords(survival: Survival): Html {
  switch (survival.kind) {
    case 'equivalent':
      return html`<p>Equivalent: every output of the run is the same to the byte, and so is what it says of ${survival.rows} rows of a second, richer data set, in which every value is drawn by itself around the numbers of the rules.</p>`;
    case 'missed':
      return html`<p class="bad">Missed: ${survival.words}.</p>`;
    case 'not exercised': {
      const { telling } = survival;
      if (telling === null) return html`<p>Not exercised: ${survival.words}.</p>`;
      return html`<p>Not exercised by this run. A customer like this would show it${telling.values.length === 0 ? ' (every other value null or 0)' : ''}:</p>
<dl><dt>with</dt><dd><code>${telling.values.length === 0 ? 'nothing known' : telling.values.join(', ')}</code></dd><dt>the rules say</dt><dd><code>${telling.before}</code></dd><dt>with the fault</dt><dd><code>${telling.after}</code></dd></dl>`;
    }
  }
}
