/** Accepted events of one stream and iteration, by columns. */
export interface AcceptedEvents {
  readonly count: number;
  readonly keys: readonly string[];
  readonly ids: readonly string[];
  /** µs from the clock's origin. */
  readonly times: readonly number[];
  /** Values of event `i` begin at `i × width`; NaN is null. */
  readonly values: Float64Array;
  readonly width: number;
}
