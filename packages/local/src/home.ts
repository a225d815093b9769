import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIME } from './paths.ts';

const folderOf = (kind: string): string => join(RUNTIME, kind);

/**
 * A fresh home for services of one run, `.parallax/<kind>/<name>-<pid>-<random>`, which other users may pass (PostgreSQL is one, when we
 * are root) but not list. Homes of that kind whose process was killed before it could remove them are removed here.
 */
export function makeHome(kind: string, name: string): string {
  mkdirSync(folderOf(kind), { recursive: true });
  for (const other of readdirSync(folderOf(kind))) {
    const pid = /^[a-z-]+-(\d+)-\w+$/.exec(other)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeHome(join(folderOf(kind), other));
  }
  const home = mkdtempSync(join(folderOf(kind), `${name}-${process.pid}-`));
  chmodSync(home, 0o711);
  return home;
}

/** Removes a home, with what PostgreSQL had to keep outside of it. Its services must be stopped. */
export function removeHome(home: string): void {
  const note = outsideNote(join(home, 'data', 'postgres'));
  if (existsSync(note)) rmSync(readFileSync(note, 'utf8'), { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
}

/** The file of PostgreSQL's data folder that says where the rest of it is, when the folder is out of its user's reach. */
export const outsideNote = (folder: string): string => join(folder, 'outside');
