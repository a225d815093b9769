import { mkdir } from 'node:fs/promises';
import { MICROS_PER_MINUTE, type Micros, ParallaxError, type Project } from '@parallax/core';
import { resolveSecret } from '@parallax/core/secrets.ts';
import { KafkaActionsTopic } from '../act/actions-topic.ts';
import { ActionPublisher } from '../act/publish.ts';
import type { BatchProgress } from '../batch/layer.ts';
import { storeReader } from '../batch/store-reader.ts';
import { StatePaths } from '../engine/paths.ts';
import { Ledger } from '../ledger/ledger.ts';
import { BUCKETS, LEASE_MS, LEASE_POLL_MS } from '../limits.ts';
import type { Pipeline } from '../pipeline.ts';
import { AheadReader } from './ahead.ts';
import type { Clock } from './clock.ts';
import { LiveSource } from './live-source.ts';
import { claimState } from './state-identity.ts';

export interface RunOptions {
  readonly project: Project;
  /** Folder of ledger and state. */
  readonly state: string;
  /** Kafka's bootstrap servers, `host:port,…`. */
  readonly bootstrap: string;
  /** The topic that decided actions are published to; null: none. */
  readonly actionsTopic: string | null;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names this coordinator in the lease. */
  readonly holder: string;
  /** How long to wait for the lease of a coordinator that may be dead; 0: refuse at once. */
  readonly waitForLeaseMs?: number;
  readonly onBatchProgress?: (progress: BatchProgress) => void;
}

/** A run that holds the lease and is connected. */
export interface OpenRun {
  readonly pipeline: Pipeline;
  readonly source: LiveSource;
  readonly ahead: AheadReader;
  readonly publisher: ActionPublisher | null;
  close(): Promise<void>;
}

/** Opens the state of a run and its connections. Throws PRLX_LEASE, PRLX_SECRET, PRLX_BROKER, PRLX_STATE. */
export async function openRun(options: RunOptions): Promise<OpenRun> {
  const { project, clock } = options;
  const paths = new StatePaths(options.state);
  await mkdir(paths.root, { recursive: true });
  const onlineUrls = new Map(
    project.online.map((source) => {
      if (source.url === null) throw new ParallaxError('PRLX_PROJECT', `online/${source.name}.yaml has no url`, { exitCode: 2 });
      return [source.name, resolveSecret(source.url, options.env)] as const;
    }),
  );
  const ledger = Ledger.open(paths.ledger);
  let source: LiveSource | null = null;
  try {
    await takeLease(ledger, options);
    claimState(ledger, project);
    source = new LiveSource({ project, ledger, paths, clock, bootstrap: options.bootstrap, onlineUrls });
    const publisher = await openPublisher(options, ledger);
    const ahead = new AheadReader(source);
    const pipeline: Pipeline = {
      project,
      ledger,
      paths,
      source,
      batch: storeReader(project, options.env),
      buckets: BUCKETS,
      ahead,
      now: () => clock.now(),
      ...(options.onBatchProgress === undefined ? {} : { onBatchProgress: options.onBatchProgress }),
    };
    const opened = source;
    return {
      pipeline,
      source,
      ahead,
      publisher,
      async close() {
        await publisher?.close();
        await opened.close();
        ledger.releaseLease();
        ledger.close();
      },
    };
  } catch (error) {
    await source?.close();
    ledger.releaseLease();
    ledger.close();
    throw error;
  }
}

/** Claims the actions topic and learns what an earlier coordinator has sent to it. */
async function openPublisher({ project, bootstrap, actionsTopic, clock }: RunOptions, ledger: Ledger): Promise<ActionPublisher | null> {
  if (actionsTopic === null) return null;
  const topic = new KafkaActionsTopic(bootstrap, actionsTopic);
  const publisher = new ActionPublisher({ ledger, topic, project: { name: project.name, key: project.key.name } });
  try {
    await publisher.claim(clock.now());
    return publisher;
  } catch (error) {
    await publisher.close();
    throw error;
  }
}

/** Takes the lease, waiting for that of a coordinator that died; one that lives renews its own, and keeps it. */
async function takeLease(ledger: Ledger, { holder, clock, waitForLeaseMs = 0 }: RunOptions): Promise<void> {
  const until = clock.now() + BigInt(waitForLeaseMs) * 1000n;
  for (;;) {
    try {
      ledger.takeLease(holder, clock.now(), clock.now() + BigInt(LEASE_MS) * 1000n);
      return;
    } catch (error) {
      if (!(error instanceof ParallaxError) || !error.retryable || clock.now() >= until) throw error;
      await clock.sleep(LEASE_POLL_MS);
    }
  }
}

/** The minute after which `minutes` whole ones have passed by `now`: where a catch-up of that many begins. */
export function minutesBefore(now: Micros, minutes: number): Micros {
  return now - (now % MICROS_PER_MINUTE) - BigInt(minutes) * MICROS_PER_MINUTE;
}
