import type { RunningService, Services } from '@parallax/local';
import { startServices } from '@parallax/local';
import type { View } from '../view/view.ts';

/** Starts all five embedded services with the view telling how far each is. */
export async function startDemoServices(home: string, view: View, signal: AbortSignal): Promise<Services> {
  return startServices({
    names: ['kafka', 'artemis', 'postgres', 'cassandra', 'spark'],
    home,
    signal,
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
