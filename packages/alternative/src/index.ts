export { Alternative, type AlternativeMinute, type AlternativeOptions } from './minute.ts';
export { type AlternativeReplayOptions, replayAlternative } from './replay.ts';
export type { Customer } from './score/customer-view.ts';
export type { Logic, Result, WantedAction } from './score/logic.ts';
export { alternativeTypes, TYPES_FILE } from './score/types-text.ts';
