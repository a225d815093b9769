import { describe, expect, it } from 'vitest';
import { STREAMS } from '../src/catalogue/example-files.ts';
import type { SimStream } from '../src/catalogue/variable.ts';
import { createEnterprise } from '../src/enterprise.ts';
import { StreamEvents } from '../src/events.ts';
import { chooseDefect, DEFECTS, INVALID_REASONS } from '../src/invalid-messages.ts';

const MINUTE = Date.parse('2026-01-05T10:07:00Z') / 60_000;
const enterprise = createEnterprise({ seed: 7, customers: 1_000, rate: 20, disorder: { invalid: 0 } });

/** Goal: every defect is what it says. Method: a reader of its own, as plain as can be, that finds the first reason in the contract's order. */
function reasonOf(payload: Buffer | string | null, stream: SimStream): string | null {
  if (payload === null) return 'json';
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  if (bytes.length > 1024 * 1024) return 'too_large';
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) return 'utf8';
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'json';
  }
  if (Array.isArray(parsed) || depth(parsed) > 32) return 'json';
  if (!/"customer_id":-?\d+,/.test(text)) return 'key';
  const time = parsed.event_time;
  const pattern = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(String(time));
  if (pattern === null || new Date(`${pattern[1]}T00:00:00Z`).toJSON()?.slice(0, 10) !== pattern[1]) return 'time';
  const id = parsed.event_id;
  if (typeof id !== 'string' || id.length < 1 || id.length > 256) return 'id';
  const variables = stream.variables.map(({ field }) =>
    field.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], parsed),
  );
  if (!variables.every((value) => value === null || typeof value === 'number')) return 'type';
  const first = new RegExp(`"${stream.variables[0]?.field.split('.').at(-1)}":([^,}]+)`).exec(text)?.[1] ?? '';
  const [digits = '', exponent = '0'] = first.split('e');
  if (digits.replace(/[-.]/g, '').length > 64 || Math.abs(Number(exponent)) > 30 || Math.abs(Number(first)) > 1e11) return 'range';
  return null;
}

function depth(value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;
}

describe.each(STREAMS)('$name', (stream) => {
  const messages = [...new StreamEvents(enterprise, stream).ofMinute(MINUTE)].slice(0, 12);

  it.each(DEFECTS)('$reason: $name', (defect) => {
    for (const { payload } of messages) {
      const text = payload?.toString() ?? '';
      expect(reasonOf(text, stream)).toBeNull();
      expect(reasonOf(defect.apply(text, stream), stream)).toBe(defect.reason);
    }
  });
});

describe('invalid messages', () => {
  it('have every reason of the contract, and in a minute of them each occurs', () => {
    expect(new Set(DEFECTS.map(({ reason }) => reason))).toEqual(new Set(INVALID_REASONS));
    const broken = createEnterprise({
      seed: 7,
      customers: 1_000,
      rate: 20,
      disorder: { invalid: 1, duplicate: 0, late: 0, ahead: 0, early: 0, outOfOrder: 0, outsideBase: 0 },
    });
    for (const stream of STREAMS.slice(0, 2)) {
      const seen = new Set(
        [...new StreamEvents(broken, stream).ofMinute(MINUTE)].map(({ defect, payload }) => {
          expect(reasonOf(payload, stream)).toBe(defect?.reason);
          return defect?.name;
        }),
      );
      expect(seen).toEqual(new Set(DEFECTS.map(({ name }) => name)));
    }
  });

  it('are chosen by weight', () => {
    const total = DEFECTS.reduce((sum, { weight }) => sum + weight, 0);
    const counts = new Map<string, number>();
    for (let i = 0; i < total; i += 1) {
      const { reason, name } = chooseDefect((i + 0.5) / total);
      counts.set(`${reason} ${name}`, (counts.get(`${reason} ${name}`) ?? 0) + 1);
    }
    for (const { reason, name, weight } of DEFECTS) expect(counts.get(`${reason} ${name}`)).toBe(weight);
    expect(() => chooseDefect(1)).toThrow(RangeError);
  });
});
