import type { DayRules } from '@parallax/core';

/** A table that asks nothing of its days. */
export const NO_RULES: DayRules = {
  rowsMin: null,
  rowsMax: null,
  changePercentMax: null,
  freshWithinUs: null,
  driftMax: null,
  keylessMax: null,
  keyTwiceMax: null,
  repeated: null,
};
