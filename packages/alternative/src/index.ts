export { AlternativeReplay, type AlternativeReplayOptions } from './alternative-replay.ts';
export { Alternative, type AlternativeMinute, type AlternativeOptions } from './minute.ts';
export { LINE_FILES, LineFiles } from './output/line-files.ts';
export { type ReplayAlternativeOptions, replayAlternative } from './replay.ts';
export type { Customer } from './score/customer-view.ts';
export type { Logic, Result, WantedAction } from './score/logic.ts';
export { loadLogic } from './score/logic.ts';
export { alternativeTypes, TYPES_FILE } from './score/types-text.ts';
