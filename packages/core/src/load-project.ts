import { resolve } from 'node:path';
import type { Place } from './errors.ts';
import { type DeclaredColumn, refuseCollisions, withLastHour } from './project/check-columns.ts';
import { REPORTED } from './project/fields.ts';
import { didYouMean } from './project/names.ts';
import { Problems, ProjectError, type ProjectProblem } from './project/problems.ts';
import { hashProjectFiles, type ProjectFiles, type ProjectFolder, readProjectFiles, textOf } from './project/project-files.ts';
import { type BatchPlaces, readBatchYaml } from './project/read-batch.ts';
import { readOnlineYaml } from './project/read-online.ts';
import { readParallaxYaml, type Settings } from './project/read-parallax.ts';
import { readStreamYaml } from './project/read-stream.ts';
import { readScorecardCsv, type ScorecardRow } from './project/scorecard-csv.ts';
import type { YamlValue } from './project/yaml-map.ts';
import type { BatchSource, OnlineField, OnlineSource, Project, Stream, StreamVariable } from './project.ts';
import { tokenize } from './sql-text.ts';
import { batchColumn, onlineAgeColumn, onlineColumn, SCORECARD_COLUMN, scorecardModuleColumn, streamColumn } from './view-columns.ts';

export { formatProblem, ProjectError, type ProjectProblem } from './project/problems.ts';

const SCORECARD_FILE = 'batch/scorecard.csv';

type ReadStream = { readonly stream: Stream; readonly places: ReadonlyMap<StreamVariable, YamlValue> };
type ReadBatch = { readonly source: BatchSource; readonly places: BatchPlaces };
type ReadOnline = { readonly source: OnlineSource; readonly places: ReadonlyMap<OnlineField, YamlValue> };

/**
 * Reads a user's project and checks everything that needs no engine (contract, section 10). No environment variable is
 * looked up, and no source is asked.
 * @param directory the project's folder
 * @throws ProjectError (PRLX_PROJECT, exit code 2) with every problem found, each with its file, line and field
 */
export async function loadProject(directory: string): Promise<Project> {
  const problems = new Problems();
  const root = resolve(directory);
  const files = await readProjectFiles(root, problems);
  if (problems.found.length > 0 && files.size === 0) throw new ProjectError(directory, problems.found);

  const parallaxText = required(files, 'parallax.yaml', problems);
  const parallax = parallaxText === null ? null : readParallaxYaml('parallax.yaml', parallaxText, problems);
  const streams = readFolder(files, 'streams', readStreamYaml, problems);
  const batch = readFolder(files, 'batch', readBatchYaml, problems);
  const online = readFolder(files, 'online', readOnlineYaml, problems);
  const sources = batch.map(({ source }) => source);
  const scorecardRows = readScorecard(files, batch, problems);
  const satisfactionSql = requiredSql(files, 'satisfaction.sql', problems);
  const actionsSql = requiredSql(files, 'actions.sql', problems);
  const alternative = textOf(files, 'alternative.ts', problems);

  if (!hasYaml(files, 'streams')) problems.add({ file: 'streams/' }, 'at least one file streams/<name>.yaml is needed');
  if (parallax !== null) {
    checkBase(files, parallax.settings, parallax.baseAt, sources);
    checkColumns(parallax.settings.key.name, streams, batch, online, scorecardRows, problems);
  }
  if (parallax === null || problems.found.length > 0) throw new ProjectError(directory, problems.found);
  return {
    directory: root,
    ...parallax.settings,
    streams: streams.map(({ stream }) => stream),
    batch: sources,
    scorecard: scorecardRows.map(({ entry }) => entry),
    online: online.map(({ source }) => source),
    satisfactionSql,
    actionsSql,
    alternative,
    hash: hashProjectFiles(files),
  };
}

/** The `from` and `url` that a replay does without and a live run needs, each missing one with its file. */
export function missingSources(project: Project): readonly ProjectProblem[] {
  const missing = (file: string, field: string): ProjectProblem => ({
    place: { file, field },
    message: `the field "${field}" is missing: only replay does without`,
  });
  return [
    ...project.streams.filter(({ from }) => from === null).map(({ name }) => missing(`streams/${name}.yaml`, 'from')),
    ...project.batch.filter(({ from }) => from === null).map(({ name }) => missing(`batch/${name}.yaml`, 'from')),
    ...project.online.filter(({ url }) => url === null).map(({ name }) => missing(`online/${name}.yaml`, 'url')),
  ];
}

/** Refuses a project that cannot run live. @throws ProjectError with every source that is missing */
export function requireSources(project: Project): void {
  const missing = missingSources(project);
  if (missing.length > 0) throw new ProjectError(project.directory, missing);
}

function required(files: ProjectFiles, path: string, problems: Problems): string | null {
  if (!files.has(path)) problems.add({ file: path }, 'the file is missing');
  return textOf(files, path, problems);
}

function requiredSql(files: ProjectFiles, path: string, problems: Problems): string {
  const text = required(files, path, problems);
  if (text !== null && tokenize(text).every(({ kind }) => kind === 'comment'))
    problems.add({ file: path, line: 1 }, 'the file holds no statement');
  return text ?? REPORTED;
}

function hasYaml(files: ProjectFiles, folder: ProjectFolder): boolean {
  return [...files.keys()].some((path) => path.startsWith(`${folder}/`) && path.endsWith('.yaml'));
}

/** Reads the declarations of a folder, in order of name. */
function readFolder<T>(
  files: ProjectFiles,
  folder: ProjectFolder,
  read: (file: string, name: string, text: string, problems: Problems) => T | null,
  problems: Problems,
): readonly T[] {
  const names = [...files.keys()]
    .filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.yaml'))
    .map((path) => path.slice(folder.length + 1, -'.yaml'.length))
    .sort();
  const found = names.map((name) => {
    const file = `${folder}/${name}.yaml`;
    const text = textOf(files, file, problems);
    return text === null ? null : read(file, name, text, problems);
  });
  return found.filter((value) => value !== null);
}

function readScorecard(files: ProjectFiles, batch: readonly ReadBatch[], problems: Problems): readonly ScorecardRow[] {
  const text = textOf(files, SCORECARD_FILE, problems);
  if (text !== null) {
    const sources = batch.map(({ source }) => source);
    return readScorecardCsv(SCORECARD_FILE, text, sources, problems);
  }
  if (!files.has(SCORECARD_FILE)) {
    for (const at of batch.flatMap(({ places }) => places.scorecards)) at.problem(`the file ${SCORECARD_FILE} is missing`);
  }
  return [];
}

function checkBase(files: ProjectFiles, settings: Settings, at: YamlValue | null, batch: readonly BatchSource[]): void {
  const { source: sourceName, table: tableName } = settings.base;
  if (at === null || sourceName === REPORTED) return;
  const file = `batch/${sourceName}.yaml`;
  if (!files.has(file)) {
    const known = batch.map(({ name }) => name);
    at.problem(`the base table's file ${file} is missing${didYouMean(sourceName, known)}`);
    return;
  }
  const source = batch.find(({ name }) => name === sourceName);
  if (source === undefined || source.tables.some(({ name }) => name === tableName)) return;
  const known = source.tables.map(({ name }) => name);
  at.problem(`${file} declares no table "${tableName}"${didYouMean(tableName, known)}`);
}

function checkColumns(
  key: string,
  streams: readonly ReadStream[],
  batch: readonly ReadBatch[],
  online: readonly ReadOnline[],
  scorecard: readonly ScorecardRow[],
  problems: Problems,
): void {
  const keyColumn: DeclaredColumn = { name: key, from: 'the customer key', place: { file: 'parallax.yaml', field: 'key.name' } };
  const views = {
    stream: withLastHour(streams.flatMap(declaredByStream)),
    batch: [...batch.flatMap(declaredByBatch), ...declaredByScorecard(scorecard)],
    online: declaredByOnline(online),
  };
  for (const [view, columns] of Object.entries(views)) {
    const named = columns.filter(({ from }) => from !== REPORTED);
    refuseCollisions(view, key === REPORTED ? named : [keyColumn, ...named], problems);
  }
}

function declaredByStream({ stream, places }: ReadStream): readonly DeclaredColumn[] {
  return stream.variables.flatMap((variable) =>
    variable.aggregates.map((aggregate) => ({
      name: streamColumn(stream, variable, aggregate),
      from: variable.name === REPORTED ? REPORTED : `${aggregate} of ${variable.name} in streams/${stream.name}.yaml`,
      place: placeOf(places.get(variable), `streams/${stream.name}.yaml`),
    })),
  );
}

function declaredByBatch({ source, places }: ReadBatch): readonly DeclaredColumn[] {
  const file = `batch/${source.name}.yaml`;
  return source.tables.flatMap((table) =>
    table.columns.map((column) => ({
      name: batchColumn(table, column),
      from: table.name === REPORTED || column.name === REPORTED ? REPORTED : `${table.name}.${column.name} in ${file}`,
      place: placeOf(places.columns.get(column), file),
    })),
  );
}

function declaredByScorecard(rows: readonly ScorecardRow[]): readonly DeclaredColumn[] {
  const firsts = new Map<string, number>();
  for (const { entry, line } of rows) if (entry.module !== '' && !firsts.has(entry.module)) firsts.set(entry.module, line);
  const columns = [...firsts].map(([module, line]) => ({
    name: scorecardModuleColumn(module),
    from: `the scorecard's module ${module} (line ${line})`,
    place: { file: SCORECARD_FILE, line, field: 'module' },
  }));
  const [first] = rows;
  if (first === undefined) return columns;
  return [...columns, { name: SCORECARD_COLUMN, from: "the scorecard's total", place: { file: SCORECARD_FILE, line: first.line } }];
}

/** The fields of all sources, after their ages: a collision is then reported where a field is declared. */
function declaredByOnline(online: readonly ReadOnline[]): readonly DeclaredColumn[] {
  const fileOf = (source: OnlineSource): string => `online/${source.name}.yaml`;
  const ages = online.map(({ source }) => ({
    name: onlineAgeColumn(source),
    from: `the age of ${fileOf(source)}`,
    place: { file: fileOf(source) },
  }));
  const fields = online.flatMap(({ source, places }) =>
    source.fields.map((field) => ({
      name: onlineColumn(source, field),
      from: field.name === REPORTED ? REPORTED : `${field.name} in ${fileOf(source)}`,
      place: placeOf(places.get(field), fileOf(source)),
    })),
  );
  return [...ages, ...fields];
}

function placeOf(value: YamlValue | undefined, file: string): Place {
  return value?.place ?? { file };
}
