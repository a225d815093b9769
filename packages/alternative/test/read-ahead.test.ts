/**
 * Goal: a minute comes to the same whether its messages were parsed before it was sealed or after. Method: messages of every class, each parsed at
 * either time by the toss of a coin, in minutes after each other.
 */
import type { Stream } from '@parallax/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Intake } from '../src/accept/intake.ts';
import { EventParser } from '../src/parse/event-parser.ts';
import { EventClock } from '../src/parse/time.ts';

const MINUTE_US = 60_000_000;
const STREAM: Stream = {
  name: 'web',
  from: null,
  keyPath: ['k'],
  time: { path: ['t'], format: 'epoch_us' },
  eventIdPath: ['e'],
  variables: ['x', 'y'].map((name) => ({ name, path: [name], places: 1, unit: null, aggregates: ['sum'] as const })),
};

const message = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<string | null>('{', '{"k":"1"}', null, '[]', '{"k":1,"t":1,"e":"a","x":"1"}') },
  {
    weight: 8,
    arbitrary: fc
      .record({ k: fc.nat(3), t: fc.integer({ min: -12, max: 5 }), e: fc.nat(9), x: fc.nat(99), y: fc.option(fc.nat(99)) })
      .map(({ k, t, e, x, y }) => JSON.stringify({ k, t: t * MINUTE_US, e: `e${e}`, x, y })),
  },
);
const minutes = fc.array(fc.array(fc.record({ text: message, ahead: fc.boolean() }), { maxLength: 30 }), { minLength: 1, maxLength: 4 });

test('parsed ahead or not, the same is accepted, rejected and counted', () => {
  let parsedAhead = 0;
  fc.assert(
    fc.property(minutes, (all) => {
      let payloads: (Buffer | null)[] = [];
      const intakes = [0, 1].map(
        () => new Intake(new EventParser(STREAM, 'bigint', new EventClock(0n)), (ref) => payloads[ref] ?? null),
      ) as [Intake, Intake];
      for (const [minute, messages] of all.entries()) {
        payloads = messages.map(({ text }) => (text === null ? null : Buffer.from(text)));
        const [now, mixed] = intakes;
        const ahead = messages.map(({ ahead }, i) => (ahead ? mixed.parseAhead(payloads[i] ?? null, null) : null));
        parsedAhead += ahead.filter((each) => each !== null).length;
        for (const intake of intakes) intake.begin({ oldest: (minute - 10) * MINUTE_US, ahead: (minute + 3) * MINUTE_US });
        for (const [ref, payload] of payloads.entries()) {
          now.offer(payload, null, ref);
          mixed.offer(payload, null, ref, ahead[ref] ?? null);
        }
        const [a, b] = [now.end(), mixed.end()];
        expect({ ...b, values: [...b.values.slice(0, 2 * b.count)] }).toEqual({ ...a, values: [...a.values.slice(0, 2 * a.count)] });
        expect(mixed.counts()).toEqual(now.counts());
        expect(mixed.rejected()).toEqual(now.rejected());
      }
    }),
    { numRuns: 300 },
  );
  expect(parsedAhead).toBeGreaterThan(1_000);
});
