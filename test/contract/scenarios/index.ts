/** Every scenario. */
import type { Scenario } from '../scenario.ts';
import { actions } from './actions.ts';
import { batch } from './batch.ts';
import { classes } from './classes.ts';
import { examples } from './examples.ts';
import { online } from './online.ts';
import { parse } from './parse.ts';
import { base, touched } from './populations.ts';
import { scorecard } from './scorecard.ts';
import { silence } from './silence.ts';
import { sql } from './sql.ts';
import { windows } from './windows.ts';

export const SCENARIOS: readonly Scenario[] = [
  examples,
  parse,
  classes,
  windows,
  silence,
  touched,
  base,
  batch,
  scorecard,
  online,
  actions,
  sql,
];
