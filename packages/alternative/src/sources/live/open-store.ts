import { type BatchSource, ParallaxError } from '@parallax/core';
import { CassandraStore } from './cassandra-store.ts';
import { PostgresStore } from './postgres-store.ts';
import { type Env, StoreSettings } from './settings.ts';
import type { Store } from './store.ts';

/** @param address in place of the source's own, null: none. Throws PRLX_BATCH_SOURCE for a kind that is not built in. */
export function storeOf(source: BatchSource, env: Env, address: string | null): Store {
  const settings = new StoreSettings(source, env, address);
  switch (source.from?.kind) {
    case 'postgres':
      return new PostgresStore(settings);
    case 'cassandra':
      return new CassandraStore(settings);
    default:
      throw new ParallaxError(
        'PRLX_BATCH_SOURCE',
        `batch/${source.name}.yaml: the verifier cannot read from ${source.from?.kind ?? 'nothing'}`,
        {
          exitCode: 2,
          advice: 'Use from: { postgres: … } or { cassandra: … }.',
        },
      );
  }
}
