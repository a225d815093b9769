import { type BatchSource, ParallaxError } from '@parallax/core';
import { CassandraStore } from './cassandra-store.ts';
import { type LakeFiles, LOCAL_FILES } from './lake-files.ts';
import { LakeStore } from './lake-store.ts';
import { MongodbStore } from './mongodb-store.ts';
import { PostgresStore } from './postgres-store.ts';
import { S3Files } from './s3-files.ts';
import { s3AccessOf } from './s3-request.ts';
import { type Env, StoreSettings } from './settings.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  readonly env: Env;
  /** In place of the source's own; null: none. */
  readonly address: string | null;
  /** A folder for what has to lie on this machine while it is read. */
  readonly scratch: string;
  readonly now: () => number;
}

/** Throws PRLX_BATCH_SOURCE for a kind that is not built in, or an object store that nobody may ask. */
export function storeOf(source: BatchSource, options: StoreOptions): Store {
  const settings = new StoreSettings(source, options.env, options.address);
  switch (source.from?.kind) {
    case 'postgres':
      return new PostgresStore(settings);
    case 'cassandra':
      return new CassandraStore(settings);
    case 'mongodb':
      return new MongodbStore(settings);
    case 'parquet': {
      const tables = source.tables.map(({ name }) => name);
      return new LakeStore(settings, tables, lakeFiles(source.name, settings.address('path'), options));
    }
    default:
      throw new ParallaxError(
        'PRLX_BATCH_SOURCE',
        `batch/${source.name}.yaml: the verifier cannot read from ${source.from?.kind ?? 'nothing'}`,
        {
          exitCode: 2,
          advice: 'Use from: { postgres: … }, { cassandra: … }, { mongodb: … } or { parquet: … }.',
        },
      );
  }
}

function lakeFiles(source: string, path: string, { env, scratch, now }: StoreOptions): LakeFiles {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(path)?.[1]?.toLowerCase() ?? 'file';
  if (scheme === 'file') return LOCAL_FILES;
  if (scheme === 's3a' || scheme === 's3') return new S3Files(s3AccessOf(env), scratch, now);
  throw new ParallaxError('PRLX_BATCH_SOURCE', `batch/${source}.yaml: the verifier cannot read a lake at ${scheme}:`, {
    exitCode: 2,
    advice: 'Use a path of this machine or of a mount, or s3a://bucket/….',
  });
}
