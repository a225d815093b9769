import type { Cause } from '@parallax/reconcile';
import type { Fault, FaultKind } from './fault.ts';

type Classes = readonly Cause[];

const LOGIC: Classes = ['logic'];
const LOST: Classes = ['lost'];
/** In its first minute a message that comes in another is one that a side lacks. */
const MOVED: Classes = ['wrong_minute', 'lost'];
/** Of two values that happen to be next to each other none can say more. */
const VALUE: Classes = ['value', 'rounding'];
const STALE: Classes = ['stale_batch'];
const HALF: Classes = ['half_batch'];
const NO_ANSWER: Classes = ['partial_online'];
const OTHER_ANSWER: Classes = ['online_skew'];
/** What lies outside the window on one side: left out, or taken in. */
const EDGE: Classes = ['wrong_minute', 'lost'];

/** By kind and family; `*`: each other family of the kind. The first is the exact one, the others are as right. */
const CLASSES: Readonly<Record<FaultKind, Readonly<Record<string, Classes>>>> = {
  sql: { join: ['join_loss', 'logic'], null: ['null_against_value', 'logic'], '*': LOGIC },
  data: {
    'drop stream': LOST,
    'duplicate stream': ['duplicated'],
    'double count stream': ['duplicated', 'lost'],
    'delay stream': MOVED,
    'unit change stream': ['unit'],
    'truncated value stream': VALUE,
    'swapped columns stream': VALUE,
    'clock skew stream': ['wrong_minute'],
    'wrapped counter stream': ['overflow'],
    'another key stream': ['key_mismatch'],
    'drop batch': HALF,
    // Neither row of a key that stands twice counts.
    'duplicate batch': HALF,
    'half table batch': HALF,
    // A twelfth is a unit, too, but no power of ten.
    'unit change batch': ['unit', 'value'],
    'truncated value batch': VALUE,
    'swapped columns batch': VALUE,
    'text change batch': VALUE,
    'shifted columns batch': VALUE,
    'delay batch': STALE,
    'early batch': STALE,
    'drop online': NO_ANSWER,
    'missing rows online': ['partial_online', 'online_skew'],
    'delay online': NO_ANSWER,
    '* online': OTHER_ANSWER,
  },
  pipeline: {
    'offset -1': LOST,
    'offset -1, carried': MOVED,
    'offset +1': MOVED,
    'offset +1, moved': MOVED,
    'range twice': ['duplicated'],
    'restart gap': ['restart_gap', 'lost'],
    'restart gap, whole': ['restart_gap'],
    'lateness +1': ['late_cut_off'],
    'lateness -1': ['late_cut_off'],
    'max_ahead +1': ['ahead_cut_off'],
    'ids forgotten': ['duplicated'],
    'pane twice': ['duplicated'],
    'pane left out': LOST,
    'pane lost': LOST,
    'panes of half the customers': LOST,
    'last_hour -1': ['wrong_minute'],
    'last_hour +1': EDGE,
    'hour_to_date not reset': ['wrong_minute'],
    'hour_to_date +1': EDGE,
    'hour_to_date -1': ['wrong_minute'],
    'state lost': ['restart_gap', 'lost'],
    'state stale': ['restart_gap', 'lost'],
    'early events lost': LOST,
    'suffix off': EDGE,
    'outside base': HALF,
    'population lost': LOST,
    'view joined by another key': ['key_mismatch', 'logic'],
    'stale batch view': STALE,
    'batch view too soon': STALE,
    'batch view too late': STALE,
    'half batch view': HALF,
    'batch rows kept too long': STALE,
    'half batch view, a table': HALF,
    'half batch view, yesterday’s table': STALE,
    'page lost': NO_ANSWER,
    'first answer wins': OTHER_ANSWER,
    'answers not kept': NO_ANSWER,
    'answers of the minute before': ['partial_online', 'online_skew'],
    'fields swapped': ['online_skew', 'logic'],
    'results lost': ['join_loss'],
    'results of the minute before': ['wrong_minute', 'logic', 'join_loss'],
    'iteration off by a minute': ['wrong_minute', 'logic'],
    'old rule version': ['rule_version'],
    '*': LOGIC,
  },
  // A setting changes what an expression gives; one that gives null is told as that.
  engine: { '*': ['logic', 'null_against_value'] },
  alternative: {
    'lateness +1': ['late_cut_off'],
    'lateness -1': ['late_cut_off'],
    'events dropped': LOST,
    'partition lost': ['restart_gap', 'lost'],
    'answer lost': NO_ANSWER,
    'window edge': ['wrong_minute'],
    'window edge, short': ['wrong_minute'],
    'tie order': ['tie_order'],
    rounding: ['rounding'],
    'late boundary': ['late_cut_off'],
    'first of twins': ['wrong_minute', 'tie_order'],
    'answer order': OTHER_ANSWER,
    'stale day': STALE,
    'not deterministic': ['not_deterministic'],
    '*': LOGIC,
  },
};

/** The classes of causes that name a fault rightly. Throws when its family is not listed. */
export function classesOf({ kind, family, expected }: Pick<Fault, 'kind' | 'family' | 'expected'>): Classes {
  const of = CLASSES[kind];
  const [stage = ''] = expected.stages;
  const where = stage === 'batch' || stage === 'online' ? stage : 'stream';
  const classes = kind === 'data' ? (of[`${family} ${where}`] ?? of[`* ${where}`]) : (of[family] ?? of['*']);
  if (classes === undefined) throw new RangeError(`no class of cause is known for the family ${family} of ${kind}`);
  return classes;
}
