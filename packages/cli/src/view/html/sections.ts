import { type ActionCounts, type ClassCounts, type Fall, MESSAGE_CLASSES } from '@parallax/core/minute-report.ts';
import type { Minute } from '../frame.ts';
import { bytes, count, milliseconds, score } from '../text.ts';
import { ageWords, batchWords, behindWords, verdictWords } from '../verdict-text.ts';
import { histogramChart, hue, satisfactionChart, timeChart } from './charts.ts';
import { type Html, html } from './markup.ts';

const GROUPS_MAX = 8;
const CUSTOMERS_MAX = 5;
const REASONS_MAX = 3;

/** `10:14`. */
export function clockOf({ report }: Minute): string {
  return report.minute.slice(11, 16);
}

export function tiles(minutes: readonly Minute[]): Html {
  const [first, last] = [minutes.at(0), minutes.at(-1)];
  if (first === undefined || last === undefined) return html``;
  const { totals } = last.extras;
  const change = (last.report.satisfaction.mean ?? 0) - (first.report.satisfaction.mean ?? 0);
  const onTime = minutes.filter(({ report }) => report.on_time).length;
  const taken = minutes.reduce((sum, { report }) => sum + report.actions.taken, 0);
  const tile = (value: string, name: string): Html => html`<div class="tile"><b>${value}</b><span>${name}</span></div>`;
  return html`<div class="tiles">
${tile(count(totals.minutes), `minutes computed, ${count(onTime)} of those shown on time${behindWords(last.report.behind)}`)}
${tile(count(totals.events), 'events read, each in exactly one class')}
${tile(count(last.report.population), 'customers in the last minute')}
${tile(score(last.report.satisfaction.mean), `mean satisfaction, ${change >= 0 ? '+' : '−'}${Math.abs(change).toFixed(2)} since the first minute shown`)}
${tile(count(taken), `actions taken, of ${count(totals.actions)} decided`)}
${batchTile(last, tile)}
${verdictTile(minutes, tile)}
${stateTile(last, tile)}
</div>`;
}

/** Which batch day stands, and how old it is. */
function batchTile({ report: { batch } }: Minute, tile: (value: string, name: string) => Html): Html {
  return batch === null
    ? tile('none', 'batch day is active yet')
    : tile(batch.day, `is the batch day of the last minute: ${ageWords(batch)}`);
}

/** How much the run keeps on disk; nothing where it keeps nothing. */
function stateTile({ report: { state } }: Minute, tile: (value: string, name: string) => Html): Html | null {
  if (state === null) return null;
  const ledger = `${bytes(state.ledger_bytes)} of ledger`;
  return state.folder_bytes === null
    ? tile(bytes(state.ledger_bytes), 'of ledger on disk')
    : tile(bytes(state.folder_bytes), `of state on disk, with ${ledger}`);
}

/** How many minutes the second method has confirmed; nothing where there is none. */
function verdictTile(minutes: readonly Minute[], tile: (value: string, name: string) => Html): Html | null {
  if (minutes.every(({ report }) => report.verdict_reason === 'off')) return null;
  const agreed = minutes.filter(({ report }) => report.verdict === 'match').length;
  return tile(`${count(agreed)} of ${count(minutes.length)}`, 'minutes in which the second method found the same');
}

export function satisfaction(minutes: readonly Minute[]): Html {
  const points = minutes.map((minute) => ({ label: clockOf(minute), ...minute.report.satisfaction }));
  return html`<section><h2>Satisfaction, minute by minute</h2>
<p class="soft">The line is the mean of all customers of the minute; the band reaches from the unhappiest tenth (p10) to the happiest (p90). 0 is furious, 100 is happy. Times are UTC.</p>
${satisfactionChart(points)}</section>`;
}

export function distribution(minutes: readonly Minute[]): Html {
  const [first, last] = [minutes.at(0), minutes.at(-1)];
  if (first === undefined || last === undefined) return html``;
  return html`<section><h2>How it is spread</h2>
<p class="soft">Customers by satisfaction at ${clockOf(last)}; dashed, at ${clockOf(first)}.</p>
${histogramChart(first.extras.histogram, last.extras.histogram)}</section>`;
}

/** Totals by stream and class over all the minutes. */
export function events(minutes: readonly Minute[]): Html {
  const streams = [...new Set(minutes.flatMap(({ report }) => Object.keys(report.counts)))].sort();
  const sum = (stream: string, name: keyof ClassCounts): number =>
    minutes.reduce((total, { report }) => total + (report.counts[stream]?.[name] ?? 0), 0);
  return html`<section><h2>What became of each event</h2>
<p class="soft">Every message is exactly one of these, by fixed rules, and stays so.</p>
<div class="scroll"><table><tr><th>stream</th>${MESSAGE_CLASSES.map((name) => html`<th class="n">${name}</th>`)}</tr>
${streams.map((stream) => html`<tr><td>${stream}</td>${MESSAGE_CLASSES.map((name) => html`<td class="n">${count(sum(stream, name))}</td>`)}</tr>`)}
</table></div></section>`;
}

interface DatedFall extends Fall {
  readonly at: string;
}

/** Of each name its greatest fall, greatest first. */
export function worstFalls(minutes: readonly Minute[], of: (minute: Minute) => readonly Fall[]): readonly DatedFall[] {
  const worst = new Map<string, DatedFall>();
  for (const minute of minutes) {
    for (const fall of of(minute)) {
      const before = worst.get(fall.name);
      if (before === undefined || fall.before - fall.now > before.before - before.now)
        worst.set(fall.name, { ...fall, at: clockOf(minute) });
    }
  }
  return [...worst.values()].sort((a, b) => b.before - b.now - (a.before - a.now));
}

export function falls(minutes: readonly Minute[]): Html {
  const groups = worstFalls(minutes, ({ extras }) => extras.fallenGroups).slice(0, GROUPS_MAX);
  const customers = worstFalls(minutes, ({ extras }) => extras.fallenCustomers).slice(0, CUSTOMERS_MAX);
  const row = (fall: DatedFall, name: string): Html =>
    html`<tr><td>${fall.at}</td><td>${name}${fall.why === null ? null : html`<br><span class="soft">${fall.why}</span>`}</td><td class="n">${count(fall.customers)}</td><td class="n">${score(fall.before)}</td><td class="n">${score(fall.now)}</td><td class="n bad">▼ ${(fall.before - fall.now).toFixed(2)}</td></tr>`;
  const nobody = html`<p>Nobody fell noticeably.</p>`;
  const table = html`<div class="scroll"><table><tr><th>minute</th><th>who, and what happened</th><th class="n">customers</th><th class="n">before</th><th class="n">then</th><th class="n">fall</th></tr>
${groups.map((fall) => row(fall, fall.name))}${customers.map((fall) => row(fall, `customer ${fall.name}`))}</table></div>`;
  return html`<section><h2>Who fell, and why</h2>
<p class="soft">The greatest fall of each group and customer in the minutes shown.</p>${groups.length + customers.length === 0 ? nobody : table}</section>`;
}

const OUTCOMES = ['taken', 'held', 'waiting', 'dropped', 'expired'] as const satisfies readonly (keyof ActionCounts)[];

export function actions(minutes: readonly Minute[]): Html {
  const found = new Map<string, { counts: Record<keyof ActionCounts, number>; reasons: Map<string, string> }>();
  for (const { extras } of minutes) {
    for (const { action, samples, ...counts } of extras.actions) {
      const entry = found.get(action) ?? { counts: { taken: 0, held: 0, waiting: 0, dropped: 0, expired: 0 }, reasons: new Map() };
      for (const outcome of OUTCOMES) entry.counts[outcome] += counts[outcome];
      for (const { customer, reason } of samples)
        if (reason !== null && entry.reasons.size < REASONS_MAX) entry.reasons.set(customer, reason);
      found.set(action, entry);
    }
  }
  const sorted = [...found].sort(([, a], [, b]) => b.counts.taken - a.counts.taken);
  const shown = OUTCOMES.filter(
    (outcome) => outcome === 'taken' || outcome === 'held' || sorted.some(([, { counts }]) => counts[outcome] > 0),
  );
  const rows = sorted.map(
    ([action, { counts, reasons }]) =>
      html`<tr><td><b>${action}</b><ul class="reasons">${[...reasons].map(([customer, reason]) => html`<li>customer ${customer}: ${reason}</li>`)}</ul></td>${shown.map((outcome) => html`<td class="n">${count(counts[outcome])}</td>`)}</tr>`,
  );
  return html`<section><h2>What was done for them</h2>
<p class="soft">An action is decided once per customer within its cool-down, with the reason that an agent reads. It is taken once the second method has found the same; without its verdict it is held.</p>
${rows.length === 0 ? html`<p>No action was due.</p>` : html`<div class="scroll"><table><tr><th>action, and examples</th>${shown.map((outcome) => html`<th class="n">${outcome}</th>`)}</tr>${rows}</table></div>`}</section>`;
}

export function time(minutes: readonly Minute[]): Html {
  const names = [...new Set(minutes.flatMap(({ report }) => Object.keys(report.phases_ms)))];
  const columns = minutes.map((minute) => ({ label: clockOf(minute), parts: names.map((name) => minute.report.phases_ms[name] ?? 0) }));
  const mean = columns.reduce((sum, { parts }) => sum + parts.reduce((a, b) => a + b, 0), 0) / Math.max(1, columns.length);
  return html`<section><h2>Where the time went</h2>
<p class="soft">A minute took ${milliseconds(mean)} on average, of the 60 s that there are.</p>
${timeChart(columns, names)}
<ul class="legend">${names.map((name, i) => html`<li><i style="background:${hue(i)}"></i>${name}</li>`)}</ul></section>`;
}

/** Every minute with the digests that prove what it was. */
export function ledger(minutes: readonly Minute[]): Html {
  const rows = minutes.map(
    ({ report, extras }) =>
      html`<tr><td>${report.minute.slice(0, 16).replace('T', ' ')}</td><td class="n">${count(report.population)}</td><td class="n">${score(report.satisfaction.mean)}</td><td class="n">${count(report.actions.taken)}</td><td>${report.on_time ? 'on time' : 'caught up'}${behindWords(report.behind)}</td><td>${batchWords(report.batch)}</td><td>${verdictWords({ report, extras }).text}</td><td><code>${report.manifest.slice(0, 16)}</code></td><td><code>${report.digest.slice(0, 16)}</code></td></tr>`,
  );
  return html`<section><details><summary>All ${count(minutes.length)} minutes</summary>
<p class="soft">The manifest is the digest of what belonged to the minute, the result that of what came out. The same manifest gives the same result, byte for byte.</p>
<div class="scroll"><table><tr><th>minute (UTC)</th><th class="n">customers</th><th class="n">mean</th><th class="n">actions</th><th></th><th>batch</th><th>verdict</th><th>manifest</th><th>result</th></tr>${rows}</table></div></details></section>`;
}
