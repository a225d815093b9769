/**
 * The enterprise of the bench in a process of its own, so that its CPU and memory are counted apart: producers, online API, the day's load.
 * Started by `generator.ts` with an IPC channel; ends when that channel does.
 */
import { startBridge } from '@parallax/pipeline';
import { createEnterprise, createProducers, type SentCounts, type Simulator, startSimulator, systemClock } from '@parallax/simulator';
import type { Answer, Flow, GeneratorSettings, NumberedOrder, Order } from './generator-orders.ts';
import { DAY_SHAPE } from './project.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as GeneratorSettings;
const CARE = 'care-contacts';
const BRIDGE_POLL_MS = 50;

/** A flow that runs: `stop` resolves when all it sent is confirmed. */
interface RunningFlow {
  readonly stop: () => Promise<SentCounts>;
}

class Generator {
  readonly #simulator: Simulator;
  readonly #flows = new Map<string, RunningFlow>();

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  async obey(order: Order): Promise<SentCounts> {
    switch (order.kind) {
      case 'load':
        await this.#simulator.loadDay({ day: order.day, completedAt: BigInt(order.completedAtUs), shape: DAY_SHAPE });
        return {};
      case 'history':
        return history(order.flow, BigInt(order.fromUs), BigInt(order.toUs));
      case 'start':
        this.#flows.set(order.name, startFlow(order.flow));
        return {};
      case 'stop': {
        const flow = this.#flows.get(order.name);
        this.#flows.delete(order.name);
        return flow === undefined ? {} : await flow.stop();
      }
    }
  }
}

function producersOf({ seed, rate, customers }: Flow) {
  const enterprise = createEnterprise({ seed, rate, customers });
  return createProducers({ enterprise, clock: systemClock, kafkaBootstrap: settings.kafka, amqpUrl: settings.amqp });
}

/** Produces a simulated past, and carries its care contacts over with their simulated times before it answers. */
async function history(flow: Flow, from: bigint, to: bigint): Promise<SentCounts> {
  const producers = producersOf(flow);
  const bridge = await openBridge();
  try {
    await producers.history({ from, to });
    const sent = producers.sent();
    const care = Object.values(sent.care ?? {}).reduce((a, b) => a + b, 0);
    while (bridge.counts().forwarded < care) await systemClock.sleep(BRIDGE_POLL_MS);
    return sent;
  } finally {
    await bridge.stop();
    await producers.close();
  }
}

function startFlow(flow: Flow): RunningFlow {
  const producers = producersOf(flow);
  const stopping = new AbortController();
  const running = producers.live({ from: BigInt(Date.now()) * 1000n, signal: stopping.signal });
  // A failure is reported when the flow is stopped; the process goes on until then, so that the bench ends in order.
  running.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await running;
      await producers.close();
      return producers.sent();
    },
  };
}

function openBridge() {
  return startBridge({ amqpUrl: settings.amqp, address: CARE, kafkaBootstrap: settings.kafka, topic: CARE, stamp: 'creation_time' });
}

async function main(): Promise<void> {
  const simulator = await startSimulator({
    seed: settings.seed,
    customers: settings.customers,
    services: { kafka: settings.kafka, amqp: settings.amqp, postgres: settings.postgres, cassandra: settings.cassandra },
    // Every customer is asked for every minute: 200 calls of 1,000, in a burst.
    faults: { callsPerSecond: 10_000 },
  });
  // Makes this side's queue, so that contacts before the coordinator's own bridge are kept.
  await (await openBridge()).stop();
  const generator = new Generator(simulator);
  const answer = (message: Answer) => process.send?.(message);
  process.on('message', ({ id, order }: NumberedOrder) => {
    generator.obey(order).then(
      (sent) => answer({ kind: 'done', id, sent }),
      (error: unknown) => answer({ kind: 'failed', id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  answer({ kind: 'ready', environment: { ...simulator.environment } });
}

process.on('disconnect', () => process.exit(0));
await main();
