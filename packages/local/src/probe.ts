import { probeAmqp } from './artemis.ts';
import { probeCql } from './cassandra.ts';
import { probeKafka } from './kafka.ts';
import { PROBE_MS_MAX } from './limits.ts';
import { probePostgres } from './postgres.ts';
import { probeSparkConnect } from './spark-probe.ts';
import type { ServiceName } from './types.ts';

/** Asks a running service a question in its own protocol; rejects when there is no answer. `url` as in `RunningService`. */
export async function probeService(name: ServiceName, url: string): Promise<void> {
  const port = Number(/:(\d+)$/.exec(url)?.[1]);
  switch (name) {
    case 'spark':
      return probeSparkConnect(port, AbortSignal.timeout(PROBE_MS_MAX));
    case 'kafka':
      return probeKafka(url);
    case 'artemis':
      return probeAmqp(port, AbortSignal.timeout(PROBE_MS_MAX));
    case 'cassandra':
      return probeCql(url);
    case 'postgres':
      return probePostgres(url);
  }
}
