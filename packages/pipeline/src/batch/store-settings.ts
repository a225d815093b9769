import { type BatchSource, ParallaxError } from '@parallax/core';
import { parseSecretRef, resolveSecret } from '@parallax/core/secrets.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** A setting of a batch source's `from`, with what `env:` and `file:` stand for. Throws PRLX_BATCH_SOURCE for one that is not there. */
export function setting(source: BatchSource, name: string, env: Env, otherwise?: string): string {
  const text = source.from?.settings[name] ?? otherwise;
  if (text === undefined) {
    throw new ParallaxError('PRLX_BATCH_SOURCE', `batch/${source.name}.yaml: from.${source.from?.kind ?? ''} has no ${name}`, {
      exitCode: 2,
      advice: `Add ${name} to it.`,
    });
  }
  const ref = parseSecretRef(text);
  return ref === null ? text : resolveSecret(ref, env);
}
