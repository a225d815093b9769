import { join } from 'node:path';
import { startCassandra, startPostgres } from '@parallax/local';
import { HEAPS_MB, SERVICE_START_MS_MAX } from '../limits.ts';
import { cpuSeconds } from '../processes.ts';
import { step } from '../step.ts';
import { type Arena, makeView, projectIn } from './arena.ts';
import { countingProxy } from './counting-proxy.ts';
import type { DaySize } from './data.ts';
import { loadCassandra, loadPostgres, STORE_NAME } from './stores.ts';

const ROUNDS = 3;

/** A day read out of a store. CPU seconds of the engine and of the store; bytes that the store sent, by a relay that counts them. */
export interface StoreDay {
  readonly store: 'PostgreSQL, JDBC' | 'Cassandra';
  readonly size: DaySize;
  readonly ours: number;
  readonly theirs: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** From each store several times; the last counts. */
export async function measureStores(arena: Arena, sizes: { readonly postgres: DaySize; readonly cassandra: DaySize }): Promise<StoreDay[]> {
  const { context, home } = arena;
  const options = { home, startMsMax: SERVICE_START_MS_MAX, signal: context.signal };
  const found: StoreDay[] = [];
  const postgres = await startPostgres(options);
  try {
    await step(context.view, 'PostgreSQL: load', () => loadPostgres(postgres.url, sizes.postgres));
    const { host, username, password, pathname } = new URL(postgres.url);
    found.push(
      await measureStore(arena, {
        ...{ store: 'PostgreSQL, JDBC', size: sizes.postgres, pid: postgres.pid, target: host },
        from: (address) => `{ postgres: { url: "postgres://${username}:${password}@${address}${pathname}", schema: ${STORE_NAME} } }`,
      }),
    );
  } finally {
    await postgres.stop();
  }
  const cassandra = await startCassandra({ ...options, heapMb: HEAPS_MB.cassandra });
  try {
    await step(context.view, 'Cassandra: load', () => loadCassandra(cassandra.url, sizes.cassandra));
    found.push(
      await measureStore(arena, {
        ...{ store: 'Cassandra', size: sizes.cassandra, pid: cassandra.pid, target: cassandra.url },
        from: (address) => `{ cassandra: { contact: "${address}", keyspace: ${STORE_NAME} } }`,
      }),
    );
  } finally {
    await cassandra.stop();
  }
  return found;
}

interface StoreRun extends Pick<StoreDay, 'store' | 'size'> {
  readonly pid: number;
  /** `host:port` */
  readonly target: string;
  /** The project's setting, with the address that it reads from. */
  readonly from: (address: string) => string;
}

async function measureStore({ context, home, server, engine }: Arena, { store, size, pid, target, from }: StoreRun): Promise<StoreDay> {
  const folder = join(home, store.replaceAll(/\W+/g, '-'));
  const proxy = await countingProxy(target);
  try {
    const project = await projectIn(join(folder, 'project'), from(proxy.address), size);
    let day: StoreDay | null = null;
    for (let round = 0; round < ROUNDS; round += 1) {
      context.signal.throwIfAborted();
      const before = { ours: cpuSeconds(server.pid), theirs: cpuSeconds(pid), bytes: proxy.received(), at: performance.now() };
      await step(context.view, `${store}: batch view, run ${round + 1}`, () => makeView(engine, project, join(folder, `state-${round}`)));
      day = {
        ...{ store, size, bytes: proxy.received() - before.bytes, seconds: (performance.now() - before.at) / 1000 },
        ...{ ours: cpuSeconds(server.pid) - before.ours, theirs: cpuSeconds(pid) - before.theirs },
      };
    }
    if (day === null) throw new RangeError('no round');
    return day;
  } finally {
    await proxy.close();
  }
}
