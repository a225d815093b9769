import {
  formatDay,
  formatMicros,
  formatSecond,
  MICROS_PER_DAY,
  type Micros,
  ParallaxError,
  type Project,
  quoteIdentifier,
} from '@parallax/core';
import { type DecodedBatch, decimalToString, type SparkDecimal, type SparkType, type SparkValue } from '@parallax/spark-connect';
import type { Engine } from '../engine/engine.ts';
import type { Decision } from '../ledger/ledger.ts';
import type { ClassCount } from '../outcome.ts';
import type { ResultCheck } from '../score/result-check.ts';
import { windowExportSql } from '../window/export.ts';

/**
 * The canonical lines of a minute (contract, section 9): decimals are strings with fixed places, integers and counts numbers,
 * keys text, null is null; sorted by minute, then key as UTF-8 bytes, then the rest. Every line ends with a line feed.
 */

/** `{"minute","stream","class","reason","n"}`; no line with n 0. */
export function* eventLines(minute: Micros, counts: readonly ClassCount[]): Iterable<string> {
  const lines = counts
    .filter((c) => c.n > 0)
    .map((c) => ({
      order: `${c.stream}\0${c.class}\0${c.reason ?? ''}`,
      line: { minute: formatSecond(minute), stream: c.stream, class: c.class, reason: c.reason, n: c.n },
    }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.order), Buffer.from(b.order)));
  for (const { line } of lines) yield `${JSON.stringify(line)}\n`;
}

/** `{"minute",<key>,"window",<columns>}`: two lines a population customer. Streams in key order with bounded memory. */
export async function* windowLines(engine: Engine, project: Project, minute: Micros): AsyncIterable<string> {
  yield* sortedLines(engine, await windowExportSql(engine, project), minute, [project.key.name, 'window']);
}

/** `{"minute",<key>,"satisfaction",<columns>}`: the rows of the view `satisfaction`, each shown to `check`, if there is one. */
export function resultLines(engine: Engine, project: Project, minute: Micros, check: ResultCheck | null): AsyncIterable<string> {
  const key = quoteIdentifier(project.key.name);
  const sql = `SELECT CAST(${key} AS STRING) AS ${key}, * EXCEPT (${key}) FROM satisfaction`;
  return sortedLines(engine, sql, minute, [project.key.name], (batch) => {
    if (check === null) return;
    const keys = batch.column(project.key.name);
    const satisfactions = batch.column('satisfaction');
    for (let row = 0; row < batch.rowCount; row++) {
      const satisfaction = satisfactions.get(row) as SparkDecimal | null;
      check.add(keys.get(row) as string | null, satisfaction === null ? null : Number(satisfaction.unscaled));
    }
  });
}

/** `{"minute",<key>,"action","reason","id"}`, the decisions by customer (UTF-8 bytes), then action. */
export function* actionLines(project: Project, minute: Micros, decisions: readonly Decision[]): Iterable<string> {
  for (const d of decisions) {
    yield `${JSON.stringify({ minute: formatSecond(minute), [project.key.name]: d.customer, action: d.action, reason: d.reason, id: d.id })}\n`;
  }
}

async function* sortedLines(
  engine: Engine,
  sql: string,
  minute: Micros,
  order: readonly string[],
  look: (batch: DecodedBatch) => void = () => undefined,
): AsyncIterable<string> {
  // One partition sorted in place: a global ORDER BY would run the query twice to find its ranges.
  const sorted = `SELECT /*+ COALESCE(1) */ * FROM (${sql}) SORT BY ${order.map(quoteIdentifier).join(', ')}`;
  const schema = await engine.schema(sorted);
  const head = `{"minute":${JSON.stringify(formatSecond(minute))}`;
  const names = schema.fields.map(({ name }) => `,${JSON.stringify(name)}:`);
  for await (const batch of engine.session.queryBatches(sorted)) {
    look(batch);
    for (let row = 0; row < batch.rowCount; row++) {
      let line = head;
      for (const [i, { name, type }] of schema.fields.entries())
        line += names[i] + cellJson(type, batch.columns[i]?.get(row) ?? null, name);
      yield `${line}}\n`;
    }
  }
}

/** One exact value as JSON text. Throws PRLX_RESULT_TYPE for a type that is not exact or has no canonical text. */
export function cellJson(type: SparkType, value: SparkValue, name: string): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'decimal':
      return `"${decimalToString(value as SparkDecimal)}"`;
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
    case 'boolean':
      return String(value);
    case 'float':
    case 'double':
      return doubleJson(value as number);
    case 'string':
      return JSON.stringify(value);
    case 'timestamp':
    case 'timestamp_ntz':
      return `"${formatMicros(value as bigint)}"`;
    case 'date':
      return `"${formatDay(BigInt(value as number) * MICROS_PER_DAY)}"`;
    default:
      throw new ParallaxError('PRLX_RESULT_TYPE', `the column ${name} has a type (${type.kind}) that results cannot have`, {
        exitCode: 2,
        advice: 'Results hold integers, DECIMAL, text, boolean, timestamp (docs/contract.md, section 5).',
      });
  }
}

/** A double is there only where a project declares it approximate. JSON knows no NaN and no infinity: they are text. */
function doubleJson(value: number): string {
  return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
}
