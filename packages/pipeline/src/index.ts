export { KafkaActionsTopic } from './act/actions-topic.ts';
export { GateKeeper, type MinuteStatus } from './act/gate-keeper.ts';
export { ActionPublisher } from './act/publish.ts';
export { type EngineProvider, runToCommit } from './attempts.ts';
export type { AsideRow } from './batch/aside-rows.ts';
export { type DaySummary, type KeptDrift, readAside, readDrift } from './batch/day-record.ts';
export type { ColumnProfile } from './batch/profile.ts';
export { analyseProject, type SqlProblem } from './check/analyse.ts';
export { type IterationFolders, iterationFolders, type KeptOutcome, keptOutcome } from './committed.ts';
export { Engine, type EngineOptions, openEngine } from './engine/engine.ts';
export { StatePaths } from './engine/paths.ts';
export { type Bridge, startBridge } from './ingest/bridge.ts';
export { runIteration } from './iteration.ts';
export { DECISION_STATES, type DecisionState, type KnownDecision } from './ledger/action-book.ts';
export { Ledger } from './ledger/ledger.ts';
export type { MinuteOutcome, PhaseSpan } from './outcome.ts';
export type { MinuteSource, Pipeline } from './pipeline.ts';
export { recordRun } from './record/record.ts';
export { REPLAY_FILES } from './replay/output-files.ts';
export { type ReplayOptions, replayOnSpark } from './replay/replay.ts';
export { SparkReplay, type SparkReplayOptions } from './replay/spark-replay.ts';
export { type BatchDay, batchDays, columnProfiles } from './report/batch-days.ts';
export { type Falls, findFalls } from './report/falls.ts';
export {
  type ForgottenMinutes,
  forgottenMinutes,
  KEPT_CLASSES,
  type KeptClass,
  type KeptEvent,
  type KeptQuery,
  keptEvents,
} from './report/kept-events.ts';
export type { LateEffect, MetMessage } from './report/late-events.ts';
export { type Clock, systemClock } from './run/clock.ts';
export { type CoordinatorOptions, type LiveMinute, runMinutes } from './run/coordinator.ts';
export { minutesBefore, type OpenRun, openRun, type RunOptions } from './run/open-run.ts';
export { type LiveViews, openLiveViews } from './serve/live-views.ts';
