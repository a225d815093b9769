import type { BenchReport } from '../bench.ts';
import { type Figure, figure, rounded } from '../figures.ts';
import type { Chart } from '../report/chart.ts';
import type { Besides } from './beside.ts';
import { KEPT_COLUMNS, valuesOf } from './data.ts';
import type { ReducedDay } from './days.ts';
import type { StoreDay } from './from-stores.ts';
import type { JoinCost } from './minutes.ts';

/** What the issue asks for, to which the measured rates are extended. */
const WHOLE = { customers: 100_000_000, variables: 5_000 };

export interface Measured {
  readonly days: readonly ReducedDay[];
  readonly stores: readonly StoreDay[];
  readonly joins: readonly JoinCost[];
  /** Spark's plan of a minute's lookup. */
  readonly plan: string;
  readonly besides: Besides;
  readonly population: number;
}

const rateOf = (day: ReducedDay | StoreDay): number => valuesOf(day.size) / day.ours;
const grouped = (n: number): string => n.toLocaleString('en-US');

export function reportOf(measured: Measured): BenchReport {
  const { days, stores, joins, besides } = measured;
  return {
    figures: [
      ...days.flatMap((day): Figure[] => [
        figure(
          `Parquet to batch view against DuckDB, ${grouped(day.size.customers)} customers`,
          rounded(day.duck / day.ours, 2),
          '×',
          '>= 0.5',
        ),
        figure(`values a second a core, ${grouped(day.size.customers)} customers`, Math.round(rateOf(day)), 'values/s'),
      ]),
      ...stores.flatMap((day): Figure[] => [
        figure(`${day.store}: values a second a core`, Math.round(rateOf(day)), 'values/s'),
        figure(`${day.store}: bytes moved a value`, rounded(day.bytes / valuesOf(day.size), 2), 'bytes'),
      ]),
      figure('a minute’s lookups, dearest base against cheapest', rounded(flatnessOf(joins), 2), '×', '<= 1.3'),
      figure('a minute beside a batch build against one alone', rounded(besides.besideMs / besides.aloneMs, 2), '×'),
      ...extrapolated(days),
    ],
    tables: [daysTable(days), storesTable(stores), joinsTable(measured), planTable(measured), besidesTable(besides)],
    charts: charts(measured),
  };
}

function flatnessOf(joins: readonly JoinCost[]): number {
  const enters = joins.map((j) => j.enter);
  return Math.max(...enters) / Math.min(...enters);
}

/** By the slowest rate that was measured: no smaller share of a core's time is promised than what was seen. */
function extrapolated(days: readonly ReducedDay[]): Figure[] {
  const slowest = Math.min(...days.map(rateOf));
  const widest = Math.max(...days.map((day) => day.bytesOfCustomer));
  const withColumns = Math.max(...days.map((day) => day.bytesWithColumns));
  const hours = (WHOLE.customers * WHOLE.variables) / slowest / 3600;
  const what = `extrapolated, not measured: ${grouped(WHOLE.customers)} customers × ${grouped(WHOLE.variables)} variables`;
  return [
    figure(`${what}, from Parquet`, rounded(hours, 1), 'core hours'),
    figure(`${what}, the batch view`, rounded((widest * WHOLE.customers) / 1e9, 1), 'GB'),
    figure(`${what}, the batch view with ${KEPT_COLUMNS} columns`, rounded((withColumns * WHOLE.customers) / 1e9, 1), 'GB'),
  ];
}

function daysTable(days: readonly ReducedDay[]): BenchReport['tables'][number] {
  return {
    title: 'A day of Parquet to the batch view',
    text: 'Ours is exact and has contributions and profiles; DuckDB’s is in doubles and has the sums alone. CPU seconds of the third run. A batch row has the scorecard’s sums and contributions; in the last column also declared columns that the SQL reads, of all kinds.',
    columns: [
      'Customers',
      'Variables',
      'Ours, CPU s',
      'DuckDB, CPU s',
      'Million values a CPU s',
      'Bytes a customer',
      `With ${KEPT_COLUMNS} columns`,
    ],
    rows: days.map((day) => [
      grouped(day.size.customers),
      grouped(day.size.tables * day.size.columns),
      day.ours.toFixed(2),
      day.duck.toFixed(2),
      (rateOf(day) / 1e6).toFixed(1),
      day.bytesOfCustomer.toFixed(0),
      day.bytesWithColumns.toFixed(0),
    ]),
  };
}

function storesTable(stores: readonly StoreDay[]): BenchReport['tables'][number] {
  return {
    title: 'A day of a store to the batch view',
    text: 'By partitioned JDBC and by the Cassandra connector; tables of 4-byte integers. Bytes are those that the store sent, counted by a relay on the way, whose own CPU is in neither column.',
    columns: [
      'Store',
      'Customers',
      'Variables',
      'Ours, CPU s',
      'Store, CPU s',
      'Wall s',
      'Million values a CPU s',
      'MB moved',
      'Bytes a value',
    ],
    rows: stores.map((day) => [
      day.store,
      grouped(day.size.customers),
      grouped(day.size.tables * day.size.columns),
      day.ours.toFixed(2),
      day.theirs.toFixed(2),
      day.seconds.toFixed(1),
      (rateOf(day) / 1e6).toFixed(2),
      (day.bytes / 1e6).toFixed(1),
      (day.bytes / valuesOf(day.size)).toFixed(2),
    ]),
  };
}

function joinsTable({ joins, population }: Measured): BenchReport['tables'][number] {
  return {
    title: 'A minute finds its customers',
    text: `The same ${grouped(population)} customers in bases of different size. All enter: each is looked up. All stay: their rows are those of the minute before. CPU seconds, medians.`,
    columns: ['Base', 'All enter, CPU s', 'All stay, CPU s', 'Pages read', 'KiB read'],
    rows: joins.map((j) => [grouped(j.customers), j.enter.toFixed(2), j.stay.toFixed(2), grouped(j.pages), (j.bytes / 1024).toFixed(0)]),
  };
}

function planTable({ plan }: Measured): BenchReport['tables'][number] {
  return {
    title: 'How a minute finds its customers: Spark’s plan',
    text: 'Of the statement that the product runs, in the largest base. It scans the minute’s windows and what the minute before kept. The batch view is no relation of it: `prlx_batch_beside` reads the pages of those who enter, by their offsets in its files.',
    columns: [],
    rows: [],
    verbatim: plan,
  };
}

/** The curves over customers. Sizes are ten times one another: what is drawn is their power of ten. */
function charts({ days, joins }: Measured): Chart[] {
  const xLabel = 'customers, as a power of ten';
  const curve = <T>(label: string, each: readonly T[], customers: (of: T) => number, value: (of: T) => number) => ({
    label,
    points: each.map((of): [number, number] => [rounded(Math.log10(customers(of)), 2), rounded(value(of), 3)]),
  });
  const ofDay = (day: ReducedDay) => day.size.customers;
  return [
    {
      kind: 'lines',
      title: 'A day of Parquet to the batch view',
      unit: 'million values a CPU s',
      xLabel,
      lines: [
        curve('Parallax', days, ofDay, (day) => rateOf(day) / 1e6),
        curve('DuckDB', days, ofDay, (day) => valuesOf(day.size) / day.duck / 1e6),
      ],
    },
    {
      kind: 'lines',
      title: 'The batch view',
      unit: 'bytes a customer',
      xLabel,
      lines: [
        curve('without columns', days, ofDay, (day) => day.bytesOfCustomer),
        curve(`with ${KEPT_COLUMNS} columns`, days, ofDay, (day) => day.bytesWithColumns),
      ],
    },
    {
      kind: 'lines',
      title: 'A minute finds its customers',
      unit: 'CPU s',
      xLabel,
      lines: [
        curve(
          'all enter',
          joins,
          (cost) => cost.customers,
          (cost) => cost.enter,
        ),
        curve(
          'all stay',
          joins,
          (cost) => cost.customers,
          (cost) => cost.stay,
        ),
      ],
    },
  ];
}

function besidesTable({ run, day, aloneMs, besideMs, views }: Besides): BenchReport['tables'][number] {
  return {
    title: 'A minute beside a batch build',
    text: `Minutes of ${grouped(run.events)} events of ${grouped(run.customers)} customers, replayed in one session, without and with another that makes batch views of ${grouped(day.customers)} customers × ${grouped(day.tables * day.columns)} variables with half of the processors, one after the other (${views} while it lasted). The median minute, from seal to commit.`,
    columns: ['', 'Median minute, ms'],
    rows: [
      ['alone', aloneMs.toFixed(0)],
      ['beside a batch build', besideMs.toFixed(0)],
    ],
  };
}
