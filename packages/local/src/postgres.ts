import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ParallaxError } from '@parallax/core';
import pg from 'pg';
import { serviceEnvironment } from './java.ts';
import { POSTGRES_BUFFERS_MB, PROBE_MS_MAX } from './limits.ts';
import { type Owner, postgresBinaries, postgresData, postgresOwner } from './postgres-place.ts';
import { dataFolder, startService } from './start-service.ts';
import type { RunningService, ServiceOptions } from './types.ts';

const USER = 'parallax';
const DATABASE = 'postgres';

/**
 * One PostgreSQL 18 on loopback, with a random password that stands in `data/postgres/password` (mode 0600) and in the returned URL only.
 * As root it runs as user 65534, since PostgreSQL refuses root. A crash of the *machine* may lose data (`fsync` is off): what it holds here
 * can be loaded again.
 *
 * @throws ParallaxError PRLX_SERVICE_START
 */
export async function startPostgres(options: ServiceOptions): Promise<RunningService> {
  const folder = dataFolder(options.home, 'postgres');
  return startService(
    {
      name: 'postgres',
      ports: 1,
      async prepare([port = 0]) {
        const owner = postgresOwner();
        mkdirSync(folder, { recursive: true });
        const password = readOrMakePassword(join(folder, 'password'));
        const binaries = postgresBinaries(folder, owner);
        const cluster = postgresData(folder, owner);
        if (!existsSync(join(cluster, 'PG_VERSION'))) await initialise(binaries, cluster, password, owner, options.signal);
        const url = `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
        return {
          command: join(binaries, 'bin', 'postgres'),
          args: ['-D', cluster, ...Object.entries(settings(port)).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
          cwd: cluster,
          env: postgresEnvironment(binaries),
          ...(owner ?? {}),
          // "Fast": sessions are ended, then it checkpoints. SIGTERM would wait for every client.
          stopSignal: 'SIGINT',
          // "Immediate": the postmaster takes its children along, and the shared memory too.
          deathSignal: 'QUIT',
          url,
          probe: () => probePostgres(url),
        };
      },
    },
    options,
  );
}

function settings(port: number): Record<string, string | number> {
  return {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 60,
    shared_buffers: `${POSTGRES_BUFFERS_MB}MB`,
    dynamic_shared_memory_type: 'mmap',
    work_mem: '16MB',
    maintenance_work_mem: '64MB',
    max_wal_size: '1GB',
    wal_level: 'minimal',
    max_wal_senders: 0,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    // Statements may hold what should not be in a log: only their errors are written.
    log_min_error_statement: 'panic',
  };
}

function postgresEnvironment(binaries: string): Record<string, string> {
  const { HOME: _, ...environment } = serviceEnvironment();
  return { ...environment, LD_LIBRARY_PATH: join(binaries, 'lib') };
}

function readOrMakePassword(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

/** `initdb`, once; an interrupted one is begun again, since `PG_VERSION` is then in no finished cluster. */
async function initialise(
  binaries: string,
  cluster: string,
  password: string,
  owner: Owner | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fresh = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  rmSync(fresh, { recursive: true, force: true });
  rmSync(cluster, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner !== null) chownSync(passwordFile, owner.uid, owner.gid);
  const script = 'set -e; initdb=$1; fresh=$2; cluster=$3; shift 3; "$initdb" -D "$fresh" "$@"; mv "$fresh" "$cluster"';
  const args = [
    '-U',
    USER,
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  try {
    await promisify(execFile)('/bin/sh', ['-c', script, 'sh', join(binaries, 'bin', 'initdb'), fresh, cluster, ...args], {
      cwd: '/',
      env: postgresEnvironment(binaries),
      ...(owner ?? {}),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ParallaxError('PRLX_SERVICE_START', `postgres: initdb failed: ${detail}`, { cause });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** `select 1`. */
export async function probePostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PROBE_MS_MAX, query_timeout: PROBE_MS_MAX });
  // A server that is still starting may cut the connection between two of our calls; the next call then rejects.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end();
  }
}
