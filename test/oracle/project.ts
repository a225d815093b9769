/** Reads what the oracle needs of a project's files (contract, section 10). It does not check them: test projects are right. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compareBytes } from './order.ts';
import { readScorecard, type ScorecardRow } from './scorecard.ts';
import { parseDuration } from './time.ts';

export interface Variable {
  readonly name: string;
  readonly field: string;
  readonly places: number;
  readonly aggregates: readonly ('sum' | 'count' | 'avg' | 'min' | 'max' | 'last')[];
}

export interface Stream {
  readonly name: string;
  readonly keyField: string;
  readonly timeField: string;
  readonly timeFormat: 'rfc3339' | 'epoch_ms' | 'epoch_us';
  readonly idField: string;
  readonly variables: readonly Variable[];
}

export interface BatchColumn {
  readonly name: string;
  /** Null for text. */
  readonly places: number | null;
}

export interface BatchTable {
  readonly source: string;
  readonly name: string;
  readonly key: string;
  readonly columns: readonly BatchColumn[];
}

export interface Online {
  readonly name: string;
  readonly rows: string;
  readonly key: string;
  readonly maxAge: number;
  readonly fields: readonly { readonly name: string; readonly field: string; readonly places: number }[];
}

export interface Project {
  readonly name: string;
  readonly keyName: string;
  readonly keyType: 'bigint' | 'text';
  readonly base: { readonly source: string; readonly table: string };
  readonly lateness: bigint;
  readonly maxAhead: bigint;
  readonly grace: bigint;
  readonly settle: bigint;
  readonly population: 'window' | 'touched' | 'base';
  readonly coolDown: (action: string) => bigint;
  readonly streams: readonly Stream[];
  readonly tables: readonly BatchTable[];
  readonly scorecard: readonly ScorecardRow[];
  readonly online: readonly Online[];
}

interface ProjectYaml {
  name: string;
  key: { name: string; type: 'bigint' | 'text' };
  base: string;
  lateness?: string;
  max_ahead?: string;
  grace?: string;
  settle?: string;
  population?: 'window' | 'touched' | 'base';
  actions?: Record<string, { cool_down?: string }>;
}

interface StreamYaml {
  key: { field: string };
  time: { field: string; format?: Stream['timeFormat'] };
  event_id: string;
  variables: Variable[];
}

interface BatchYaml {
  tables: { name: string; key: string; columns?: { name: string; type?: string; places?: number }[] }[];
}

interface OnlineYaml {
  rows: string;
  key: string;
  max_age?: number;
  fields: { name: string; field: string; places: number }[];
}

function readYaml<T>(path: string): T {
  return parse(readFileSync(path, 'utf8')) as T;
}

/** Each `.yaml` of a folder by its name, in the order of UTF-8 bytes; none when the folder is absent. */
function readFolder<T>(directory: string): { name: string; content: T }[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => ({ name: file.slice(0, -'.yaml'.length), content: readYaml<T>(join(directory, file)) }))
    .sort((a, b) => compareBytes(a.name, b.name));
}

export function readProject(directory: string): Project {
  const root = readYaml<ProjectYaml>(join(directory, 'parallax.yaml'));
  const [source = '', table = ''] = root.base.split('.');
  const scorecardPath = join(directory, 'batch', 'scorecard.csv');
  return {
    name: root.name,
    keyName: root.key.name,
    keyType: root.key.type,
    base: { source, table },
    lateness: parseDuration(root.lateness ?? '10m'),
    maxAhead: parseDuration(root.max_ahead ?? '2m'),
    grace: parseDuration(root.grace ?? '2s'),
    settle: parseDuration(root.settle ?? '5m'),
    population: root.population ?? 'window',
    coolDown: (action) => parseDuration(root.actions?.[action]?.cool_down ?? '60m'),
    streams: readFolder<StreamYaml>(join(directory, 'streams')).map(({ name, content }) => ({
      name,
      keyField: content.key.field,
      timeField: content.time.field,
      timeFormat: content.time.format ?? 'rfc3339',
      idField: content.event_id,
      variables: content.variables,
    })),
    tables: readFolder<BatchYaml>(join(directory, 'batch')).flatMap(({ name, content }) =>
      content.tables.map((each) => ({
        source: name,
        name: each.name,
        key: each.key,
        columns: (each.columns ?? []).map((column) => ({
          name: column.name,
          places: column.type === 'text' ? null : (column.places ?? 0),
        })),
      })),
    ),
    scorecard: existsSync(scorecardPath) ? readScorecard(readFileSync(scorecardPath, 'utf8')) : [],
    online: readFolder<OnlineYaml>(join(directory, 'online')).map(({ name, content }) => ({
      name,
      rows: content.rows,
      key: content.key,
      maxAge: content.max_age ?? 3,
      fields: content.fields,
    })),
  };
}
