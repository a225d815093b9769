import { ParallaxError } from '@parallax/core';
import { startArtemis } from './artemis.ts';
import { startCassandra } from './cassandra.ts';
import { startKafka } from './kafka.ts';
import { startPostgres } from './postgres.ts';
import { startSpark } from './spark.ts';
import type { JavaServiceOptions, RunningService, ServiceName, ServiceOptions, SparkOptions } from './types.ts';

export interface ServicesOptions extends ServiceOptions {
  readonly names: readonly ServiceName[];
  readonly spark?: Pick<SparkOptions, 'heapMb' | 'cores' | 'conf'>;
  readonly kafka?: Pick<JavaServiceOptions, 'heapMb'>;
  readonly artemis?: Pick<JavaServiceOptions, 'heapMb'>;
  readonly cassandra?: Pick<JavaServiceOptions, 'heapMb'>;
}

export interface Services {
  /** In the order of `names`. */
  readonly running: readonly RunningService[];
  /** @throws ParallaxError PRLX_SERVICE_UNKNOWN when it was not among `names`. */
  get(name: ServiceName): RunningService;
  /** Stops all, those that others may use last. Tries every one, then throws the first failure. */
  stop(): Promise<void>;
}

/**
 * Starts services at the same time and resolves when all are ready. When one fails, or the signal is aborted, the others are stopped.
 *
 * @throws ParallaxError PRLX_SERVICE_START, with the last lines of the log of the service that failed first
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const names = [...new Set(options.names)];
  const others = new AbortController();
  const signal = options.signal === undefined ? others.signal : AbortSignal.any([options.signal, others.signal]);
  let first: unknown;
  const results = await Promise.allSettled(
    names.map(async (name) => {
      try {
        return await start(name, { ...options, signal });
      } catch (error) {
        first ??= error;
        others.abort(new ParallaxError('PRLX_SERVICE_START', 'another service failed to start'));
        throw error;
      }
    }),
  );
  const running = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (running.length < names.length) {
    await stopAll(running);
    throw first;
  }
  return {
    running,
    get(name) {
      const service = running.find((candidate) => candidate.name === name);
      if (service === undefined) throw new ParallaxError('PRLX_SERVICE_UNKNOWN', `${name} was not started`);
      return service;
    },
    stop: () => stopAll(running),
  };
}

function start(name: ServiceName, options: ServicesOptions): Promise<RunningService> {
  switch (name) {
    case 'spark':
      return startSpark({ ...options, ...options.spark });
    case 'kafka':
      return startKafka({ ...options, ...options.kafka });
    case 'artemis':
      return startArtemis({ ...options, ...options.artemis });
    case 'cassandra':
      return startCassandra({ ...options, ...options.cassandra });
    case 'postgres':
      return startPostgres(options);
  }
}

/** Spark reads from the stores, so it goes first; the stores do not know each other. */
async function stopAll(running: readonly RunningService[]): Promise<void> {
  const readers = running.filter((service) => service.name === 'spark');
  const stores = running.filter((service) => service.name !== 'spark').reverse();
  const results = [...(await stopGroup(readers)), ...(await stopGroup(stores))];
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

const stopGroup = (group: readonly RunningService[]): Promise<PromiseSettledResult<void>[]> =>
  Promise.allSettled(group.map((service) => service.stop()));
