import { afterEach, describe, expect, it } from 'vitest';
import { careRecord } from '../src/care-record.ts';
import type { Clock } from '../src/clock.ts';
import { createEnterprise } from '../src/enterprise.ts';
import { type Faults, type OnlineApi, startOnlineApi } from '../src/online-api.ts';

const START_MS = Date.parse('2026-01-05T10:07:12Z');
const enterprise = createEnterprise({ seed: 7, customers: 3_000 });

class TestClock implements Clock {
  ms = START_MS;
  slept: number[] = [];
  readonly nowMs = (): number => this.ms;
  readonly sleep = async (ms: number): Promise<void> => {
    this.slept.push(ms);
    this.ms += ms;
  };
}

const running: OnlineApi[] = [];
afterEach(async () => {
  for (const api of running.splice(0)) await api.stop();
});

async function start(
  faults: Partial<Faults> = {},
): Promise<{ api: OnlineApi; clock: TestClock; ask: (ids: unknown, signal?: AbortSignal) => Promise<Response> }> {
  const clock = new TestClock();
  const api = await startOnlineApi({ enterprise, clock, faults });
  running.push(api);
  const ask = (ids: unknown, signal?: AbortSignal) =>
    fetch(api.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ids }),
      signal: signal ?? null,
    });
  return { api, clock, ask };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('the online API', () => {
  it('answers 1,000 customers with the declared fields, the same for the same minute', async () => {
    const { ask, clock } = await start();
    const first = await (await ask(range(1, 1_001))).text();
    clock.ms += 30_000;
    expect(await (await ask(range(1, 1_001))).text()).toBe(first);
    const rows = JSON.parse(first).customers;
    expect(rows.length).toBeGreaterThan(970);
    expect(rows.length).toBeLessThan(1_000);
    for (const row of rows) {
      expect(row).toEqual({
        customer_id: expect.any(Number),
        tickets: { open: expect.any(Number), overdue: expect.any(Number), oldest_h: row.tickets.open === 0 ? null : expect.any(Number) },
        orders: { pending: expect.any(Number) },
        balance: { due_eur: expect.any(Number) },
        last_survey: row.last_survey === null ? null : expect.any(Number),
      });
    }
    clock.ms += 40 * 60_000;
    expect(await (await ask(range(1, 1_001))).text()).not.toBe(first);
  });

  it('has no row for who is not a customer, in the order asked', async () => {
    const { ask } = await start();
    const known = range(1, 50)
      .filter((id) => careRecord(enterprise, id, START_MS / 60_000) !== null)
      .reverse();
    const body = await (await ask([3_001, ...known, -1, 0])).json();
    expect((body as { customers: { customer_id: number }[] }).customers.map((row) => row.customer_id)).toEqual(known);
  });

  it.each([[range(0, 1_001)], [['1']], [[1.5]], [{}], [null]])('refuses what is no list of up to 1,000 integers', async (ids) => {
    const { ask, api } = await start();
    expect((await ask(ids)).status).toBe(400);
    expect(api.counts().answered).toBe(0);
  });

  it('limits the rate and says when to come back', async () => {
    const { ask, clock, api } = await start({ callsPerSecond: 2 });
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await ask([1])).status);
    const limited = await ask([1]);
    expect([...statuses, limited.status]).toEqual([200, 200, 429, 429]);
    expect(limited.headers.get('retry-after')).toBe('1');
    clock.ms += 1_000;
    expect((await ask([1])).status).toBe(200);
    expect(api.counts()).toEqual({ calls: 5, answered: 3, limited: 2, faulty: 0 });
  });

  it('breaks on request: errors, cut bodies, missing rows, latency', async () => {
    const { ask, api, clock } = await start({ errors: 1 });
    expect((await ask([1])).status).toBe(500);
    api.faults({ errors: 0, malformed: 1 });
    const cut = await ask(range(1, 100));
    expect(cut.status).toBe(200);
    const body = await cut.text();
    expect(() => JSON.parse(body)).toThrow(SyntaxError);
    api.faults({ malformed: 0, missing: 0.5 });
    const some = (await (await ask(range(1, 1_001))).json()) as { customers: unknown[] };
    expect(some.customers.length).toBeGreaterThan(400);
    expect(some.customers.length).toBeLessThan(600);
    api.faults({ missing: 0, latencyMs: 700 });
    expect((await ask([1])).status).toBe(200);
    expect(clock.slept).toEqual([700]);
  });

  it('leaves a call without answer on request, and stops all the same', async () => {
    const { ask, api } = await start({ timeouts: 1 });
    const given = new AbortController();
    const call = ask([1], given.signal);
    const settled = call.then(
      () => 'answered',
      () => 'failed',
    );
    while (api.counts().faulty === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(api.counts()).toMatchObject({ calls: 1, answered: 0 });
    await api.stop();
    expect(await settled).toBe('failed');
  });

  it('takes faults from outside', async () => {
    const { api, ask } = await start();
    const admin = new URL('/admin/faults', api.url);
    const set = (body: unknown) =>
      fetch(admin, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    expect((await set({ errors: 2 })).status).toBe(400);
    expect((await set({ oops: 1 })).status).toBe(400);
    expect(await (await set({ errors: 1 })).json()).toMatchObject({ errors: 1, timeouts: 0 });
    expect((await ask([1])).status).toBe(500);
    expect(await (await fetch(admin)).json()).toMatchObject({ errors: 1 });
  });
});

describe('tickets', () => {
  it('rise for those an incident hits and fall again', () => {
    const start = Math.floor(START_MS / 60_000);
    const calmAfter = (minute: number) => range(minute + 3, minute + 20).every((at) => !enterprise.story.troublesOf(at).any);
    const incident = enterprise.story
      .between(start, start + 6_000)
      .find(({ kind, endMinute }) => kind === 'outage' && calmAfter(endMinute));
    if (incident === undefined) throw new Error('the story has no outage with a calm after it');
    const hit = range(1, 3_001).filter((id) => enterprise.troubles(enterprise.customer(id), incident.endMinute - 1).outage > 0.5);
    const open = (minute: number) =>
      hit.map((id) => careRecord(enterprise, id, minute)).reduce((sum, row) => sum + (row === null ? 0 : JSON.parse(row).tickets.open), 0) /
      hit.length;
    expect(hit.length).toBeGreaterThan(100);
    expect(open(incident.endMinute)).toBeGreaterThan(open(incident.startMinute - 1) + 1);
    expect(open(incident.endMinute + 19)).toBeLessThan(open(incident.endMinute) / 2);
  });
});
