export type { AheadFolders } from './ahead/spark-ahead.ts';
export { CANARIES_FILE, type Canaries, type CanaryAnswers, type CanaryAt, loadCanaries, type NoCanaries } from './canaries/declared.ts';
export type { Cause } from './cause/reasons.ts';
export type { SideContribution } from './contribution-sides.ts';
export { type CustomerSides, customerSides, type SideValue } from './customer-sides.ts';
export { Reconciler, type ReconcilerOptions } from './reconciler.ts';
export { RecordingInputs } from './recording-inputs.ts';
export type {
  AlternativeFacts,
  AlternativeLookups,
  AlternativeMinuteSide,
  InputComparison,
  InputDifference,
  SparkMinute,
} from './sides.ts';
export { changedOutputs } from './spark-side/kept-outputs.ts';
export { ParquetReader } from './spark-side/parquet.ts';
export { verdictLine } from './verdict-line.ts';
export { type GivenVerdict, VerdictStore, verdictsFile } from './verdict-store.ts';
export { withFindings } from './with-findings.ts';
