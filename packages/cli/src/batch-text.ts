import { formatMicros } from '@parallax/core';
import type { AsideRow, BatchDay, ColumnProfile, DaySummary, KeptDrift } from '@parallax/pipeline';
import { count, harmless } from './view/text.ts';
import { textTable } from './view/text-table.ts';

/** What `batch` prints: objects, a line each, or text. */
export interface Lines {
  readonly json: readonly object[];
  readonly text: readonly string[];
}

/** Characters of a version that are shown. */
const VERSION_SHOWN = 12;

export function dayLines(days: readonly BatchDay[]): Lines {
  const json = days.map((each) => ({
    ...named(each),
    ...{ state: each.state, registered: registered(each), why: each.why },
    ...{ customers: each.summary?.customers ?? null, rows: each.summary?.rows ?? null },
    aside: (each.summary?.aside ?? []).map(({ table, reason, rows }) => ({ table, reason, rows })),
  }));
  const rows = days.map((each) => [
    ...shownName(each),
    each.state,
    registered(each) ?? '',
    each.summary === null ? '' : count(each.summary.customers),
    each.summary === null ? '' : count(each.summary.aside.reduce((sum, { rows: n }) => sum + n, 0)),
  ]);
  const head = ['day', 'version', 'state', 'registered', 'customers', 'kept aside'];
  const more = days.flatMap((each) => [
    ...(each.summary?.aside ?? []).map((a) => `${each.day} ${shortVersion(each)}: ${asideText(a)}`),
    ...(each.why === null ? [] : [`${each.day} ${shortVersion(each)}: ${harmless(each.why.split('\n')[0] ?? '')}`]),
  ]);
  return { json, text: days.length === 0 ? ['no batch day is known'] : [...textTable(head, rows), ...more] };
}

/** @param rows null: they are not kept any more. */
export function asideLines(day: BatchDay, { aside }: DaySummary, rows: readonly AsideRow[] | null, limit: number): Lines {
  const json = (rows ?? []).slice(0, limit).map((row) => ({ ...named(day), ...row }));
  if (aside.length === 0) return { json, text: [`${day.day} ${shortVersion(day)}: no row was kept aside`] };
  let left = limit;
  const text = aside.flatMap((group) => {
    const all = (rows ?? []).filter(({ table, reason }) => table === group.table && reason === group.reason);
    const shown = all.slice(0, left);
    left -= shown.length;
    const cut =
      rows === null ? '; they are not kept any more' : shown.length === group.rows ? '' : `; ${count(shown.length)} of them are shown`;
    return [`${day.day} ${shortVersion(day)}: ${asideText(group)}${cut}`, ...shown.map(rowText)];
  });
  const counts = aside.map(({ table, reason, rows: n, listed }) => ({ ...named(day), table, reason, rows: n, listed }));
  return { json: [...counts, ...json], text };
}

export function profileLines(column: string, found: readonly { readonly day: BatchDay; readonly profile: ColumnProfile }[]): Lines {
  const rows = found.map(({ day, profile: { values, nulls, bad, broken, min, max, mean, deviation } }) => [
    ...shownName(day),
    ...[values, nulls, bad, broken].map(count),
    ...[min, max, mean, deviation].map(shownNumber),
  ]);
  const head = ['day', 'version', 'values', 'nulls', 'no number', 'not as expected', 'least', 'greatest', 'mean', 'deviation'];
  return { json: found.map(({ day, profile }) => ({ ...named(day), ...profile })), text: [column, ...textTable(head, rows)] };
}

/** @param drifts the largest first */
export function driftLines(day: BatchDay, drifts: readonly KeptDrift[], limit: number): Lines {
  const shown = drifts.slice(0, limit);
  const rows = shown.map(({ column, shift, nulls }) => [
    column,
    shift === null ? 'not comparable' : shift.toFixed(3),
    `${(100 * nulls).toFixed(2)} %`,
  ]);
  const [first] = drifts;
  const title = `${day.day} ${shortVersion(day)} beside ${first?.before ?? 'the day before'}: ${count(shown.length)} of ${count(drifts.length)} columns`;
  const head = ['column', 'mean moved by, deviations', 'share of nulls moved by'];
  return { json: shown.map((drift) => ({ ...named(day), ...drift })), text: [title, ...textTable(head, rows)] };
}

function named({ day, version }: BatchDay): { readonly day: string; readonly version: string } {
  return { day, version };
}

function shownName(day: BatchDay): readonly string[] {
  return [day.day, shortVersion(day)];
}

function shortVersion({ version }: BatchDay): string {
  return version.slice(0, VERSION_SHOWN);
}

function registered({ registered: at }: BatchDay): string | null {
  return at === null ? null : formatMicros(at);
}

function asideText({ table, reason, rows }: DaySummary['aside'][number]): string {
  return `${table} kept ${count(rows)} ${rows === 1 ? 'row' : 'rows'} aside: ${reason}`;
}

function rowText({ key, column, value, reason, rule }: AsideRow): string {
  const what = column === null ? (reason === 'key' ? ['has', value ?? 'null'] : []) : [column, 'is', value ?? 'null'];
  const who = key === null ? 'a row without a key' : `key ${key}`;
  return `  ${harmless([who, ...what].join(' '))}, expected ${rule}`;
}

function shownNumber(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(6)));
}
