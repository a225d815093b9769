import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_FILE_BYTES_MAX, YAML_BYTES_MAX } from '../limits.ts';
import { fileNameFault } from './names.ts';
import type { Problems } from './problems.ts';

/** Folders of declarations, a file each. */
const FOLDERS = ['streams', 'batch', 'online'] as const;
export type ProjectFolder = (typeof FOLDERS)[number];

/** The files of a project as they were read at one moment: bytes by path relative to its folder, with `/`. */
export type ProjectFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Reads all files that make the project (contract, section 10): `parallax.yaml`, the declarations, the SQL, `alternative.ts`.
 * Anything else in the folder, `deploy.yaml` too, is neither read nor hashed.
 */
export async function readProjectFiles(directory: string, problems: Problems): Promise<ProjectFiles> {
  const top = await listFiles(directory);
  if (top === null) {
    problems.add({ file: directory }, 'no such folder');
    return new Map();
  }
  const paths = top.filter((name) => name === 'parallax.yaml' || name === 'alternative.ts' || name.endsWith('.sql'));
  for (const folder of FOLDERS) {
    for (const name of (await listFiles(join(directory, folder))) ?? []) {
      if (belongs(folder, name, problems)) paths.push(`${folder}/${name}`);
    }
  }
  const files = new Map<string, Uint8Array>();
  for (const path of paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    const bytes = await readBounded(directory, path, problems);
    if (bytes !== null) files.set(path, bytes);
  }
  return files;
}

/** The plain files of a folder but hidden ones; null when it is no folder. */
async function listFiles(folder: string): Promise<readonly string[] | null> {
  try {
    const entries = await readdir(folder);
    const kinds = await Promise.all(entries.map(async (name) => ({ name, file: (await stat(join(folder, name))).isFile() })));
    return kinds.filter(({ name, file }) => file && !name.startsWith('.')).map(({ name }) => name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

/** Whether a file of a folder is a declaration; what looks like a misnamed one is reported. */
function belongs(folder: ProjectFolder, name: string, problems: Problems): boolean {
  if (folder === 'batch' && name === 'scorecard.csv') return true;
  const file = `${folder}/${name}`;
  if (name.endsWith('.yaml')) {
    const fault = fileNameFault(name.slice(0, -'.yaml'.length));
    if (fault !== null) problems.add({ file }, fault);
    return fault === null;
  }
  if (name.endsWith('.yml')) problems.add({ file }, 'the files of a project end in .yaml: rename it');
  if (name.endsWith('.csv')) problems.add({ file }, 'only batch/scorecard.csv is read: rename or remove it');
  return false;
}

async function readBounded(directory: string, path: string, problems: Problems): Promise<Uint8Array | null> {
  const limit = path.endsWith('.yaml') ? YAML_BYTES_MAX : PROJECT_FILE_BYTES_MAX;
  const bytes = await readFile(join(directory, path));
  if (bytes.length <= limit) return bytes;
  problems.add({ file: path }, `the file has ${bytes.length} bytes; at most ${limit} are read`);
  return null;
}

/** The text of a file of the project; null when it is not there, or after reporting that it is not UTF-8. */
export function textOf(files: ProjectFiles, path: string, problems: Problems): string | null {
  const bytes = files.get(path);
  if (bytes === undefined) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // A fatal TextDecoder throws for this reason only.
    problems.add({ file: path }, 'the file is not UTF-8 text');
    return null;
  }
}

/** SHA-256 (hex) over the files in order of path: each path and its bytes, both preceded by their length as 8 bytes. */
export function hashProjectFiles(files: ProjectFiles): string {
  const hash = createHash('sha256');
  const add = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  };
  for (const [path, bytes] of files) {
    add(Buffer.from(path));
    add(bytes);
  }
  return hash.digest('hex');
}
