import { join } from 'node:path';
import { formatMicros } from '@parallax/core';
import { LAST_HOUR_SUFFIX, WINDOWS } from '@parallax/core/view-columns.ts';
import { aggregateColumns, batchColumns, onlineColumns } from './columns.ts';
import type { Comparison } from './context.ts';
import { contributionSides, type SideContribution } from './contribution-sides.ts';
import { decimalText, scaledText } from './decimal-text.ts';
import { fieldsOf, textField } from './lines/canonical-line.ts';
import { linesOf } from './lines/line-file.ts';
import { eachStandingAnswer, type StandingAnswer } from './spark-side/answers.ts';
import { batchLayout, findBatchRows } from './spark-side/batch-rows.ts';
import { layoutOf } from './spark-side/layout.ts';
import { parquetTable } from './spark-side/parquet.ts';
import { StreamState } from './spark-side/stream-state.ts';
import { windowRuns } from './spark-side/window-runs.ts';
import { Approximations } from './stages/approximations.ts';

/** One value of one customer in one minute on both sides. */
export interface SideValue {
  readonly group: 'stream' | 'batch' | 'online' | 'result' | 'action';
  /** The stream, batch or online source, or the file of the logic. */
  readonly source: string | null;
  readonly column: string;
  /** How old the input is, in words; null where it has no age. */
  readonly age: string | null;
  readonly spark: string | null;
  readonly alternative: string | null;
  readonly equal: boolean;
}

/** One customer in one minute: every input with its source and age, the results, the actions, and the raw events behind the windows. */
export interface CustomerSides {
  readonly values: readonly SideValue[];
  /** The scorecard's largest contributions, largest first. */
  readonly contributions: readonly SideContribution[];
  readonly events: readonly string[];
}

type Of = Pick<Comparison, 'project' | 'spark' | 'alternative' | 'parquet'>;

export async function customerSides(of: Of, customer: string): Promise<CustomerSides> {
  const values = [
    ...(await inputValues(of, customer)),
    ...(await lineValues(of, customer, 'results')),
    ...(await lineValues(of, customer, 'actions')),
  ];
  return { values, contributions: await contributionSides(of, customer), events: await eventTexts(of, customer) };
}

/** What a customer's score is made of, on both sides. */
export async function inputValues(of: Of, customer: string): Promise<readonly SideValue[]> {
  return [...(await streamValues(of, customer)), ...(await batchValues(of, customer)), ...(await onlineValues(of, customer))];
}

async function streamValues({ project, spark, alternative, parquet }: Of, customer: string): Promise<readonly SideValue[]> {
  const layout = layoutOf(project);
  const states = WINDOWS.map(() => layout.streams.map((stream) => new StreamState(stream)));
  for await (const pair of windowRuns(parquet, spark, layout)) {
    while (pair.next()) {
      if (pair.key !== customer) continue;
      for (const [window, run] of [pair.hour, pair.last].entries())
        if (run !== null)
          for (const [s, state] of (states[window] ?? []).entries())
            state.read(run.bytes, run.stateStart[s] as number, run.stateEnd[s] as number);
    }
  }
  const { lookups } = alternative;
  const slot = lookups.slotOf(customer);
  return aggregateColumns(project).flatMap((variables, stream) =>
    variables.flatMap((columns, variable) =>
      columns.flatMap(({ name, aggregate, places, source }) =>
        WINDOWS.map((window, w): SideValue => {
          const ours = scaledText(states[w]?.[stream]?.value(variable, aggregate) ?? null, places);
          const theirs = scaledText(lookups.window(slot, stream, variable, aggregate, window), places);
          const column = window === 'last_hour' ? `${name}${LAST_HOUR_SUFFIX}` : name;
          return { group: 'stream', source, column, age: null, spark: ours, alternative: theirs, equal: ours === theirs };
        }),
      ),
    ),
  );
}

async function batchValues({ project, spark, alternative, parquet }: Of, customer: string): Promise<readonly SideValue[]> {
  const ours =
    spark.batch === null
      ? null
      : await findBatchRows(parquet, project, { folders: spark.batch.rows, taken: spark.batch.taken }, new Set([customer]));
  const held = spark.batch === null ? null : batchLayout(project, spark.batch.taken).held;
  const row = alternative.lookups.batchRow(customer);
  const age = spark.batch === null ? null : `day ${spark.batch.day}`;
  return batchColumns(project).flatMap(({ name, places, source }, index): SideValue[] => {
    // A column that no SQL reads has no part in any answer, and Spark does not keep it.
    if (held !== null && held[index] !== true) return [];
    const cell = row?.[index] ?? null;
    const theirs = typeof cell === 'bigint' ? decimalText(cell, places ?? 0) : cell;
    const own = ours?.get(customer)?.get(name) ?? null;
    return [{ group: 'batch', source, column: name, age, spark: own, alternative: theirs, equal: own === theirs }];
  });
}

async function onlineValues({ project, spark, alternative, parquet }: Of, customer: string): Promise<readonly SideValue[]> {
  const { lookups } = alternative;
  const values: SideValue[] = [];
  for (const [index, { source, fields, age: ageColumn }] of onlineColumns(project).entries()) {
    const declared = project.online[index];
    const found: Pick<StandingAnswer, 'age' | 'values'>[] = [];
    for (const folder of spark.answers) {
      const table = await parquetTable(folder);
      if (declared === undefined || table === null) continue;
      await eachStandingAnswer(parquet, table, declared, (answer) => {
        if (answer.customer === customer) found.push({ age: answer.age, values: [...answer.values] });
      });
    }
    const ours = found.at(-1) ?? null;
    const theirAge = lookups.onlineAge(index, customer);
    const pairs = [
      ...fields.map(
        ({ name, places }, f) =>
          [name, scaledText(ours?.values[f] ?? null, places), scaledText(lookups.onlineValue(index, customer, f), places)] as const,
      ),
      [ageColumn, scaledText(ours?.age ?? null, null), scaledText(theirAge, null)] as const,
    ];
    const age = ours === null ? 'no answer' : ours.age === 0 ? 'of this minute' : `${ours.age} minutes old`;
    for (const [column, own, theirs] of pairs)
      values.push({ group: 'online', source, column, age, spark: own, alternative: theirs, equal: own === theirs });
  }
  return values;
}

/** The customer's lines of one file: the columns of its result, or its actions with their reasons. */
async function lineValues(
  { project, spark, alternative }: Of,
  customer: string,
  file: 'results' | 'actions',
): Promise<readonly SideValue[]> {
  const approximations = new Approximations(project);
  const sides = await Promise.all(
    [spark.folder, alternative.lines].map(async (folder) => {
      const found = new Map<string, string>();
      for await (const line of linesOf(join(folder, `${file}.ndjson`))) {
        const fields = fieldsOf(line);
        if (textField(fields, project.key.name) !== customer) continue;
        if (file === 'actions') found.set(textField(fields, 'action') ?? '', fields.get('reason') ?? 'null');
        else for (const [name, json] of fields) if (name !== 'minute' && name !== project.key.name) found.set(name, json);
      }
      return found;
    }),
  );
  const [ours, theirs] = sides as [Map<string, string>, Map<string, string>];
  return [...new Set([...ours.keys(), ...theirs.keys()])].map((column) => {
    const [own, other] = [ours.get(column), theirs.get(column)];
    return {
      group: file === 'results' ? 'result' : 'action',
      source: file === 'results' ? 'satisfaction.sql' : 'actions.sql',
      column,
      age: null,
      spark: shown(own),
      alternative: shown(other),
      equal: approximations.isEqual(column, own, other),
    };
  });
}

function shown(json: string | undefined): string | null {
  if (json === undefined) return null;
  if (json === 'null') return 'null';
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

/** The raw events that the windows hold, a line each: stream, time, id, values that are there. */
async function eventTexts({ project, alternative }: Of, customer: string): Promise<readonly string[]> {
  const { origin } = alternative.lookups.facts;
  return (await alternative.lookups.eventsOf(customer)).map(({ stream, time, id, values }) => {
    const declared = project.streams[stream];
    const said = [...values].flatMap((value, i) => {
      const variable = declared?.variables[i];
      return Number.isNaN(value) || variable === undefined ? [] : [`${variable.name} ${decimalText(value, variable.places)}`];
    });
    return `${formatMicros(origin + BigInt(time))}  ${declared?.name ?? ''}  ${id}  ${said.join(', ')}`;
  });
}
