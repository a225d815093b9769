import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { STREAMS } from '../src/catalogue/example-files.ts';
import type { SimStream } from '../src/catalogue/variable.ts';
import { createEnterprise, type EnterpriseOptions } from '../src/enterprise.ts';
import { MICROS_PER_MINUTE, type SimMessage, StreamEvents } from '../src/events.ts';
import { arrivals, batches } from '../src/producers.ts';

const MINUTE = Date.parse('2026-01-05T10:07:00Z') / 60_000;

function eventsOf(stream: SimStream, options: EnterpriseOptions = {}): StreamEvents {
  return new StreamEvents(createEnterprise({ seed: 7, customers: 1_000, rate: 200, ...options }), stream);
}

function digest(messages: Iterable<SimMessage>): string {
  const hash = createHash('sha256');
  for (const { arrivalUs, eventId, payload } of messages) hash.update(`${arrivalUs} ${eventId} `).update(payload ?? 'null');
  return hash.digest('hex').slice(0, 16);
}

function share(messages: readonly SimMessage[], kind: string): number {
  return messages.filter((message) => message.kind === kind).length / messages.length;
}

describe('a simulated minute', () => {
  // Goal: the same seed gives the same bytes, on every machine and in every version; a change of the generators must be meant.
  it.each([
    ['network', 'd5fe28a2c312af66'],
    ['usage', 'e8024e04b806d538'],
    ['care', 'eb1fc1e62b37a4a7'],
  ])('of %s is the same, byte for byte', (name, expected) => {
    const stream = STREAMS.find((candidate) => candidate.name === name) as SimStream;
    expect(digest(eventsOf(stream).ofMinute(MINUTE))).toBe(expected);
  });

  it.each(STREAMS)('of $name depends on the seed', (stream) => {
    expect(digest(eventsOf(stream, { seed: 8 }).ofMinute(MINUTE))).not.toBe(digest(eventsOf(stream, { seed: 7 }).ofMinute(MINUTE)));
  });

  it.each(STREAMS)('of $name can be made from any index on, and in any order', (stream) => {
    const events = eventsOf(stream);
    const all = [...events.ofMinute(MINUTE)];
    const backwards = all.map((_, i) => eventsOf(stream).at(MINUTE, all.length - 1 - i)).reverse();
    expect(digest(backwards)).toBe(digest(all));
    const [from, to] = [MINUTE * MICROS_PER_MINUTE + 17_123_456, MINUTE * MICROS_PER_MINUTE + 43_000_001];
    const part = all.filter((message) => message.arrivalUs >= from && message.arrivalUs < to);
    expect(digest(arrivals(events, from, to))).toBe(digest(part));
    expect(part.length).toBeGreaterThan(100);
  });

  it.each(STREAMS)('of $name has arrivals in order, all within the minute', (stream) => {
    const all = [...eventsOf(stream).ofMinute(MINUTE)];
    expect(all).toHaveLength((200 * 60 * stream.sharePerMille) / 1000);
    const times = all.map(({ arrivalUs }) => arrivalUs);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(times[0]).toBeGreaterThanOrEqual(MINUTE * MICROS_PER_MINUTE);
    expect(times.at(-1)).toBeLessThan((MINUTE + 1) * MICROS_PER_MINUTE);
  });

  it.each(STREAMS)('of $name has valid messages of 1.2 to 2.7 KB with every declared variable in its place', (stream) => {
    const events = eventsOf(stream, { disorder: { invalid: 0 } });
    const nulls = new Map<string, number>();
    const wrong: string[] = [];
    const messages = [...events.ofMinute(MINUTE)].slice(0, 1_000);
    for (const message of messages) {
      const text = message.payload?.toString() ?? '';
      const parsed = JSON.parse(text);
      const head = parsed.event_id === message.eventId && parsed.customer_id === message.customerId;
      const time = Math.abs(Date.parse(parsed.event_time) * 1000 - message.eventTimeUs) < 1_000;
      if (!head || !time || text.length < 1_200 || text.length > 2_700) wrong.push(text);
      for (const variable of stream.variables) {
        const value = variable.field.split('.').reduce((object, name) => object[name], parsed);
        if (value === null) nulls.set(variable.name, (nulls.get(variable.name) ?? 0) + 1);
        else if (typeof value !== 'number') wrong.push(`${variable.name}: ${value}`);
      }
    }
    expect(wrong).toEqual([]);
    expect([...nulls.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(messages.length / 10);
    expect(Math.max(...nulls.values())).toBeLessThan(messages.length / 10);
  });
});

describe('disorder', () => {
  const configured = { duplicate: 0.1, late: 0.05, ahead: 0.03, early: 0.08, outOfOrder: 0.15, invalid: 0.04, outsideBase: 0.02 };

  it.each(STREAMS)('of $name has the configured shares', (stream) => {
    const all = [...eventsOf(stream, { rate: 2_000, disorder: configured }).ofMinute(MINUTE)];
    for (const [kind, expected] of Object.entries(configured)) {
      // Three standard deviations of a binomial share.
      const spread = 3 * Math.sqrt((expected * (1 - expected)) / all.length);
      expect(Math.abs(share(all, kind) - expected), kind).toBeLessThan(spread);
    }
  });

  it.each(STREAMS)('of $name is none when all shares are 0', (stream) => {
    const none = { duplicate: 0, late: 0, ahead: 0, early: 0, outOfOrder: 0, invalid: 0, outsideBase: 0 };
    const all = [...eventsOf(stream, { disorder: none }).ofMinute(MINUTE)];
    expect(all.every((message) => message.kind === 'regular')).toBe(true);
    expect(new Set(all.map((message) => message.eventId)).size).toBe(all.length);
  });

  it('stands on the right side of the contract, also for what arrives in the grace', () => {
    const [lateness, maxAhead, grace] = [10, 2, 2].map((n, i) => n * (i === 2 ? 1_000_000 : MICROS_PER_MINUTE)) as [number, number, number];
    const seen = new Set<string>();
    const wrong: string[] = [];
    for (const message of eventsOf(STREAMS[0] as SimStream, { rate: 2_000, disorder: configured }).ofMinute(MINUTE)) {
      const minutes = [message.arrivalUs, message.arrivalUs - grace].map((us) => Math.floor(us / MICROS_PER_MINUTE) * MICROS_PER_MINUTE);
      seen.add(message.kind);
      for (const m of minutes) {
        const late = message.eventTimeUs < m - lateness;
        const ahead = message.eventTimeUs >= m + MICROS_PER_MINUTE + maxAhead;
        const meant = late === (message.kind === 'late') && ahead === (message.kind === 'ahead');
        if (message.kind !== 'invalid' && !meant) wrong.push(`${message.kind} ${message.arrivalUs} ${message.eventTimeUs}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(seen.size).toBe(8);
  });

  it('duplicates repeat an earlier regular message, byte for byte', () => {
    const events = eventsOf(STREAMS[1] as SimStream, { disorder: configured });
    const before = [-3, -2, -1].flatMap((back) => [...events.ofMinute(MINUTE + back)]);
    const earlier = new Map(before.filter(({ kind }) => kind === 'regular').map((message) => [message.eventId, message]));
    let duplicates = 0;
    const wrong: string[] = [];
    for (const message of events.ofMinute(MINUTE)) {
      if (message.kind === 'regular') earlier.set(message.eventId, message);
      if (message.kind !== 'duplicate') continue;
      duplicates += 1;
      const original = earlier.get(message.eventId);
      const same = original?.payload?.equals(message.payload ?? Buffer.alloc(0)) === true;
      if (!same || original.arrivalUs > message.arrivalUs) wrong.push(message.eventId);
    }
    expect(wrong).toEqual([]);
    expect(duplicates).toBeGreaterThan(300);
  });

  it('customers outside the base are beyond the last number', () => {
    const events = eventsOf(STREAMS[0] as SimStream, { disorder: { outsideBase: 0.2, duplicate: 0 } });
    const outside = [...events.ofMinute(MINUTE)].filter(({ kind }) => kind === 'outsideBase').length;
    const beyond = [...events.ofMinute(MINUTE)].filter(({ customerId, kind }) => customerId > 1_000 && kind === 'outsideBase').length;
    const beyondAtAll = [...events.ofMinute(MINUTE)].filter(({ customerId }) => customerId > 1_000).length;
    expect([beyond, beyondAtAll]).toEqual([outside, outside]);
    expect(outside).toBeGreaterThan(100);
  });
});

describe('batches', () => {
  it('keep order and bounds, and lose nothing', () => {
    const all = [...eventsOf(STREAMS[2] as SimStream, { rate: 2_000, disorder: { invalid: 0.2 } }).ofMinute(MINUTE)];
    const made = [...batches(all)];
    expect(made.flat()).toEqual(all);
    expect(made.length).toBeGreaterThan(5);
    for (const batch of made) {
      const bytes = batch.reduce((sum, message) => sum + (message.payload?.length ?? 0), 0);
      expect(batch.length === 1 || (batch.length <= 1_500 && bytes <= 3 * 1024 * 1024)).toBe(true);
    }
  });
});
