import type { BarChart, Chart, LineChart } from './chart.ts';

/** One SVG of all charts below each other: plain shapes and text, legible on light and dark pages. */

const WIDTH = 860;
const LEFT = 190;
const RIGHT = 60;
const PLOT = WIDTH - LEFT - RIGHT;
const BAR = 20;
const GAP = 8;
const HEAD = 54;
const FOOT = 46;
const LINE_PLOT_HEIGHT = 200;
const COLOURS = ['#3b7dd8', '#e08a2e', '#4aa564', '#b0559d', '#d1495b', '#6c7a89', '#2a9d8f', '#c9a227', '#8367c7', '#7f5539'];
const STYLE = `text{font:13px system-ui,sans-serif;fill:#7a8594}.t{font-size:15px;font-weight:600}.v{font-size:12px}.a{stroke:#7a859466}.g{stroke:#d1495b;stroke-dasharray:5 4}`;

/** Draws charts; the same charts give the same text. */
export function renderSvg(charts: readonly Chart[]): string {
  let y = 0;
  const drawn = charts.map((chart) => {
    const part = chart.kind === 'bars' ? drawBars(chart) : drawLines(chart);
    const text = `<g transform="translate(0,${y})">${part.body}</g>`;
    y += part.height;
    return text;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}"><style>${STYLE}</style>\n${drawn.join('\n')}\n</svg>\n`;
}

interface Drawn {
  readonly body: string;
  readonly height: number;
}

function drawBars(chart: BarChart): Drawn {
  const totals = chart.bars.map((bar) => bar.values.reduce((a, b) => a + b, 0));
  const scale = PLOT / niceCeiling(Math.max(...totals, chart.goal ?? 0, Number.MIN_VALUE));
  const rows = chart.bars.map((bar, row) => {
    const top = HEAD + row * (BAR + GAP);
    let x = LEFT;
    const parts = bar.values.map((value, part) => {
      const width = value * scale;
      const rect = `<rect x="${fixed(x)}" y="${top}" width="${fixed(width)}" height="${BAR}" fill="${colour(chart.parts.length > 1 ? part : 0)}"/>`;
      x += width;
      return rect;
    });
    const label = `<text x="${LEFT - 8}" y="${top + 14}" text-anchor="end">${escapeXml(bar.label)}</text>`;
    return `${parts.join('')}${label}<text class="v" x="${fixed(x + 6)}" y="${top + 14}">${compact(totals[row] ?? 0)}</text>`;
  });
  const bottom = HEAD + chart.bars.length * (BAR + GAP);
  const goal = chart.goal === undefined ? '' : vertical(LEFT + chart.goal * scale, HEAD - 6, bottom, `goal ${compact(chart.goal)}`);
  return { body: `${head(chart)}${rows.join('')}${goal}`, height: bottom + FOOT };
}

function drawLines(chart: LineChart): Drawn {
  const xs = chart.lines.flatMap((line) => line.points.map(([x]) => x));
  const ys = chart.lines.flatMap((line) => line.points.map(([, y]) => y));
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const top = niceCeiling(Math.max(...ys, chart.goal ?? 0, Number.MIN_VALUE));
  const at = ([x, y]: readonly [number, number]) =>
    `${fixed(LEFT + ((x - x0) / (x1 - x0 || 1)) * PLOT)},${fixed(HEAD + LINE_PLOT_HEIGHT * (1 - y / top))}`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = fixed(HEAD + LINE_PLOT_HEIGHT * (1 - share));
    return `<line class="a" x1="${LEFT}" y1="${y}" x2="${LEFT + PLOT}" y2="${y}"/><text class="v" x="${LEFT - 8}" y="${Number(y) + 4}" text-anchor="end">${compact(top * share)}</text>`;
  });
  const lines = chart.lines.map(
    (line, i) => `<polyline fill="none" stroke-width="2" stroke="${colour(i)}" points="${line.points.map(at).join(' ')}"/>`,
  );
  const bottom = HEAD + LINE_PLOT_HEIGHT;
  const axis = `<text class="v" x="${LEFT}" y="${bottom + 16}">${compact(x0)}</text><text class="v" x="${LEFT + PLOT}" y="${bottom + 16}" text-anchor="end">${compact(x1)}</text><text class="v" x="${LEFT + PLOT / 2}" y="${bottom + 16}" text-anchor="middle">${escapeXml(chart.xLabel)}</text>`;
  const goalY = chart.goal === undefined ? '' : fixed(HEAD + LINE_PLOT_HEIGHT * (1 - chart.goal / top));
  const goal =
    chart.goal === undefined
      ? ''
      : `<line class="g" x1="${LEFT}" y1="${goalY}" x2="${LEFT + PLOT}" y2="${goalY}"/><text class="v" x="${LEFT + PLOT + 4}" y="${Number(goalY) + 4}">goal ${compact(chart.goal)}</text>`;
  return { body: `${head(chart)}${grid.join('')}${lines.join('')}${goal}${axis}`, height: bottom + FOOT };
}

/** The title, and the legend when there is more than one thing to tell apart. */
function head(chart: Chart): string {
  const names = chart.kind === 'bars' ? chart.parts : chart.lines.map((line) => line.label);
  let x = LEFT;
  const legend = names.map((name, i) => {
    const mark = `<rect x="${x}" y="30" width="10" height="10" fill="${colour(i)}"/><text class="v" x="${x + 14}" y="40">${escapeXml(name)}</text>`;
    x += 30 + name.length * 7;
    return mark;
  });
  return `<text class="t" x="${LEFT}" y="18">${escapeXml(chart.title)} (${escapeXml(chart.unit)})</text>${names.length > 1 ? legend.join('') : ''}`;
}

function vertical(x: number, from: number, to: number, text: string): string {
  return `<line class="g" x1="${fixed(x)}" y1="${from}" x2="${fixed(x)}" y2="${to}"/><text class="v" x="${fixed(x)}" y="${to + 14}" text-anchor="middle">${text}</text>`;
}

/** The next of 1, 2, 2.5, 5 × 10^n. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999999) ?? 10 * power;
}

const colour = (index: number): string => COLOURS[index % COLOURS.length] ?? '#3b7dd8';
const fixed = (value: number): string => value.toFixed(1);

/** At most three significant digits, thousands apart. */
export function compact(value: number): string {
  const digits = Number(value.toPrecision(3));
  return Math.abs(digits) >= 1000 ? digits.toLocaleString('en-US') : String(digits);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
