import { join } from 'node:path';
import { later, MICROS_PER_HOUR, MICROS_PER_MINUTE, type Micros, type MinuteVerdict, type Stage, type Witness } from '@parallax/core';
import { LAST_HOUR_SUFFIX, WINDOWS } from '@parallax/core/view-columns.ts';
import { aggregateColumns, batchColumns, onlineColumns } from '../columns.ts';
import type { Comparison } from '../context.ts';
import { decimalText, scaledText } from '../decimal-text.ts';
import { WITNESSES_MAX } from '../limits.ts';
import { fieldsOf, textField } from '../lines/canonical-line.ts';
import { linesWith } from '../lines/lines-with.ts';
import { CANARIES_FILE, type Canaries, type CanaryAnswers, type CanaryAt, CanaryFault, expectedOf } from './declared.ts';

/** One answer of a canary that is not what it must be, on both sides alike. */
export interface WrongAnswer {
  readonly customer: string;
  readonly stage: Stage;
  readonly source: string | null;
  readonly column: string;
  readonly expected: string | null;
  /** What both sides have. */
  readonly found: string | null;
}

/** What the canaries of a minute came to. */
export interface CanaryFindings {
  /** Canaries whose answers were held against what they must be. */
  readonly checked: number;
  /** Canaries that both sides have wrong, and their first wrong answers. */
  readonly wrongCanaries: number;
  readonly wrong: readonly WrongAnswer[];
  /** Canaries of which the project's function did not say what must be. */
  readonly failed: readonly FailedCanary[];
}

/** A canary of which it is not known what it must be, and why. */
export interface FailedCanary {
  readonly customer: string;
  readonly message: string;
}

const NOTHING_CHECKED: CanaryFindings = { checked: 0, wrongCanaries: 0, wrong: [], failed: [] };

/** Minutes of `last_hour` before the iteration's own. */
const LAST_HOUR_BEFORE = 59n;

/** A column's value, where it comes from, and the stage that compares it. */
interface Answer {
  readonly stage: Stage;
  readonly source: string | null;
  readonly value: string | null;
}

/**
 * Holds the canaries' answers of a compared minute against what they must be. The alternative's values are read; Spark's are the same unless a
 * stage has found the customer to differ, and then the minute is no match anyway and not both sides are wrong alike.
 *
 * @param first the run's first iteration: events from before its lateness are in no window
 */
export async function checkCanaries(of: Comparison, canaries: Canaries, first: Micros): Promise<CanaryFindings> {
  const { findings, alternative, project, spark } = of;
  const { facts } = alternative.lookups;
  // Before any day is active nobody is scored (contract, section 7).
  if (facts.batchDay === null) return NOTHING_CHECKED;
  const windows = windowsOf(spark.minute, later(canaries.since, first - project.latenessUs));
  if (windows.last_hour.length === 0) return NOTHING_CHECKED;
  const wrong: WrongAnswer[] = [];
  const failed: FailedCanary[] = [];
  let wrongCanaries = 0;
  const lines = await linesOf(of, canaries.customers);
  for (const customer of canaries.customers) {
    const ages = Object.fromEntries(project.online.map(({ name }, i) => [name, alternative.lookups.onlineAge(i, customer)]));
    let alike: readonly WrongAnswer[];
    try {
      const expected = expectedOf(canaries, customer, { minute: spark.minute, windows, online_age: ages });
      const answers = answersOf(of, customer, lines.get(customer) ?? NO_LINES, expected);
      alike = wrongOf(customer, expected, answers).filter(({ stage }) => !findings.differs(stage, customer));
    } catch (error) {
      if (!(error instanceof CanaryFault)) throw error;
      failed.push({ customer, message: error.message });
      continue;
    }
    if (alike.length > 0) wrongCanaries += 1;
    if (wrong.length < WITNESSES_MAX) wrong.push(...alike.slice(0, WITNESSES_MAX - wrong.length));
  }
  return { checked: canaries.customers.length - failed.length, wrongCanaries, wrong, failed };
}

function windowsOf(minute: Micros, since: Micros): CanaryAt['windows'] {
  const span = (from: Micros): Micros[] => {
    const minutes: Micros[] = [];
    for (let each = later(from, since); each <= minute; each += MICROS_PER_MINUTE) minutes.push(each);
    return minutes;
  };
  return { hour_to_date: span(minute - (minute % MICROS_PER_HOUR)), last_hour: span(minute - LAST_HOUR_BEFORE * MICROS_PER_MINUTE) };
}

interface CanaryLines {
  readonly result: ReadonlyMap<string, string> | null;
  readonly actions: readonly string[];
}
const NO_LINES: CanaryLines = { result: null, actions: [] };

async function linesOf({ alternative, project }: Comparison, customers: readonly string[]): Promise<ReadonlyMap<string, CanaryLines>> {
  const key = project.key.name;
  const marks = customers.map((customer) => `${JSON.stringify(key)}:${JSON.stringify(customer)}`);
  const found = new Map<string, { result: ReadonlyMap<string, string> | null; actions: string[] }>();
  for (const file of ['results', 'actions'] as const) {
    for (const line of await linesWith(join(alternative.lines, `${file}.ndjson`), marks)) {
      const fields = fieldsOf(line);
      const customer = textField(fields, key) ?? '';
      const of = found.get(customer) ?? { result: null, actions: [] };
      if (file === 'results') of.result = fields;
      else of.actions.push(textField(fields, 'action') ?? '');
      found.set(customer, of);
    }
  }
  return found;
}

/** The alternative's values of a canary, those that are expected of it, by name. */
function answersOf(
  { alternative, project }: Comparison,
  customer: string,
  { result, actions }: CanaryLines,
  expected: CanaryAnswers,
): ReadonlyMap<string, Answer> {
  const { lookups } = alternative;
  const answers = new Map<string, Answer>();
  const slot = lookups.slotOf(customer);
  for (const [stream, variables] of aggregateColumns(project).entries()) {
    for (const [variable, columns] of variables.entries()) {
      for (const { name, aggregate, places, source } of columns) {
        for (const window of WINDOWS) {
          const column = window === 'last_hour' ? `${name}${LAST_HOUR_SUFFIX}` : name;
          if (expected.stream === undefined || !(column in expected.stream)) continue;
          const value = scaledText(lookups.window(slot, stream, variable, aggregate, window), places);
          answers.set(`stream ${column}`, { stage: 'windows', source, value });
        }
      }
    }
  }
  const row = lookups.batchRow(customer);
  for (const [index, { name, places, source }] of batchColumns(project).entries()) {
    const cell = row?.[index] ?? null;
    answers.set(`batch ${name}`, { stage: 'batch', source, value: typeof cell === 'bigint' ? decimalText(cell, places ?? 0) : cell });
  }
  for (const [index, { source, fields, age }] of onlineColumns(project).entries()) {
    for (const [field, { name, places }] of fields.entries())
      answers.set(`online ${name}`, { stage: 'online', source, value: scaledText(lookups.onlineValue(index, customer, field), places) });
    answers.set(`online ${age}`, { stage: 'online', source, value: scaledText(lookups.onlineAge(index, customer), null) });
  }
  for (const column of Object.keys(expected.result ?? {})) {
    const json = result?.get(column);
    answers.set(`result ${column}`, {
      stage: 'satisfaction',
      source: 'satisfaction.sql',
      value: result === null ? 'no row' : cellOf(json),
    });
  }
  answers.set('actions', { stage: 'actions', source: 'actions.sql', value: listed(actions) });
  return answers;
}

function cellOf(json: string | undefined): string | null {
  if (json === undefined) return 'no such column';
  if (json === 'null') return null;
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

const listed = (actions: readonly string[]): string => [...actions].sort().join(', ');

function wrongOf(customer: string, expected: CanaryAnswers, answers: ReadonlyMap<string, Answer>): readonly WrongAnswer[] {
  const wanted: [name: string, column: string, value: string | null][] = (['stream', 'batch', 'online', 'result'] as const).flatMap(
    (view) =>
      Object.entries(expected[view] ?? {}).map(([column, value]): [string, string, string | null] => [`${view} ${column}`, column, value]),
  );
  if (expected.actions !== undefined) wanted.push(['actions', 'actions', listed(expected.actions)]);
  return wanted.flatMap(([name, column, value]) => {
    const answer = answers.get(name);
    if (answer === undefined) throw new CanaryFault(`expected() names ${name}, which no view has`);
    if (answer.value === value) return [];
    return [{ customer, stage: answer.stage, source: answer.source, column, expected: value, found: answer.value }];
  });
}

/**
 * The verdict on a minute together with its canaries': rows that agree do not outweigh an answer that is known to be wrong on both sides. A minute that is
 * a mismatch or inconclusive anyway stays so, and says how many canaries were wrong. A canary that fails makes a match inconclusive.
 */
export function withCanaries(verdict: MinuteVerdict, { checked, wrongCanaries, wrong, failed }: CanaryFindings): MinuteVerdict {
  const coverage = {
    ...verdict.coverage,
    canaries: checked,
    ...(wrongCanaries === 0 ? {} : { canaries_wrong: wrongCanaries }),
    ...(failed.length === 0 ? {} : { canaries_failed: failed.length }),
  };
  const [lead] = wrong;
  if (lead === undefined)
    return failed.length === 0 || verdict.verdict !== 'match' ? { ...verdict, coverage } : unknown(verdict, coverage, failed);
  // What is wrong for a customer that is known may be wrong for every other.
  const blocks = { kind: 'all' } as const;
  if (verdict.verdict === 'mismatch' || verdict.verdict === 'inconclusive') return { ...verdict, coverage, blocks };
  return {
    ...verdict,
    verdict: 'mismatch',
    reason: 'common_mode',
    stage: lead.stage,
    source: lead.source,
    variable: lead.column,
    witnesses: wrong.map(witnessOf),
    coverage,
    blocks,
  };
}

/** Both sides agree, and nobody says whether that is right: `canaries.ts` fails. */
function unknown(verdict: MinuteVerdict, coverage: MinuteVerdict['coverage'], failed: readonly FailedCanary[]): MinuteVerdict {
  return {
    ...verdict,
    verdict: 'inconclusive',
    reason: 'canary_failed',
    source: CANARIES_FILE,
    witnesses: failed
      .slice(0, WITNESSES_MAX)
      .map(({ customer, message }) => ({ customer, column: 'expected', spark: null, alternative: null, detail: [message] })),
    coverage,
    blocks: { kind: 'all' },
  };
}

function witnessOf({ customer, column, found, expected }: WrongAnswer): Witness {
  return { customer, column, spark: found, alternative: found, detail: [`known to be ${expected ?? 'null'}: both sides are wrong`] };
}
