import { ParallaxError } from '@parallax/core';
import fastify, { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { careRecord } from './care-record.ts';
import type { Clock } from './clock.ts';
import type { Enterprise } from './enterprise.ts';
import { LIMITS } from './limits.ts';
import { hash32, Rng } from './prng.ts';

const share = z.number().min(0).max(1);

/** What may go wrong with a bulk call; shares are of calls, but for `missing`. */
const faultsSchema = z.strictObject({
  /** Added to each answer, ms. */
  latencyMs: z.number().int().min(0).max(600_000),
  /** Answered with 500. */
  errors: share,
  /** Never answered: the connection stays open until the caller gives up. */
  timeouts: share,
  /** Answered with 200 and a body that is cut off. */
  malformed: share,
  /** Of the rows of a good answer, left out. */
  missing: share,
  /** Answers 429 above this many calls a second. */
  callsPerSecond: z.number().min(0.1).max(1_000_000),
});
export type Faults = z.infer<typeof faultsSchema>;

export const NO_FAULTS: Faults = { latencyMs: 0, errors: 0, timeouts: 0, malformed: 0, missing: 0, callsPerSecond: 100 };

export interface OnlineApiOptions {
  readonly enterprise: Enterprise;
  readonly clock: Clock;
  /** 0, the default: any free port. */
  readonly port?: number;
  readonly faults?: Partial<Faults>;
}

export interface OnlineApiCounts {
  readonly calls: number;
  readonly answered: number;
  readonly limited: number;
  readonly faulty: number;
}

export interface OnlineApi {
  /** Of the bulk call: `POST {"ids":[1,2]}` gives `{"customers":[…]}`. */
  readonly url: string;
  /** Changes the faults from the next call on. `POST /admin/faults` does the same from outside, `GET` shows them. */
  readonly faults: (change: Partial<Faults>) => void;
  readonly counts: () => OnlineApiCounts;
  readonly stop: () => Promise<void>;
}

const bulkSchema = z.strictObject({ ids: z.array(z.number().int()).max(LIMITS.onlineIdsMax) });

/**
 * The bulk API of customer care, on loopback. An answer is a function of the customers asked for and the minute; faults are drawn from the seed,
 * call by call. A customer without record, or outside the base, has no row.
 */
export async function startOnlineApi(options: OnlineApiOptions): Promise<OnlineApi> {
  const { enterprise, clock } = options;
  let faults: Faults = { ...NO_FAULTS, ...options.faults };
  const counts = { calls: 0, answered: 0, limited: 0, faulty: 0 };
  const bucket = new TokenBucket(() => faults.callsPerSecond, clock);
  const stopping = new AbortController();
  const change = (next: Partial<Faults>): void => {
    faults = faultsSchema.parse({ ...faults, ...next });
  };
  const app = fastify({ bodyLimit: LIMITS.onlineBodyBytesMax, forceCloseConnections: true });

  app.get('/admin/faults', () => faults);
  app.post('/admin/faults', async (request, reply) => {
    const parsed = faultsSchema.partial().safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ error: z.prettifyError(parsed.error) });
    change(Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined)));
    return faults;
  });
  app.post('/customers/bulk', async (request, reply) => {
    const rng = new Rng(hash32(enterprise.seed, counts.calls, 51));
    counts.calls += 1;
    const parsed = bulkSchema.safeParse(request.body);
    if (!parsed.success) return reply.code(400).send({ error: z.prettifyError(parsed.error) });
    const waitMs = bucket.take();
    if (waitMs > 0) {
      counts.limited += 1;
      return reply
        .code(429)
        .header('retry-after', String(Math.ceil(waitMs / 1000)))
        .send({ error: 'too many calls' });
    }
    // The answer is what is known when the call arrives, however long it then takes.
    const minute = Math.floor(clock.nowMs() / 60_000);
    if (faults.latencyMs > 0) await clock.sleep(faults.latencyMs, stopping.signal);
    const fault = chooseFault(faults, rng.fraction());
    if (fault !== null) counts.faulty += 1;
    if (fault === 'timeout') return hang(reply);
    if (fault === 'error') return reply.code(500).send({ error: 'something broke' });
    const rows = parsed.data.ids.map((id) => (rng.chance(faults.missing) ? null : careRecord(enterprise, id, minute)));
    const body = `{"customers":[${rows.filter((row) => row !== null).join(',')}]}`;
    counts.answered += 1;
    reply.type('application/json; charset=utf-8');
    return reply.send(fault === 'malformed' ? body.slice(0, Math.floor(body.length / 2)) : body);
  });

  let address: string;
  try {
    address = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  } catch (cause) {
    throw new ParallaxError('PRLX_SIM_API', `the online API cannot listen on port ${options.port ?? 0}`, {
      cause,
      advice: 'Choose another port.',
    });
  }
  const stop = async (): Promise<void> => {
    stopping.abort();
    await app.close();
  };
  return { url: `${address}/customers/bulk`, faults: change, counts: () => ({ ...counts }), stop };
}

type Fault = 'error' | 'timeout' | 'malformed';

function chooseFault(faults: Faults, fraction: number): Fault | null {
  if (fraction < faults.errors) return 'error';
  if (fraction < faults.errors + faults.timeouts) return 'timeout';
  return fraction < faults.errors + faults.timeouts + faults.malformed ? 'malformed' : null;
}

/** Takes the answer over from Fastify and gives none; stopping the server closes the connection. */
function hang(reply: FastifyReply): FastifyReply {
  reply.hijack();
  return reply;
}

/** One second's worth of calls at once, refilled steadily. */
class TokenBucket {
  readonly #rate: () => number;
  readonly #clock: Clock;
  #tokens = Number.POSITIVE_INFINITY;
  #atMs = 0;

  constructor(rate: () => number, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** 0 when the call may pass, else ms until one may. */
  take(): number {
    const rate = this.#rate();
    const now = this.#clock.nowMs();
    this.#tokens = Math.min(Math.max(1, rate), this.#tokens + ((now - this.#atMs) * rate) / 1000);
    this.#atMs = now;
    if (this.#tokens < 1) return ((1 - this.#tokens) * 1000) / rate;
    this.#tokens -= 1;
    return 0;
  }
}
