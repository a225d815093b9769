/**
 * Builds a project's files from a short declaration: the yaml, and the same satisfaction and actions twice, as SQL for Spark and as
 * `oracle.ts` for the oracle. By default satisfaction.sql passes every column of every view on, so that `results` shows them all.
 */
import { stringify } from 'yaml';
import type { Files } from './case.ts';

export interface VariableSpec {
  readonly name: string;
  readonly field?: string;
  readonly places: number;
  readonly aggregates: readonly string[];
}

export interface StreamSpec {
  readonly key?: string;
  readonly time?: string;
  readonly format?: 'rfc3339' | 'epoch_ms' | 'epoch_us';
  readonly id?: string;
  readonly variables: readonly VariableSpec[];
}

export interface TableSpec {
  readonly name: string;
  readonly key?: string;
  readonly scorecard?: boolean;
  /** places, or text */
  readonly columns?: Readonly<Record<string, number | 'text'>>;
}

export interface OnlineSpec {
  readonly rows?: string;
  readonly key?: string;
  readonly max_age: number;
  readonly fields: readonly { readonly name: string; readonly field: string; readonly places: number }[];
}

/** One thing said twice. In `js`, `c` is the customer; see `Customer` in `test/oracle/oracle.ts`. In `sql` p, s, b, o, i are the views. */
export interface Twice {
  readonly sql: string;
  readonly js: string;
}

export interface ActionSpec {
  readonly action: string;
  readonly reason: Twice;
  /** In `sql` also `r`, the view `satisfaction`; in `js` also `result`. */
  readonly when: Twice;
}

export interface ProjectSpec {
  readonly name?: string;
  readonly key?: { readonly name: string; readonly type: 'bigint' | 'text' };
  readonly base?: string;
  /** More keys of parallax.yaml: lateness, max_ahead, grace, population, settle, actions. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly streams: Readonly<Record<string, StreamSpec>>;
  /** Tables by source; by default `dwh.profile` with the text column `tier`. */
  readonly batch?: Readonly<Record<string, readonly TableSpec[]>>;
  /** Rows of scorecard.csv: source,table,column,module,transform,weight,missing_as. */
  readonly scorecard?: readonly string[];
  readonly online?: Readonly<Record<string, OnlineSpec>>;
  /** The value of satisfaction, by default 50. The `js` gives `{unscaled, places: 2}` or null. */
  readonly score?: Twice;
  readonly actions?: readonly ActionSpec[];
  /** More result columns. */
  readonly extra?: Readonly<Record<string, Twice>>;
}

export const DEFAULT_KEY = { name: 'customer_id', type: 'bigint' } as const;
export const DEFAULT_BATCH = { dwh: [{ name: 'profile', columns: { tier: 'text' } }] } as const;

const quoted = (name: string): string => `\`${name}\``;

export function keyOf(spec: ProjectSpec): { readonly name: string; readonly type: 'bigint' | 'text' } {
  return spec.key ?? DEFAULT_KEY;
}

export function buildProject(spec: ProjectSpec): Files {
  const files: Record<string, string> = {};
  const key = keyOf(spec);
  const batch: Readonly<Record<string, readonly TableSpec[]>> = spec.batch ?? DEFAULT_BATCH;
  files['parallax.yaml'] = stringify({ name: spec.name ?? 'test', key, base: spec.base ?? 'dwh.profile', ...spec.settings });
  for (const [name, stream] of Object.entries(spec.streams)) {
    files[`streams/${name}.yaml`] = stringify({
      from: { kafka: { topic: name } },
      key: { field: stream.key ?? key.name },
      time: { field: stream.time ?? 'event_time', format: stream.format ?? 'rfc3339' },
      event_id: stream.id ?? 'event_id',
      variables: stream.variables.map((variable) => ({ ...variable, field: variable.field ?? variable.name })),
    });
  }
  for (const [name, tables] of Object.entries(batch)) {
    files[`batch/${name}.yaml`] = stringify({
      from: { postgres: { url: 'env:DWH_URL' } },
      tables: tables.map((table) => ({
        name: table.name,
        key: table.key ?? key.name,
        ...(table.scorecard === true ? { scorecard: true } : {}),
        ...(table.columns === undefined
          ? {}
          : {
              columns: Object.entries(table.columns).map(([column, places]) =>
                places === 'text' ? { name: column, type: 'text' } : { name: column, places },
              ),
            }),
      })),
    });
  }
  if (spec.scorecard !== undefined) {
    files['batch/scorecard.csv'] = ['source,table,column,module,transform,weight,missing_as', ...spec.scorecard, ''].join('\n');
  }
  for (const [name, online] of Object.entries(spec.online ?? {})) {
    files[`online/${name}.yaml`] = stringify({
      url: 'env:ONLINE_URL',
      rows: online.rows ?? 'customers',
      key: online.key ?? key.name,
      chunk: 1000,
      max_age: online.max_age,
      fields: online.fields,
    });
  }
  const columns = passedColumns(spec, batch);
  files['satisfaction.sql'] = satisfactionSql(spec, columns);
  files['actions.sql'] = actionsSql(spec);
  files['oracle.ts'] = twinText(spec, columns);
  return files;
}

interface Passed {
  readonly view: 'stream' | 'batch' | 'online' | 'iteration';
  readonly column: string;
  readonly as: string;
}

/** Every column of every view, in the order of the result. */
function passedColumns(spec: ProjectSpec, batch: Readonly<Record<string, readonly TableSpec[]>>): Passed[] {
  const columns: Passed[] = [];
  const pass = (view: Passed['view'], column: string, as = column): void => {
    columns.push({ view, column, as });
  };
  for (const [name, stream] of Object.entries(spec.streams)) {
    for (const variable of stream.variables) {
      for (const aggregate of variable.aggregates) {
        pass('stream', `${name}_${variable.name}_${aggregate}`);
        pass('stream', `${name}_${variable.name}_${aggregate}_1h`);
      }
    }
  }
  for (const tables of Object.values(batch)) {
    for (const table of tables) for (const column of Object.keys(table.columns ?? {})) pass('batch', `${table.name}_${column}`);
  }
  const modules = (spec.scorecard ?? []).map((row) => row.split(',')[3] ?? '');
  for (const module of new Set(modules)) pass('batch', `scorecard_${module}`);
  if (modules.length > 0) pass('batch', 'scorecard');
  for (const [name, online] of Object.entries(spec.online ?? {})) {
    for (const field of online.fields) pass('online', `${name}_${field.name}`);
    pass('online', `${name}_age_minutes`);
  }
  pass('iteration', 'minute', 'at_minute');
  pass('iteration', 'hour_start');
  pass('iteration', 'batch_day');
  pass('iteration', 'batch_age_days');
  return columns;
}

function fromViews(spec: ProjectSpec): string {
  const key = quoted(keyOf(spec).name);
  const join = (view: string, alias: string): string => `JOIN ${view} ${alias} ON ${alias}.${key} = p.${key}`;
  return ['FROM population p', join('stream', 's'), join('batch', 'b'), join('online', 'o'), 'CROSS JOIN iteration i'].join('\n');
}

function satisfactionSql(spec: ProjectSpec, columns: readonly Passed[]): string {
  const list = [
    `p.${quoted(keyOf(spec).name)}`,
    `CAST(${spec.score?.sql ?? '50'} AS DECIMAL(5, 2)) AS satisfaction`,
    ...columns.map(({ view, column, as }) => `${view[0]}.${quoted(column)}${as === column ? '' : ` AS ${quoted(as)}`}`),
    ...Object.entries(spec.extra ?? {}).map(([name, { sql }]) => `${sql} AS ${quoted(name)}`),
  ];
  return `SELECT\n  ${list.join(',\n  ')}\n${fromViews(spec)}\n`;
}

function actionsSql(spec: ProjectSpec): string {
  const key = quoted(keyOf(spec).name);
  const rules = spec.actions ?? [{ action: 'none', reason: { sql: "''", js: "''" }, when: { sql: 'false', js: 'false' } }];
  const one = ({ action, reason, when }: ActionSpec): string =>
    `SELECT p.${key}, '${action}' AS action, ${reason.sql} AS reason\n${fromViews(spec)}\nJOIN satisfaction r ON r.${key} = p.${key}\nWHERE ${when.sql}\n`;
  return rules.map(one).join('UNION ALL\n');
}

function twinText(spec: ProjectSpec, columns: readonly Passed[]): string {
  const members = [
    `satisfaction: ${spec.score?.js ?? '{ unscaled: 5000n, places: 2 }'}`,
    ...columns.map(({ view, column, as }) => `${JSON.stringify(as)}: c.${view}[${JSON.stringify(column)}]`),
    ...Object.entries(spec.extra ?? {}).map(([name, { js }]) => `${JSON.stringify(name)}: ${js}`),
  ];
  const rules = (spec.actions ?? []).map(
    ({ action, reason, when }) => `  if (${when.js}) taken.push({ action: ${JSON.stringify(action)}, reason: ${reason.js} });`,
  );
  return [
    '// satisfaction.sql and actions.sql once more, for the oracle.',
    'export function satisfaction(c) {',
    `  return {\n    ${members.join(',\n    ')},\n  };`,
    '}',
    '',
    'export function actions(c, result) {',
    '  const taken = [];',
    ...rules,
    '  return taken;',
    '}',
    '',
  ].join('\n');
}
