export { runToCommit, type EngineProvider } from './attempts.ts';
export { Engine, type EngineOptions, openEngine } from './engine/engine.ts';
export { StatePaths } from './engine/paths.ts';
export { runIteration } from './iteration.ts';
export { Ledger } from './ledger/ledger.ts';
export type { MinuteOutcome } from './outcome.ts';
export type { MinuteSource, Pipeline } from './pipeline.ts';
export { REPLAY_FILES, type ReplayOptions, replayOnSpark } from './replay/replay.ts';
