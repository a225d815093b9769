import { type ClassCounts, type Fall, MESSAGE_CLASSES } from '@parallax/core/minute-report.ts';
import { bar, shares, sparkline } from './bars.ts';
import type { Frame, Minute } from './frame.ts';
import { type Look, type Paint, plain } from './style.ts';
import { count, cut, cutColoured, harmless, milliseconds, padEnd, padStart, score, widthOf } from './text.ts';
import { actionWords, batchWords, behindWords, type Mood, stateWords, verdictWords } from './verdict-text.ts';

/** Narrowest terminal that is drawn for; anything less is cut by it. */
const WIDTH_MIN = 60;
/** From here on two sections stand beside each other. */
const TWO_COLUMNS_MIN = 120;
const WIDTH_MAX = 160;
const SPARK_MINUTES = 40;
const FALLS_MAX = 4;
const ACTIONS_MAX = 6;
const ACTIONS_COMPACT = 3;
const SAMPLES_MAX = 3;
const GAP = 4;

const CLASS_LOOKS: Readonly<Record<keyof ClassCounts, Look>> = {
  accepted: 'green',
  duplicate: 'cyan',
  late: 'yellow',
  ahead: 'magenta',
  invalid: 'red',
};
const PHASE_LOOKS: readonly Look[] = ['blue', 'cyan', 'green', 'yellow', 'magenta', 'red'];

const MOOD_LOOKS: Readonly<Record<Mood, readonly Look[]>> = { good: ['green'], bad: ['bold', 'red'], open: ['yellow'], none: ['dim'] };

/** How much is shown: everything, or what fits a terminal of 24 lines. */
export type Detail = 'full' | 'compact';

interface Room {
  readonly width: number;
  readonly paint: Paint;
  readonly compact: boolean;
}

/**
 * A minute as lines of at most `width` columns: header, satisfaction, events by class, what fell, actions, time by phase. Pure.
 * @param paint how to colour; plain text without it
 */
export function renderMinute(frame: Frame, width: number, paint: Paint = plain, detail: Detail = 'full'): string {
  const whole = Math.min(Math.max(width, WIDTH_MIN), WIDTH_MAX);
  const half = Math.floor((whole - GAP) / 2);
  const compact = detail === 'compact';
  const gap = compact ? [] : [''];
  type Section = (frame: Frame, room: Room) => readonly string[];
  const draw = (width: number, ...sections: readonly Section[]): readonly string[] =>
    sections.flatMap((section, i) => [...(i === 0 ? [] : gap), ...section(frame, { width, paint, compact })]);
  const pair = (left: readonly Section[], right: readonly Section[]): readonly string[] =>
    whole >= TWO_COLUMNS_MIN ? beside(draw(half, ...left), draw(half, ...right), half) : draw(whole, ...left, ...right);
  const lines = [...header(frame, whole, paint), ...gap, ...pair([satisfaction], [events, phases]), ...gap, ...pair([falls], [actions])];
  return `${lines.map((line) => cutColoured(line, whole)).join('\n')}\n`;
}

function beside(left: readonly string[], right: readonly string[], width: number): readonly string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const second = right[i] ?? '';
    return second === '' ? (left[i] ?? '') : padEnd(left[i] ?? '', width + GAP) + second;
  });
}

function header({ project, report, extras }: Frame, width: number, paint: Paint): readonly string[] {
  const left = `${paint(' PARALLAX ', 'bold', 'cyan')} ${paint(cut(harmless(project), 24), 'bold')}  ${paint(clock(report.minute), 'bold')}`;
  const state = liveness({ report, extras }, paint);
  const { text, mood } = verdictWords({ report, extras });
  const verdict = paint(text, ...MOOD_LOOKS[mood]);
  const first = `${left}   ${state}`;
  const room = width - widthOf(first) - widthOf(verdict);
  const fits = room >= 2;
  const parts = [
    ...(fits ? [] : [verdict]),
    paint(report.minute.slice(0, 10), 'dim'),
    paint(batchWords(report.batch), 'dim'),
    paint(`manifest ${report.manifest.slice(0, 12)}`, 'dim'),
    paint(
      `so far ${count(extras.totals.minutes)} min, ${count(extras.totals.events)} events, ${count(extras.totals.actions)} actions`,
      'dim',
    ),
    ...(report.state === null ? [] : [paint(stateWords(report.state), 'dim')]),
  ];
  const second = parts.reduce((line, part) => (widthOf(line) + widthOf(part) + 2 <= width ? `${line}  ${part}` : line), '');
  return [fits ? `${first}${' '.repeat(room)}${verdict}` : first, second];
}

/** `10:14 UTC`. */
function clock(minute: string): string {
  return `${minute.slice(11, 16)} UTC`;
}

function liveness({ report, extras: { lagSeconds, catchingUp } }: Minute, paint: Paint): string {
  const behind = behindWords(report.behind);
  if (catchingUp !== null) return paint(`catching up: minute ${count(catchingUp.done)} of ${count(catchingUp.of)}${behind}`, 'yellow');
  if (!report.on_time) return paint(`caught up late${behind}`, 'yellow');
  const live =
    lagSeconds === null ? paint('on time', 'green') : `${paint('●', 'green')} live, ready ${lagSeconds.toFixed(1)} s after its end`;
  return `${live}${paint(behind, 'yellow')}`;
}

function title(text: string, paint: Paint, more = ''): string {
  return `${paint(text, 'bold')}${more === '' ? '' : `  ${more}`}`;
}

function satisfaction({ report, extras, means }: Frame, { width, paint, compact }: Room): readonly string[] {
  const { mean, p10, p50, p90 } = report.satisfaction;
  const recent = means.slice(-Math.min(SPARK_MINUTES, Math.max(4, width - 24)));
  const known = recent.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const lines = [
    title('Satisfaction', paint, `mean ${paint(score(mean), 'bold', lookOf(mean))}${change(means, paint)}`),
    paint(`  p10 ${score(p10)}   median ${score(p50)}   p90 ${score(p90)}   ${count(report.population)} customers`, 'dim'),
  ];
  if (known.length > 1) {
    // Little movement should look little: the scale spans at least five points.
    const middle = (low + high) / 2;
    const reach = Math.max((high - low) / 2, 2.5);
    const spark = sparkline(recent, middle - reach, middle + reach);
    lines.push(`  ${paint(spark, 'cyan')} ${paint(`${recent.length} min, ${score(low)}–${score(high)}`, 'dim')}`);
  }
  const most = Math.max(...extras.histogram, 1);
  if (compact) return [...lines, `  ${paint('0', 'dim')} ${paint(histogramLine(extras.histogram, most), 'cyan')} ${paint('100', 'dim')}`];
  for (const [i, n] of [...extras.histogram.entries()].reverse()) {
    const label = padStart(`${i * 10}–${i * 10 + 10}`, 8);
    const room = width - 8 - 2 - 9;
    lines.push(`${paint(label, 'dim')}  ${paint(padEnd(bar(n, most, room), room), lookOf(i * 10 + 5))} ${padStart(count(n), 8)}`);
  }
  return lines;
}

/** The distribution on one line: three columns a bin. */
function histogramLine(histogram: readonly number[], most: number): string {
  return histogram.map((n) => sparkline([n, n, n], 0, most)).join('');
}

function lookOf(value: number | null): Look {
  if (value === null) return 'dim';
  if (value < 40) return 'red';
  return value < 60 ? 'yellow' : 'green';
}

function change(means: readonly (number | null)[], paint: Paint): string {
  const [before, now] = [means.at(-2), means.at(-1)];
  if (before === undefined || before === null || now === undefined || now === null) return '';
  const difference = now - before;
  if (Math.abs(difference) < 0.005) return paint('  =', 'dim');
  return difference > 0 ? paint(`  ▲ ${difference.toFixed(2)}`, 'green') : paint(`  ▼ ${(-difference).toFixed(2)}`, 'red');
}

function events({ report }: Frame, { width, paint }: Room): readonly string[] {
  const streams = Object.entries(report.counts);
  const nameWidth = Math.min(16, Math.max(8, ...streams.map(([name]) => widthOf(harmless(name)))), Math.max(8, width - 52));
  const cellWidth = Math.min(10, Math.floor((width - 2 - nameWidth) / MESSAGE_CLASSES.length));
  const row = (name: string, cells: readonly string[]): string =>
    `  ${padEnd(cut(name, nameWidth), nameWidth)}${cells.map((cell) => padStart(cell, cellWidth)).join('')}`;
  const total = (name: keyof ClassCounts): number => streams.reduce((sum, [, counts]) => sum + counts[name], 0);
  const all = MESSAGE_CLASSES.reduce((sum, name) => sum + total(name), 0);
  const cells = (value: (name: keyof ClassCounts) => number): readonly string[] =>
    MESSAGE_CLASSES.map((name) => paint(count(value(name)), value(name) === 0 ? 'dim' : CLASS_LOOKS[name]));
  return [
    title('Events', paint, paint(`${count(all)} in this minute, each in one class`, 'dim')),
    paint(row('', cellWidth < 10 ? MESSAGE_CLASSES.map((name) => (name === 'duplicate' ? 'dupl.' : name)) : MESSAGE_CLASSES), 'dim'),
    ...streams.map(([name, counts]) =>
      row(
        harmless(name),
        cells((one) => counts[one]),
      ),
    ),
    ...(streams.length > 1 ? [row('together', cells(total))] : []),
  ];
}

function phases({ report }: Frame, { width, paint, compact }: Room): readonly string[] {
  const spent = Object.entries(report.phases_ms).filter(([, ms]) => ms > 0);
  const total = spent.reduce((sum, [, ms]) => sum + ms, 0);
  const lookAt = (i: number): Look => PHASE_LOOKS[i % PHASE_LOOKS.length] ?? 'blue';
  const columns = shares(
    spent.map(([, ms]) => ms),
    Math.max(10, width - 2),
  );
  const stacked = columns.map((n, i) => paint('█'.repeat(n), lookAt(i))).join('');
  const longest = [...spent].sort(([, a], [, b]) => b - a).slice(0, 3);
  const mostly = compact ? `: ${longest.map(([name, ms]) => `${harmless(name)} ${milliseconds(ms)}`).join(', ')}` : '';
  const lines = [title('Time', paint, cut(`${milliseconds(total)} for this minute${mostly}`, width - 6))];
  if (total > 0) lines.push(`  ${stacked}`);
  if (compact) return lines;
  let line = ' ';
  for (const [i, [name, ms]] of spent.entries()) {
    const part = ` ${paint('■', lookAt(i))} ${harmless(name)} ${milliseconds(ms)} `;
    if (widthOf(line) + widthOf(part) > width) {
      lines.push(line);
      line = ' ';
    }
    line += part;
  }
  return line.trim() === '' ? lines : [...lines, line];
}

function falls({ extras }: Frame, { width, paint, compact }: Room): readonly string[] {
  const groups = extras.fallenGroups.slice(0, compact ? 1 : FALLS_MAX);
  const customers = extras.fallenCustomers.slice(0, compact ? 1 : FALLS_MAX);
  if (groups.length === 0 && customers.length === 0) return [title('Fell most', paint), paint('  nobody fell noticeably', 'dim')];
  return [
    title('Fell most', paint),
    ...groups.flatMap((fall) => fallLines(fall, `${harmless(fall.name)} ${paint(`(${count(fall.customers)})`, 'dim')}`, width, paint)),
    ...customers.flatMap((fall) => fallLines(fall, `customer ${harmless(fall.name)}`, width, paint)),
  ];
}

function fallLines(fall: Fall, name: string, width: number, paint: Paint): readonly string[] {
  const numbers = `${padStart(score(fall.before), 6)} → ${paint(padStart(score(fall.now), 6), lookOf(fall.now))} ${paint(padStart(`▼ ${(fall.before - fall.now).toFixed(2)}`, 8), 'red')}`;
  const room = width - widthOf(numbers) - 4;
  const label = widthOf(name) <= room ? name : cut(harmless(fall.name), room);
  const first = `  ${padEnd(label, room)}  ${numbers}`;
  return fall.why === null ? [first] : [first, paint(`    ${cut(harmless(fall.why), width - 4)}`, 'dim')];
}

function actions({ report, extras }: Frame, { width, paint, compact }: Room): readonly string[] {
  const shown = compact ? ACTIONS_COMPACT : ACTIONS_MAX;
  const lines = [title('Actions', paint, paint(cut(actionWords(report.actions), width - 10), report.actions.held > 0 ? 'yellow' : 'bold'))];
  if (extras.actions.length === 0) lines.push(paint('  none in this minute', 'dim'));
  for (const { action, samples, ...counts } of extras.actions.slice(0, shown)) {
    const numbers = cut(actionWords(counts), Math.max(8, width - 28));
    lines.push(`  ${paint(padEnd(cut(harmless(action), 24), 24), 'magenta')} ${numbers}`);
    for (const { customer, reason } of samples.slice(0, compact ? 0 : SAMPLES_MAX)) {
      lines.push(paint(`    ${cut(`${harmless(customer)}: ${harmless(reason ?? 'no reason given')}`, width - 4)}`, 'dim'));
    }
  }
  const more = extras.actions.length - shown;
  return more > 0 ? [...lines, paint(`  and ${more} more kinds`, 'dim')] : lines;
}
