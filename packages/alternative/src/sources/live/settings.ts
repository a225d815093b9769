import { type BatchSource, ParallaxError } from '@parallax/core';
import { parseSecretRef, resolveSecret } from '@parallax/core/secrets.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** The settings of one batch source, as this side reads them. */
export class StoreSettings {
  readonly #source: BatchSource;
  readonly #env: Env;
  readonly #address: string | null;

  /** @param address in place of the source's own `url`, `contact` or `path`: a replica or a mirror */
  constructor(source: BatchSource, env: Env, address: string | null) {
    this.#source = source;
    this.#env = env;
    this.#address = address;
  }

  /** Where the store is: `url`, `contact` or `path`. */
  address(name: 'url' | 'contact' | 'path'): string {
    return this.#address === null ? this.required(name) : this.#resolved(this.#address);
  }

  required(name: string): string {
    const text = this.#source.from?.settings[name];
    if (text === undefined)
      throw new ParallaxError('PRLX_BATCH_SOURCE', `batch/${this.#source.name}.yaml: from.${this.#source.from?.kind} has no ${name}`, {
        exitCode: 2,
        advice: `Add ${name} to it.`,
      });
    return this.#resolved(text);
  }

  optional(name: string, otherwise: string): string {
    const text = this.#source.from?.settings[name];
    return text === undefined ? otherwise : this.#resolved(text);
  }

  #resolved(text: string): string {
    const ref = parseSecretRef(text);
    return ref === null ? text : resolveSecret(ref, this.#env);
  }
}
