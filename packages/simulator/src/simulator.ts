import { type Clock, systemClock } from './clock.ts';
import { createEnterprise, type Enterprise, type EnterpriseOptions } from './enterprise.ts';
import type { Compression } from './kafka-sink.ts';
import { type LoadDayOptions, loadDay } from './load-day.ts';
import { type Faults, type OnlineApi, startOnlineApi } from './online-api.ts';
import { createProducers, type Producers } from './producers.ts';
import { createTopics } from './topics.ts';

export interface SimulatorOptions extends EnterpriseOptions {
  readonly services: {
    /** `host:port` */
    readonly kafka: string;
    /** `amqp://host:port` */
    readonly amqp: string;
    /** `postgres://user:password@host:port/database` */
    readonly postgres: string;
    /** `host:port` */
    readonly cassandra: string;
  };
  readonly clock?: Clock;
  readonly partitions?: number;
  readonly compression?: Compression;
  readonly faults?: Partial<Faults>;
  readonly signal?: AbortSignal;
}

export interface Simulator {
  readonly enterprise: Enterprise;
  /** The variables that the files of `examples/telecom` name. */
  readonly environment: { readonly DWH_URL: string; readonly NOSQL_CONTACT: string; readonly CARE_URL: string };
  readonly api: OnlineApi;
  /** `load-day.ts`: returns false when the day is there already. */
  readonly loadDay: (options: Pick<LoadDayOptions, 'day' | 'completedAt' | 'shape' | 'onProgress'>) => Promise<boolean>;
  readonly history: Producers['history'];
  readonly live: Producers['live'];
  readonly sent: Producers['sent'];
  /** Stops the API and closes the producers; ends no service. Abort `live` first. */
  readonly stop: () => Promise<void>;
}

/**
 * Everything that happens outside of Parallax, for the demo and the benchmarks: creates the topics (stamped by the producer until `live` has
 * caught up), starts the online API and connects the producers. Before the first message is sent, each side's queue on the address
 * `care-contacts` must exist: start the bridge first.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { services, clock = systemClock } = options;
  const enterprise = createEnterprise(options);
  await createTopics({ bootstrap: services.kafka, ...(options.partitions === undefined ? {} : { partitions: options.partitions }) });
  const api = await startOnlineApi({ enterprise, clock, ...(options.faults === undefined ? {} : { faults: options.faults }) });
  const producers = createProducers({
    enterprise,
    clock,
    kafkaBootstrap: services.kafka,
    amqpUrl: services.amqp,
    ...(options.compression === undefined ? {} : { compression: options.compression }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return {
    enterprise,
    environment: { DWH_URL: services.postgres, NOSQL_CONTACT: services.cassandra, CARE_URL: api.url },
    api,
    loadDay: (day) => loadDay({ ...day, enterprise, postgresUrl: services.postgres, cassandraContact: services.cassandra }),
    history: producers.history,
    live: producers.live,
    sent: producers.sent,
    stop: async () => {
      await Promise.all([api.stop(), producers.close()]);
    },
  };
}
