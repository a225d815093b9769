import { describe, expect, it } from 'vitest';
import { describeIncident } from '../src/care-record.ts';
import { STREAMS } from '../src/catalogue/example-files.ts';
import type { SimStream } from '../src/catalogue/variable.ts';
import { createEnterprise, REGIONS, TIERS } from '../src/enterprise.ts';
import { StreamEvents } from '../src/events.ts';
import { CHAPTER_MINUTES, type Incident, severityAt } from '../src/incidents.ts';
import { Rng } from '../src/prng.ts';

const START = Date.parse('2026-01-05T00:00:00Z') / 60_000;
const DAY = 24 * 60;

describe('the story', () => {
  const { story } = createEnterprise({ seed: 7 });
  const day = story.between(START, START + DAY);

  it('has trouble of every kind on every day, in many places', () => {
    const kinds = (kind: string) => day.filter((incident) => incident.kind === kind).length;
    expect(kinds('outage')).toBeGreaterThanOrEqual(DAY / CHAPTER_MINUTES);
    expect(kinds('billing')).toBeGreaterThan(15);
    expect(kinds('backlog')).toBeGreaterThan(10);
    expect(new Set(day.map((incident) => ('region' in incident ? incident.region : -1))).size).toBe(REGIONS.length + 1);
  });

  it('is the same when it is asked piece by piece', () => {
    const pieces = Array.from({ length: DAY }, (_, i) => story.between(START + i, START + i + 1)).flat();
    const unique = (incidents: Incident[]) => [...new Set(incidents.map((incident) => JSON.stringify(incident)))].sort();
    expect(unique(pieces)).toEqual(unique(day));
  });

  it('rises, holds and fades', () => {
    const incident: Incident = { kind: 'outage', region: 2, startMinute: 100, endMinute: 110, peak: 0.9 };
    const severities = [99.9, 100, 100.75, 105, 110, 111.5, 113].map((minute) => Number(severityAt(incident, minute).toFixed(3)));
    expect(severities).toEqual([0, 0, 0.45, 0.9, 0.9, 0.45, 0]);
    expect(describeIncident({ ...incident, startMinute: START + 67, endMinute: START + 75 })).toBe(
      'outage in the region east, 01:07 to 01:15 UTC',
    );
  });

  it('has quiet minutes, so that satisfaction recovers', () => {
    const quiet = Array.from({ length: DAY }, (_, i) => story.troublesOf(START + i).any).filter((any) => !any).length;
    expect(quiet).toBeGreaterThan(DAY / 10);
    expect(quiet).toBeLessThan(DAY / 2);
  });
});

describe('customers', () => {
  const enterprise = createEnterprise({ seed: 7, customers: 5_000 });

  it('have tiers from many to few, and all regions alike', () => {
    const tiers = new Array<number>(TIERS.length).fill(0);
    const regions = new Array<number>(REGIONS.length).fill(0);
    for (let id = 1; id <= 5_000; id += 1) {
      const { tier, region } = enterprise.customer(id);
      tiers[tier] = (tiers[tier] ?? 0) + 1;
      regions[region] = (regions[region] ?? 0) + 1;
    }
    expect([...tiers].sort((a, b) => b - a)).toEqual(tiers);
    expect(Math.min(...tiers)).toBeGreaterThan(300);
    expect(Math.min(...regions)).toBeGreaterThan(500);
    expect(Math.max(...regions)).toBeLessThan(750);
  });

  it('are picked by a skewed share, every one of them at some time', () => {
    const rng = new Rng(1);
    const counts = new Map<number, number>();
    for (let i = 0; i < 200_000; i += 1) {
      const id = enterprise.pick(rng);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const sorted = [...counts.values()].sort((a, b) => b - a);
    expect(Math.min(...counts.keys())).toBe(1);
    expect(Math.max(...counts.keys())).toBe(5_000);
    expect(counts.size).toBe(5_000);
    const top = sorted.slice(0, 500).reduce((a, b) => a + b, 0) / 200_000;
    // A tenth of the customers with exponent 2: the square root of a tenth.
    expect(top).toBeGreaterThan(0.3);
    expect(top).toBeLessThan(0.34);
  });

  it.each([
    [{ customers: 0 }],
    [{ customers: 1.5 }],
    [{ rate: 0 }],
    [{ skew: 1 }],
    [{ seed: 0.5 }],
    [{ disorder: { late: 0.6, invalid: 0.6 } }],
    [{ disorder: { late: -0.1 } }],
  ])('options out of range are refused: %o', (options) => {
    expect(() => createEnterprise(options)).toThrow(expect.objectContaining({ code: 'PRLX_SIM_OPTIONS', exitCode: 2 }));
  });
});

describe('trouble', () => {
  const enterprise = createEnterprise({
    seed: 7,
    customers: 2_000,
    rate: 300,
    disorder: { invalid: 0, duplicate: 0, late: 0, ahead: 0, early: 0, outOfOrder: 0, outsideBase: 0 },
  });
  const outage = enterprise.story.between(START, START + DAY).find(({ kind }) => kind === 'outage') as Extract<
    Incident,
    { kind: 'outage' }
  >;
  const billing = enterprise.story.between(START, START + DAY).find(({ kind }) => kind === 'billing') as Extract<
    Incident,
    { kind: 'billing' }
  >;
  const stream = (name: string) => STREAMS.find((candidate) => candidate.name === name) as SimStream;

  function mean(
    name: string,
    minute: number,
    value: (message: Record<string, Record<string, number | null>>) => number | null | undefined,
    of: (id: number) => boolean,
  ): number {
    let [sum, n] = [0, 0];
    for (const { payload, customerId } of new StreamEvents(enterprise, stream(name)).ofMinute(minute)) {
      const read = of(customerId) ? value(JSON.parse(payload?.toString() ?? '{}')) : null;
      if (read === null || read === undefined) continue;
      sum += read;
      n += 1;
    }
    expect(n).toBeGreaterThan(20);
    return sum / n;
  }

  it('an outage worsens the network of the region it hits and of no other', () => {
    const minute = outage.endMinute - 1;
    const latency = (message: Record<string, Record<string, number | null>>) => message.radio?.latency_ms;
    const hit = (id: number) => enterprise.troubles(enterprise.customer(id), minute).outage > 0.5;
    const spared = (id: number) => enterprise.troubles(enterprise.customer(id), minute).outage === 0;
    expect(mean('network', minute, latency, hit)).toBeGreaterThan(2 * mean('network', minute, latency, spared));
    expect(mean('network', outage.startMinute - 40, latency, hit)).toBeLessThan(45);
  });

  it('a billing error charges the tier it hits', () => {
    const minute = billing.endMinute - 1;
    const charged = (message: Record<string, Record<string, number | null>>) => message.charge?.amount_eur;
    const hit = (id: number) => enterprise.customer(id).tier === billing.tier;
    expect(mean('usage', minute, charged, hit)).toBeGreaterThan(10 * mean('usage', minute, charged, (id) => !hit(id)));
  });

  it('sends the customers it hits to care', () => {
    const minute = billing.endMinute - 1;
    const hit = (id: number) => enterprise.customer(id).tier === billing.tier;
    const share = (at: number) => {
      const contacts = [...new StreamEvents(enterprise, stream('care')).ofMinute(at)];
      return contacts.filter(({ customerId }) => hit(customerId)).length / contacts.length;
    };
    const base = Array.from({ length: 2_000 }, (_, i) => i + 1).filter(hit).length / 2_000;
    expect(share(minute)).toBeGreaterThan(base + 0.25);
  });
});
