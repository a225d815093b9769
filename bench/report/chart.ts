/** What is drawn: every chart has a title and says its units; a `goal` is a dashed line. */
export type Chart = BarChart | LineChart;

/** Horizontal bars; a bar with several parts is stacked in the order of `parts`. */
export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  readonly unit: string;
  /** Names of what the parts are; one name for plain bars. */
  readonly parts: readonly string[];
  readonly bars: readonly { readonly label: string; readonly values: readonly number[] }[];
  readonly goal?: number;
}

/** Lines over a numeric axis. */
export interface LineChart {
  readonly kind: 'lines';
  readonly title: string;
  readonly xLabel: string;
  readonly unit: string;
  readonly lines: readonly { readonly label: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
  readonly goal?: number;
}
