import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadProject, ProjectError, type ProjectProblem } from '../src/load-project.ts';
import type { Project } from '../src/project.ts';

/** The files of a project by path; a test adds, replaces or (null) leaves out. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/** The least that a project is: what section 10 of the contract requires and nothing else. */
export const MINIMAL: Readonly<Record<string, string>> = {
  'parallax.yaml': 'name: least\nkey: { name: id_no, type: text }\nbase: dwh.profile\n',
  'streams/calls.yaml': [
    'key: { field: k }',
    'time: { field: t }',
    'event_id: e',
    'variables:',
    '  - { name: x, field: x, places: 2, aggregates: [sum] }',
    '',
  ].join('\n'),
  'batch/dwh.yaml': 'tables:\n  - { name: profile, key: k }\n',
  'satisfaction.sql': 'SELECT id_no, CAST(50 AS DECIMAL(5,2)) AS satisfaction FROM stream\n',
  'actions.sql': "SELECT id_no, 'a' AS action, 'r' AS reason FROM satisfaction\n",
};

/** Writes MINIMAL with `changes` into a new folder, hands its path to `use`, and removes it. */
export async function withProject<T>(changes: Files, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'parallax-project-'));
  try {
    for (const [path, content] of Object.entries({ ...MINIMAL, ...changes })) {
      if (content === null) continue;
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Loads MINIMAL with `changes`. */
export function load(changes: Files = {}): Promise<Project> {
  return withProject(changes, loadProject);
}

/** The problems that loading MINIMAL with `changes` reports; throws when it loads. */
export async function problemsOf(changes: Files): Promise<readonly ProjectProblem[]> {
  try {
    await load(changes);
  } catch (error) {
    if (error instanceof ProjectError) return error.problems;
    throw error;
  }
  throw new Error('the project was loaded, and should have been refused');
}

/** The problems as `file:line (field): message`, without the folder's name. */
export async function refusals(changes: Files): Promise<readonly string[]> {
  const problems = await problemsOf(changes);
  return problems.map(({ place, message }) => `${place.file}:${place.line ?? '-'} (${place.field ?? '-'}): ${message}`);
}
