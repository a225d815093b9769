import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { OwnCallRule } from '@parallax/alternative';
import { ParallaxError, type Project } from '@parallax/core';
import { ProjectError } from '@parallax/core/load-project.ts';
import { parseSecretRef, resolveSecret } from '@parallax/core/secrets.ts';
import { RUNTIME } from '@parallax/local';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

/** Where a project runs: never part of the project's hash. Flags win over `deploy.yaml`, that over the environment. */
export interface Deployment {
  /** Kafka's bootstrap servers, `host:port,…`, where any are named. */
  readonly kafka: string | undefined;
  /** The AMQP 1.0 broker of streams that name no url. */
  readonly amqp: string | undefined;
  /** A Spark Connect server; null: one is started here. */
  readonly engine: string | null;
  /** Folder of the ledger and of state. */
  readonly state: string;
  readonly actionsTopic: string;
  readonly alternative: AlternativeDeployment;
}

/** Where the verifier reads, when it is not where the run does: a replica, a copy. */
export interface AlternativeDeployment {
  /** Other brokers or another listener of the run's cluster. A mirror has topic ids and offsets of its own, which no seal names. */
  readonly kafka: string | undefined;
  readonly amqp: string | undefined;
  /** Addresses of copies by batch source: a url for PostgreSQL and MongoDB, a contact for Cassandra, a path for a lake. */
  readonly stores: Readonly<Record<string, string>>;
  /** By online source: what the verifier may ask its bulk API for by itself, to measure skew. A source that is not named is not called. */
  readonly online: Readonly<Record<string, OwnCallRule>>;
}

export interface DeploymentFlags {
  readonly kafka?: string;
  readonly amqp?: string;
  readonly engine?: string;
  readonly state?: string;
  readonly actionsTopic?: string;
}

const FILE = 'deploy.yaml';
const SCHEMA = z.strictObject({
  kafka: z.string().min(1).optional(),
  amqp: z.string().min(1).optional(),
  engine: z.string().min(1).optional(),
  state: z.string().min(1).optional(),
  actions_topic: z.string().min(1).optional(),
  alternative: z
    .strictObject({
      kafka: z.string().min(1).optional(),
      amqp: z.string().min(1).optional(),
      stores: z.record(z.string(), z.string().min(1)).optional(),
      online: z
        .record(
          z.string(),
          z.strictObject({
            url: z.string().min(1).optional(),
            customers: z.number().int().min(1).max(10_000).default(200),
            differing: z.number().min(0).max(1).default(0.5),
          }),
        )
        .optional(),
    })
    .optional(),
});
type DeployFile = z.infer<typeof SCHEMA>;

/** The deployment of a project. Every setting may be `env:NAME` or `file:/path`. Throws ProjectError. */
export async function deploymentOf(project: Project, flags: DeploymentFlags, env: NodeJS.ProcessEnv): Promise<Deployment> {
  const file = await readDeployFile(project);
  const setting = (flag: string | undefined, declared: string | undefined, variable: string): string | undefined => {
    const text = flag ?? declared ?? env[variable];
    const ref = text === undefined ? null : parseSecretRef(text);
    return ref === null ? undefined : resolveSecret(ref, env);
  };
  const state = setting(flags.state, file.state === undefined ? undefined : resolve(project.directory, file.state), 'PARALLAX_STATE');
  return {
    kafka: setting(flags.kafka, file.kafka, 'PARALLAX_KAFKA') ?? ownBootstrap(project, env),
    amqp: setting(flags.amqp, file.amqp, 'PARALLAX_AMQP'),
    engine: setting(flags.engine, file.engine, 'PARALLAX_ENGINE') ?? null,
    state: resolve(state ?? join(RUNTIME, 'state', project.name)),
    actionsTopic: setting(flags.actionsTopic, file.actions_topic, 'PARALLAX_ACTIONS_TOPIC') ?? `parallax-actions-${project.name}`,
    alternative: {
      kafka: setting(undefined, file.alternative?.kafka, 'PARALLAX_ALTERNATIVE_KAFKA'),
      amqp: setting(undefined, file.alternative?.amqp, 'PARALLAX_ALTERNATIVE_AMQP'),
      stores: file.alternative?.stores ?? {},
      online: Object.fromEntries(
        Object.entries(file.alternative?.online ?? {}).map(([source, { url, ...rest }]) => [
          source,
          { ...rest, url: url === undefined ? null : resolved(url, env) },
        ]),
      ),
    },
  };
}

function resolved(text: string, env: NodeJS.ProcessEnv): string {
  const ref = parseSecretRef(text);
  return ref === null ? text : resolveSecret(ref, env);
}

/** Kafka's bootstrap servers. Throws PRLX_USAGE when none are named. */
export function requireKafka({ kafka }: Deployment): string {
  if (kafka !== undefined) return kafka;
  throw new ParallaxError('PRLX_USAGE', 'no Kafka is named', {
    exitCode: 2,
    advice: `Give --kafka host:port, or kafka: in ${FILE}, or set PARALLAX_KAFKA.`,
  });
}

/** The bootstrap that the streams themselves name, when all of them name one and the same. */
function ownBootstrap(project: Project, env: NodeJS.ProcessEnv): string | undefined {
  const named = project.streams.flatMap((s) =>
    s.from?.kind === 'kafka' && s.from.bootstrap !== null ? [resolveSecret(s.from.bootstrap, env)] : [],
  );
  return new Set(named).size === 1 ? named[0] : undefined;
}

async function readDeployFile(project: Project): Promise<DeployFile> {
  const path = join(project.directory, FILE);
  if (!existsSync(path)) return {};
  const lines = new LineCounter();
  const document = parseDocument(await readFile(path, 'utf8'), { lineCounter: lines });
  const broken = document.errors.map((error) => ({
    place: { file: FILE, line: error.linePos?.[0].line ?? 1 },
    message: error.message.split('\n')[0] ?? '',
  }));
  if (broken.length > 0) throw new ProjectError(project.directory, broken);
  const lineOf = (path: readonly unknown[]): number => {
    const node: unknown = document.getIn(path, true);
    const range = typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : 0;
    return lines.linePos(range).line;
  };
  const parsed = SCHEMA.safeParse(document.toJS() ?? {});
  if (parsed.success) {
    const unknown = unknownSources(project, parsed.data);
    if (unknown.length === 0) return parsed.data;
    throw new ProjectError(
      project.directory,
      unknown.map(([kind, name]) => ({
        place: { file: FILE, line: lineOf(['alternative', kind, name]), field: `alternative.${kind}.${name}` },
        message: `the project has no such ${kind === 'online' ? 'online' : 'batch'} source`,
      })),
    );
  }
  throw new ProjectError(
    project.directory,
    parsed.error.issues.map((issue) => {
      const field = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.');
      const line = lineOf(issue.code === 'unrecognized_keys' ? [issue.keys[0]] : [...issue.path]);
      return { place: { file: FILE, line, field }, message: issue.message };
    }),
  );
}

/** What the alternative is to read elsewhere and the project does not have: nobody would notice that it is not. */
function unknownSources(project: Project, { alternative }: DeployFile): readonly (readonly ['online' | 'stores', string])[] {
  const of = (kind: 'online' | 'stores', sources: readonly { readonly name: string }[]) =>
    Object.keys(alternative?.[kind] ?? {}).flatMap((name) => (sources.some((each) => each.name === name) ? [] : [[kind, name] as const]));
  return [...of('online', project.online), ...of('stores', project.batch)];
}
