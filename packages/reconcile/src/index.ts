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
export { verdictLine } from './verdict-line.ts';
