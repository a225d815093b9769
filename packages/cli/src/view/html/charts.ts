import { count, milliseconds, score } from '../text.ts';
import { type Html, html } from './markup.ts';

const WIDTH = 960;
const LEFT = 44;
const RIGHT = 12;
const TICKS_MAX = 10;

/** The hue of the i-th of several things, of the eight in the style. */
export function hue(i: number): string {
  return `var(--c${i % 8})`;
}

export interface SatisfactionPoint {
  readonly label: string;
  readonly mean: number | null;
  readonly p10: number | null;
  readonly p90: number | null;
}

/** Mean over the minutes as a line, p10 to p90 as a band behind it. A minute without satisfaction leaves a gap. */
export function satisfactionChart(points: readonly SatisfactionPoint[]): Html {
  const height = 300;
  const [top, bottom] = [12, height - 30];
  const x = (i: number): number => LEFT + (points.length < 2 ? 0.5 : i / (points.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => bottom - (value / 100) * (bottom - top);
  const runs = knownRuns(points);
  const at = (i: number, value: number): string => `${x(i).toFixed(1)},${y(value).toFixed(1)}`;
  const last = points.at(-1)?.mean ?? null;
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Mean satisfaction over ${points.length} minutes, now ${score(last)}">
${[0, 20, 40, 60, 80, 100].map(
  (tick) =>
    html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
)}
${runs.map(
  (run) =>
    html`<polygon class="band" points="${run.map(({ i, p90 }) => at(i, p90)).join(' ')} ${[...run]
      .reverse()
      .map(({ i, p10 }) => at(i, p10))
      .join(' ')}"/>`,
)}
${runs.map((run) => html`<polyline class="mean" points="${run.map(({ i, mean }) => at(i, mean)).join(' ')}"/>`)}
${runs.flat().map(({ i, mean, p10, p90, label }) => html`<circle cx="${x(i).toFixed(1)}" cy="${y(mean).toFixed(1)}" r="${points.length > 90 ? 2 : 4}" fill="var(--accent)"><title>${label}: mean ${score(mean)}, p10 ${score(p10)}, p90 ${score(p90)}</title></circle>`)}
${timeTicks(points, x, height)}
</svg>`;
}

type KnownPoint = { readonly i: number; readonly label: string; readonly mean: number; readonly p10: number; readonly p90: number };

function knownRuns(points: readonly SatisfactionPoint[]): readonly (readonly KnownPoint[])[] {
  const runs: KnownPoint[][] = [];
  let run: KnownPoint[] | null = null;
  for (const [i, { label, mean, p10, p90 }] of points.entries()) {
    if (mean === null || p10 === null || p90 === null) {
      run = null;
      continue;
    }
    if (run === null) {
      run = [];
      runs.push(run);
    }
    run.push({ i, label, mean, p10, p90 });
  }
  return runs;
}

function timeTicks(points: readonly { readonly label: string }[], x: (i: number) => number, height: number): readonly Html[] {
  const every = Math.max(1, Math.ceil(points.length / TICKS_MAX));
  return points.flatMap(({ label }, i) =>
    i % every === 0 ? [html`<text x="${x(i).toFixed(1)}" y="${height - 8}" text-anchor="middle">${label}</text>`] : [],
  );
}

/** Customers by satisfaction: the newest minute as bars, the first one as an outline. */
export function histogramChart(first: readonly number[], last: readonly number[]): Html {
  const [width, height, bottom, top] = [480, 240, 210, 14];
  const slot = (width - 8) / Math.max(1, last.length);
  const most = Math.max(1, ...first, ...last);
  const tall = (n: number): number => (n / most) * (bottom - top);
  const tone = (i: number): string => (i < 4 ? 'var(--bad)' : i < 6 ? 'var(--fair)' : 'var(--good)');
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Customers by satisfaction in bins of ten">
${last.map((n, i) => {
  const [left, before] = [4 + i * slot, first[i] ?? 0];
  const name = `${i * 10} to ${i * 10 + 10}: ${count(n)} customers, ${count(before)} in the first minute`;
  return html`<g><title>${name}</title><rect x="${(left + 3).toFixed(1)}" y="${(bottom - tall(n)).toFixed(1)}" width="${(slot - 6).toFixed(1)}" height="${tall(n).toFixed(1)}" rx="3" fill="${tone(i)}"/><rect x="${(left + 1).toFixed(1)}" y="${(bottom - tall(before)).toFixed(1)}" width="${(slot - 2).toFixed(1)}" height="${tall(before).toFixed(1)}" rx="3" fill="none" stroke="var(--soft)" stroke-dasharray="3 3"/><text x="${(left + slot / 2).toFixed(1)}" y="${height - 12}" text-anchor="middle">${i * 10}</text></g>`;
})}
<line class="grid" x1="4" x2="${width - 4}" y1="${bottom}" y2="${bottom}"/>
</svg>`;
}

export interface StackedColumn {
  readonly label: string;
  readonly parts: readonly number[];
}

/** A column a minute, stacked by phase, in milliseconds. */
export function timeChart(columns: readonly StackedColumn[], names: readonly string[]): Html {
  const [height, top, bottom] = [220, 12, 190];
  const totals = columns.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0));
  const most = Math.max(1, ...totals);
  const slot = (WIDTH - LEFT - RIGHT) / Math.max(1, columns.length);
  const wide = Math.min(48, Math.max(1, slot * 0.72));
  const x = (i: number): number => LEFT + slot * (i + 0.5);
  const bars = columns.map(({ label, parts }, i) => {
    let y = bottom;
    const rects = parts.map((part, phase) => {
      const tall = (part / most) * (bottom - top);
      y -= tall;
      return html`<rect x="${(x(i) - wide / 2).toFixed(1)}" y="${y.toFixed(1)}" width="${wide.toFixed(1)}" height="${tall.toFixed(1)}" fill="${hue(phase)}"><title>${label} ${names[phase] ?? ''}: ${milliseconds(part)} of ${milliseconds(totals[i] ?? 0)}</title></rect>`;
    });
    return html`<g>${rects}</g>`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Time by phase for ${columns.length} minutes, at most ${milliseconds(most)}">
${[0, 0.5, 1].map((part) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom - part * (bottom - top)}" y2="${bottom - part * (bottom - top)}"/><text x="${LEFT - 6}" y="${bottom - part * (bottom - top) + 4}" text-anchor="end">${milliseconds(most * part)}</text>`)}
${bars}
${timeTicks(columns, x, height)}
</svg>`;
}
