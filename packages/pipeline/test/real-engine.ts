import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Engine, type EngineOptions, openEngine } from '../src/engine/engine.ts';

/** The jar of `packages/spark-functions`, where the launcher puts it. */
export const FUNCTIONS_JAR = resolve(import.meta.dirname, '../../../.parallax/jars', join('functions', 'parallax-spark-functions.jar'));

/** A new session with the server that the run's set-up started, or that the caller named. */
export function realEngine(options: Pick<EngineOptions, 'shufflePartitions'> = {}): Promise<Engine> {
  return openEngine({ url: address('PARALLAX_SPARK_URL'), functionsJar: FUNCTIONS_JAR, ...options });
}

/** The same, closed when the test has finished. */
export async function engineOfTest(options: Pick<EngineOptions, 'shufflePartitions'> = {}): Promise<Engine> {
  const engine = await realEngine(options);
  onTestFinished(() => engine.session.close());
  return engine;
}

/** Where the run's set-up has started a service; see `test/setup/services.ts`. */
export function address(variable: 'PARALLAX_SPARK_URL' | 'PARALLAX_KAFKA' | 'PARALLAX_PG' | 'PARALLAX_CASSANDRA'): string {
  const value = process.env[variable];
  if (value === undefined || value === '') throw new Error(`set ${variable}, or let the integration tests start the services`);
  return value;
}
