import { existsSync } from 'node:fs';
import { StatePaths } from '@parallax/pipeline';

/** A copy's own folder, with the batch views that the true run has made already. */
export class ForkPaths extends StatePaths {
  readonly #shared: StatePaths;
  readonly #hash: string;
  readonly #ownDay: string | null;

  /**
   * @param hash of the true project: a copy with other rules uses the true views, which are made of the declarations only
   * @param ownDay a day whose view the copy makes itself
   */
  constructor(root: string, shared: StatePaths, hash: string, ownDay: string | null = null) {
    super(root);
    this.#shared = shared;
    this.#hash = hash;
    this.#ownDay = ownDay;
  }

  override batchVersion(day: string, version: string, projectHash: string): string {
    const shared = this.#shared.batchVersion(day, version, this.#hash);
    return day !== this.#ownDay && existsSync(shared) ? shared : super.batchVersion(day, version, projectHash);
  }
}
