import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ParallaxError } from '@parallax/core';
import { JARS } from './paths.ts';

/** `$JAVA_HOME/bin/java`, else the one on the `PATH`. */
export function javaCommand(): string {
  const home = process.env.JAVA_HOME;
  return home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
}

/**
 * A folder of jars as a class path.
 *
 * @throws ParallaxError PRLX_JARS_MISSING when the launcher has not put them there.
 */
export function jarFolder(set: 'spark' | 'spark-shim' | 'kafka' | 'artemis' | 'cassandra', jars: string | undefined): string {
  const folder = join(jars ?? JARS, set);
  if (!existsSync(folder)) {
    throw new ParallaxError('PRLX_JARS_MISSING', `the jars of ${set} are not in ${folder}`, {
      advice: 'Run ./parallax once: it installs them.',
    });
  }
  return folder;
}

/** Options that every embedded JVM gets: a bounded heap, an end when it is full, UTC, and a temporary folder of its own. */
export function commonJavaOptions(heapMb: number, temporary: string): string[] {
  return [
    `-Xmx${heapMb}m`,
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    '-Xshare:auto',
    '-Dfile.encoding=UTF-8',
    '-Duser.timezone=UTC',
    '-Djava.awt.headless=true',
    '-Djava.net.preferIPv4Stack=true',
    `-Djava.io.tmpdir=${temporary}`,
  ];
}

/** An empty folder for a JVM's unpacked native libraries and scratch files: what an earlier run left is removed. */
export function freshTemporaryFolder(data: string): string {
  const folder = join(data, 'tmp');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** `--add-opens` of these packages to all. */
export const opens = (packages: readonly string[]): string[] => packages.map((name) => `--add-opens=${name}=ALL-UNNAMED`);
export const exportsOf = (packages: readonly string[]): string[] => packages.map((name) => `--add-exports=${name}=ALL-UNNAMED`);

/**
 * What a service sees of our environment: enough to find programs, how its C library keeps what is freed (the launcher says it), the mark of `.ci/run`, no
 * secret of the caller.
 */
export function serviceEnvironment(): Record<string, string> {
  const result: Record<string, string> = { LANG: 'C.UTF-8', TZ: 'UTC' };
  for (const name of ['PATH', 'HOME', 'JAVA_HOME', 'LD_LIBRARY_PATH', 'MALLOC_ARENA_MAX', 'PARALLAX_CI_RUN']) {
    const value = process.env[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}
