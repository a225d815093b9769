import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project } from '@parallax/core';
import { hourStart, lastHourStart } from '@parallax/pipeline/window/hours.ts';
import { faultMinutes, type Plan } from '../recording/plan.ts';
import { changedFiles, type Injection } from '../run/injection.ts';
import type { Expected, Fault, FaultTools } from './fault.ts';
import { onlyIn } from './statements.ts';

/** The statement that merges panes into windows says so. */
const MERGE = 'prlx_windows(';
const PANE_ITEMS = "SELECT bucket, 'pane' AS kind, minute, run AS blob FROM (SELECT bucket, inline(panes) FROM prlx_panes)";

/** Faults in how panes become windows, and in the state between minutes. */
export function windowFaults(project: Project, plan: Plan): readonly Fault[] {
  const minutes = faultMinutes(plan);
  const [, second = plan.faultsFrom, , fourth = plan.faultsFrom] = minutes;
  const streams = project.streams.map((s) => s.name);
  const windows: Expected = { stages: ['windows', 'panes'], sources: streams };
  const fault = (family: string, what: string, from: Micros, injection: Injection | ((tools: FaultTools) => Injection)): Fault => ({
    id: `pipeline-${family.replaceAll(/[^a-z0-9+-]+/g, '-')}`,
    kind: 'pipeline',
    family,
    target: 'windows',
    what,
    diff: null,
    expected: windows,
    from,
    put: { side: 'spark', rules: 'project', inject: async (tools) => (typeof injection === 'function' ? injection(tools) : injection) },
  });
  const merge = (change: (sql: string, minute: Micros) => string): Injection => ({
    statement: (sql, minute) => onlyIn(sql, MERGE, () => change(sql, minute)),
  });
  const once = (at: Micros, change: (sql: string) => string): Injection => merge((sql, minute) => (minute === at ? change(sql) : sql));
  const shifted = (of: (minute: Micros) => Micros, by: bigint) =>
    merge((sql, minute) => sql.replaceAll(`${of(minute)}L`, `${of(minute) + by * MICROS_PER_MINUTE}L`));
  return [
    fault(
      'pane twice',
      'the minute’s panes are merged twice',
      second,
      once(second, (sql) => sql.replace(PANE_ITEMS, `${PANE_ITEMS} UNION ALL ${PANE_ITEMS}`)),
    ),
    fault(
      'pane left out',
      'the panes of events that came out of order are left out',
      second,
      merge((sql, minute) => sql.replace(PANE_ITEMS, `${PANE_ITEMS} WHERE minute >= ${minute}`)),
    ),
    fault(
      'pane lost',
      'the minute’s panes are lost',
      fourth,
      once(fourth, (sql) => sql.replace(PANE_ITEMS, `${PANE_ITEMS} WHERE false`)),
    ),
    fault(
      'panes of half the customers',
      'half of the minute’s panes are lost',
      second,
      once(second, (sql) => sql.replace(PANE_ITEMS, `${PANE_ITEMS} WHERE bucket % 2 = 0`)),
    ),
    fault('last_hour -1', 'last_hour begins a minute early', plan.faultsFrom, {
      statement: (sql, minute) =>
        onlyIn(sql, MERGE, () => sql.replaceAll(String(lastHourStart(minute)), String(lastHourStart(minute) - MICROS_PER_MINUTE))),
    }),
    fault('last_hour +1', 'last_hour begins a minute late', plan.faultsFrom, {
      statement: (sql, minute) =>
        onlyIn(sql, MERGE, () => sql.replaceAll(String(lastHourStart(minute)), String(lastHourStart(minute) + MICROS_PER_MINUTE))),
    }),
    fault('hour_to_date not reset', 'the new hour goes on with the old one', plan.turn, {
      statement: (sql, minute) =>
        minute !== plan.turn
          ? sql
          : onlyIn(sql, MERGE, () =>
              sql.replace(
                "SELECT bucket, 'front' AS kind",
                "SELECT bucket, 'hour' AS kind, 0L AS minute, hour AS blob FROM prlx_windows_before WHERE hour IS NOT NULL\n UNION ALL SELECT bucket, 'front' AS kind",
              ),
            ),
    }),
    fault('hour_to_date +1', 'the clock hour begins a minute late', plan.turn, shifted(hourStart, 1n)),
    fault('hour_to_date -1', 'the clock hour begins a minute early', plan.turn, shifted(hourStart, -1n)),
    fault('state lost', 'after a restart the windows of the minute before are gone', second, {
      relation: changedFiles((name, source, minute) =>
        name === 'prlx_windows_before' && minute === second
          ? { ...source, options: { ...source.options, pathGlobFilter: 'none' } }
          : source,
      ),
    }),
    fault('state stale', 'the windows of two minutes ago are taken for those of the last', fourth, ({ folderOf }) => ({
      relation: changedFiles((name, source, minute) =>
        name === 'prlx_windows_before' && minute === fourth
          ? { ...source, paths: [join(folderOf(fourth - 2n * MICROS_PER_MINUTE), 'windows')] }
          : source,
      ),
    })),
    fault('early events lost', 'events that came before their minute are forgotten', second, {
      relation: changedFiles((name, source, minute) =>
        name === 'prlx_panes_before' && minute >= second ? { ...source, options: { ...source.options, pathGlobFilter: 'none' } } : source,
      ),
    }),
    fault('suffix off', 'the suffix of the back stack that begins a minute later is taken', plan.faultsFrom, {
      statement: (sql, minute) =>
        onlyIn(sql, MERGE, () => {
          const start = lastHourStart(minute);
          return sql.replace(
            `from_minute <= ${start} AND to_minute >= ${start}`,
            `from_minute <= ${start + MICROS_PER_MINUTE} AND to_minute >= ${start + MICROS_PER_MINUTE}`,
          );
        }),
    }),
  ];
}

/** The statement that unpacks all that is known of the customers, with another key, or another word on who is in the base. */
function membersWith(sql: string, { key = 'key', inBase = 'in_base' }: { readonly key?: string; readonly inBase?: string }): string {
  const mark = 'SELECT inline(prlx_member_rows(';
  const changed = `SELECT ${key} AS key, in_hour, touched, ${inBase} AS in_base, * EXCEPT (key, in_hour, touched, in_base) FROM (${mark}`;
  return onlyIn(sql, mark, () => `${sql.replace(mark, changed)})`);
}

/** Faults in who is scored, and in the view that the user's SQL sees. */
export function populationFaults(project: Project, plan: Plan): readonly Fault[] {
  const base = [project.base.source];
  const fault = (family: string, what: string, expected: Expected, injection: Injection): Fault => ({
    id: `pipeline-${family.replaceAll(/[^a-z0-9]+/g, '-')}`,
    kind: 'pipeline',
    family,
    target: 'population',
    what,
    diff: null,
    expected,
    from: plan.faultsFrom,
    put: { side: 'spark', rules: 'project', inject: async () => injection },
  });
  return [
    fault(
      'outside base',
      'customers that are not in the base are scored too',
      { stages: ['batch', 'windows'], sources: base },
      {
        statement: (sql) => membersWith(sql, { inBase: 'true' }),
      },
    ),
    fault(
      'population lost',
      'some customers with a window are not scored',
      { stages: ['windows', 'batch'], sources: [] },
      {
        statement: (sql) => membersWith(sql, { inBase: 'in_base AND pmod(hash(key), 11) <> 3' }),
      },
    ),
    fault(
      'view joined by another key',
      'the views show some customers another’s row',
      { stages: ['windows', 'satisfaction'], sources: ['satisfaction.sql'] },
      {
        statement: (sql) => membersWith(sql, { key: "CASE key WHEN '3' THEN '5' WHEN '5' THEN '3' ELSE key END" }),
      },
    ),
  ];
}
