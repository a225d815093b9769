import { makeHome, removeHome, SERVICE_NAMES, type ServiceName, startServices } from '@parallax/local';
import type { TestProject } from 'vitest/node';

/** The environment variable that tells integration tests where each service is. One that is set already is used as it is. */
const VARIABLES: Readonly<Record<ServiceName, string>> = {
  spark: 'PARALLAX_SPARK_URL',
  kafka: 'PARALLAX_KAFKA',
  artemis: 'PARALLAX_AMQP',
  postgres: 'PARALLAX_PG',
  cassandra: 'PARALLAX_CASSANDRA',
};

declare module 'vitest' {
  export interface ProvidedContext {
    /** The services' URLs by name, as `RunningService.url`. */
    readonly services: Readonly<Record<string, string>>;
  }
}

/**
 * Starts the services that integration tests need, once a run, on data of their own; stops them and removes the data at the end.
 * `PARALLAX_TEST_SERVICES=spark,kafka` starts these alone, for work on one part.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const wanted = process.env.PARALLAX_TEST_SERVICES?.split(',');
  const names = SERVICE_NAMES.filter(
    (name) => (wanted === undefined || wanted.includes(name)) && process.env[VARIABLES[name]] === undefined,
  );
  const home = makeHome('test', 'services');
  const services = await startServices({
    names,
    home,
    spark: { heapMb: 2048 },
    onProgress: ({ service, phase, elapsedMs }) => {
      if (phase === 'ready') process.stderr.write(`${service} is ready after ${(elapsedMs / 1000).toFixed(1)} s\n`);
    },
  });
  for (const service of services.running) process.env[VARIABLES[service.name]] = service.url;
  const urls = SERVICE_NAMES.map((name): [string, string] => [name, process.env[VARIABLES[name]] ?? '']);
  project.provide('services', Object.fromEntries(urls.filter(([, url]) => url !== '')));
  return async () => {
    await services.stop();
    removeHome(home);
  };
}
