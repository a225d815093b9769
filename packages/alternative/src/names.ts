/** What the alternative shares with the rest of Parallax: the project's declarations and the columns' names, no arithmetic and no parsing. */
export type {
  Aggregate,
  BatchTable,
  ExactDecimal,
  Expectation,
  KeyType,
  Micros,
  OnlineSource,
  Project,
  ScorecardEntry,
  Stream,
  Transform,
} from '@parallax/core';
export {
  batchViewColumns,
  LAST_HOUR_SUFFIX,
  onlineViewColumns,
  streamColumn,
  streamViewColumns,
  type ViewColumn,
  WINDOWS,
  type WindowName,
} from '@parallax/core/view-columns.ts';
