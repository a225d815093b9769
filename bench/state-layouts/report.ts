import type { BenchReport, ReportTable } from '../bench.ts';
import { type Figure, figure, rounded } from '../figures.ts';
import type { BarChart } from '../report/chart.ts';
import { KEPT, READ_VARIABLES } from './layouts.ts';
import type { LayoutSize, MeasuredLayout } from './measure.ts';

interface Measure {
  readonly what: string;
  readonly unit: 'CPU s' | 'MiB';
  readonly of: (measured: MeasuredLayout) => number;
  /** What every minute does anew: there no other layout may cost less than the one that is kept. */
  readonly decides: boolean;
}

const MEASURES: readonly Measure[] = [
  { what: 'sum a minute’s events into panes', unit: 'CPU s', of: ({ sum }) => sum, decides: true },
  { what: 'merge an hour of panes', unit: 'CPU s', of: ({ merge }) => merge, decides: true },
  { what: `read ${READ_VARIABLES} variables of all windows`, unit: 'CPU s', of: ({ read }) => read, decides: false },
  { what: 'panes of the hour on disk', unit: 'MiB', of: ({ panesMib }) => panesMib, decides: false },
  { what: 'windows on disk', unit: 'MiB', of: ({ windowsMib }) => windowsMib, decides: false },
];
const PLACES = 2;

/** @param measured of all layouts, the one that is kept among them */
export function layoutReport(measured: readonly MeasuredLayout[], size: LayoutSize): BenchReport {
  const kept = measured.find(({ name }) => name === KEPT);
  if (kept === undefined) throw new RangeError(`the layout "${KEPT}" was not measured`);
  const others = measured.filter((each) => each !== kept);
  return {
    figures: [
      ...MEASURES.map(({ what, unit, of }) => figure(`${what}, ${KEPT}`, rounded(of(kept), PLACES), unit)),
      ...others.flatMap((other) => MEASURES.map((measure) => ratioFigure(measure, other, kept))),
    ],
    tables: [sideBySide(measured, kept, size)],
    charts: [
      barsOf('CPU of Spark', 'CPU s', ['sum a minute', 'merge an hour', 'read'], measured, ({ sum, merge, read }) => [sum, merge, read]),
      barsOf('On disk', 'MiB', ['panes of an hour', 'windows'], measured, ({ panesMib, windowsMib }) => [panesMib, windowsMib]),
    ],
  };
}

function ratioFigure({ what, of, decides }: Measure, other: MeasuredLayout, kept: MeasuredLayout): Figure {
  return figure(`${what}, ${other.name}, of what is kept`, ratio(of(other), of(kept)), '×', decides ? '>= 1' : null);
}

/** Null of nothing: an account of the kernel's has no less than a hundredth of a second. */
function ratio(a: number, b: number): number | null {
  return b === 0 ? null : rounded(a / b, PLACES);
}

function sideBySide(measured: readonly MeasuredLayout[], kept: MeasuredLayout, size: LayoutSize): ReportTable {
  const count = (n: number) => n.toLocaleString('en-US');
  return {
    title: 'Side by side',
    text: `${count(size.customers)} customers, ${size.variables} variables, sum and count of each. The minute has ${count(size.minuteEvents)} events, the hour ${count(size.hourEvents)} in 60 panes. Every layout begins with events that have been read from their messages, in its own form, and writes what it makes as Parquet: columns and arrays compressed (lz4), what is kept as the pipeline writes it. Reading adds up ${READ_VARIABLES} of the variables over all customers; all layouts read the sums that the events have. In brackets, of what is kept. Plans of the first two are compiled by Spark; where our functions do the work there is nothing to compile.`,
    columns: ['Layout', ...MEASURES.map(({ what, unit }) => `${what}, ${unit}`)],
    rows: measured.map((each) => [
      each.name,
      ...MEASURES.map(({ of }) => {
        const times = ratio(of(each), of(kept));
        return each === kept || times === null ? of(each).toFixed(PLACES) : `${of(each).toFixed(PLACES)} (${times} ×)`;
      }),
    ]),
  };
}

function barsOf(
  title: string,
  unit: string,
  parts: readonly string[],
  measured: readonly MeasuredLayout[],
  values: (measured: MeasuredLayout) => readonly number[],
): BarChart {
  return { kind: 'bars', title, unit, parts, bars: measured.map((each) => ({ label: each.name, values: values(each) })) };
}
