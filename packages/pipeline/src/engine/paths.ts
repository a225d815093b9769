import { join } from 'node:path';
import { formatFolder, type Micros } from '@parallax/core';

/** Where the Spark side keeps its files. All of it is written first and visible only when the ledger names it. */
export class StatePaths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get ledger(): string {
    return join(this.root, 'ledger.sqlite');
  }

  /** The folder of one attempt at one iteration; the epoch fences attempts of different coordinators. */
  attempt(minute: Micros, epoch: number, attempt: number): string {
    return join(this.iteration(minute), `${epoch}-${attempt}`);
  }

  /** What is read and merged for a minute before its seal. */
  ahead(minute: Micros, epoch: number): string {
    return join(this.iteration(minute), `ahead-${epoch}`);
  }

  /** A folder in which there is never a file. */
  get nothing(): string {
    return join(this.root, 'nothing');
  }

  iteration(minute: Micros): string {
    return join(this.root, 'iterations', formatFolder(minute));
  }

  /** Captured bulk calls of one minute; written before the close names their digest. */
  capture(minute: Micros, source: string): string {
    return join(this.captures(formatFolder(minute)), `${source}.ndjson`);
  }

  /** All captures of the minute that has this folder name. */
  captures(folder: string): string {
    return join(this.root, 'captures', folder);
  }

  /** What is kept of a day's version for people, whatever becomes of its view. */
  batchRecord(day: string, version: string): string {
    return join(this.batchRecords, versionFolder(day, version));
  }

  /** All of {@link batchRecord}. */
  get batchRecords(): string {
    return join(this.root, 'batch-days');
  }

  /** What is made of a day depends on the project's files too: other declarations or another scorecard make another view. */
  batchVersion(day: string, version: string, projectHash: string): string {
    return join(this.root, 'batch', `${versionFolder(day, version)}-${projectHash.slice(0, 16)}`);
  }
}

/** What the names of a version's folders begin with, whatever the rules. */
export function versionFolder(day: string, version: string): string {
  return `${day}-${version.slice(0, 16)}`;
}
