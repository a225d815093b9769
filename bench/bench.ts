import type { Figure } from './figures.ts';
import type { Chart } from './report/chart.ts';

/** `quick` ends in about five minutes; `full` is what an issue asks for. */
export type BenchSize = 'quick' | 'full';

/** How far a step is, in the shape that the command line's display takes. */
export interface StepProgress {
  readonly kind: 'step';
  readonly name: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly seconds?: number;
  readonly done?: number;
  readonly of?: number;
  readonly unit?: string;
  readonly detail?: string;
}

/** Where a bench says what it does. */
export interface BenchView {
  progress(event: StepProgress): void;
  note(text: string): void;
}

export interface BenchContext {
  readonly size: BenchSize;
  /** Folder for services, state and logs; emptied of what the bench made when it ends well. */
  readonly home: string;
  readonly view: BenchView;
  readonly signal: AbortSignal;
  /** Settings of this bench alone, `--set name=value`. */
  readonly settings: ReadonlyMap<string, string>;
}

/** A table of the report: `rows` hold as many texts as there are `columns`. */
export interface ReportTable {
  readonly title: string;
  /** What the table says and how it was measured; Markdown. */
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Text that is shown as it is, below the rows. */
  readonly verbatim?: string;
}

export interface BenchReport {
  readonly figures: readonly Figure[];
  readonly tables: readonly ReportTable[];
  readonly charts: readonly Chart[];
}

/** What `bench/<name>/bench.ts` exports as `bench`. */
export interface Bench {
  readonly title: string;
  /** One or two sentences for the report: what is measured, on what. */
  readonly about: string;
  /** The settings that it knows, with what they are for. */
  readonly settings: Readonly<Record<string, string>>;
  readonly run: (context: BenchContext) => Promise<BenchReport>;
}
