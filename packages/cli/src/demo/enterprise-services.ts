import type { RunningService, Services } from '@parallax/local';
import { startServices } from '@parallax/local';
import type { View } from '../view/view.ts';

/** What the demo's machine must hold at once: heaps of the embedded services, MiB. */
const HEAPS_MB = { spark: 2816, kafka: 512, artemis: 256, cassandra: 768 } as const;

/** Starts all five embedded services with the view telling how far each is. */
export async function startDemoServices(home: string, view: View, signal: AbortSignal): Promise<Services> {
  return startServices({
    names: ['kafka', 'artemis', 'postgres', 'cassandra', 'spark'],
    home,
    signal,
    spark: { heapMb: HEAPS_MB.spark },
    kafka: { heapMb: HEAPS_MB.kafka },
    artemis: { heapMb: HEAPS_MB.artemis },
    cassandra: { heapMb: HEAPS_MB.cassandra },
    onProgress: ({ service, phase, elapsedMs, detail }) => {
      if (phase !== 'preparing' && phase !== 'starting' && phase !== 'ready' && phase !== 'failed') return;
      view.progress({
        kind: 'service',
        name: service,
        state: phase === 'ready' ? 'ready' : phase === 'failed' ? 'failed' : 'starting',
        seconds: elapsedMs / 1000,
        ...(detail === undefined ? {} : { detail }),
      });
    },
  });
}

/** Rejects when one of the services ends by itself: the demo cannot go on without it. Spark is left out: it is started again. */
export function firstDeath(services: Services): Promise<RunningService> {
  return Promise.race(services.running.filter((s) => s.name !== 'spark').map((service) => service.exited.then(() => service)));
}
