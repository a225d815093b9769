/**
 * Goal: of messages with one id the earliest is accepted, and of several at that time the one whose bytes are the least, in whatever order they come. Method: random messages
 * against the plainest computation; and more ties than are settled at a time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stream } from '@parallax/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Intake } from '../src/accept/intake.ts';
import { TIES_AT_ONCE } from '../src/limits.ts';
import { EventParser } from '../src/parse/event-parser.ts';
import { EventClock } from '../src/parse/time.ts';

const STREAM: Stream = {
  name: 'web',
  from: null,
  keyPath: ['k'],
  time: { path: ['t'], format: 'epoch_us' },
  eventIdPath: null,
  variables: [{ name: 'x', path: ['x'], places: 0, unit: null, aggregates: ['sum'] }],
};

interface Message {
  readonly id: string;
  readonly k: number;
  readonly t: number;
  readonly x: number;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallax-ties-'));
});
afterAll(() => rm(folder, { recursive: true }));

const bytesOf = ({ k, t, x }: Message): Buffer => Buffer.from(JSON.stringify({ k, t, x }));
const textOf = ({ id, k, t, x }: Message): string => `${id} ${k} ${t} ${x}`;

/** What an intake makes of messages: accepted, rejected, and what remains of all that it told of as accepted when what was ousted is taken away. */
async function taken(messages: readonly Message[], settleAfter: ReadonlySet<number>) {
  const told: string[] = [];
  const reads: number[] = [];
  const intake = new Intake({
    parser: new EventParser(STREAM, 'bigint', new EventClock(0n)),
    file: join(folder, 'accepted'),
    payloadsOf: async (refs, take) => {
      reads.push(refs.length);
      for (const ref of refs) take(ref, bytesOf(messages[ref] as Message));
    },
    onAccepted: ({ key, time }) => told.push(`${key} ${time}`),
  });
  await intake.begin({ oldest: -10, ahead: 10 });
  const forget = () => {
    for (const { key, time } of intake.ousted()) told.splice(told.indexOf(`${key} ${time}`), 1);
  };
  for (const [ref, message] of messages.entries()) {
    intake.offer(bytesOf(message), message.id, ref);
    if (settleAfter.has(ref)) await intake.settle();
    if (ref % 3 === 0) forget();
  }
  await intake.settle();
  forget();
  const accepted: string[] = [];
  const minute = intake.end();
  await minute.each(({ id, key, time, values }) => {
    expect(minute.event(minute.numberOf(id)).id).toBe(id);
    accepted.push(`${id} ${key} ${time} ${values[0]}`);
  });
  expect(minute.numberOf('nobody’s')).toBe(-1);
  const rejected = intake.rejected().map(({ class: of, id, key, time }) => `${of} ${id} ${key} ${time}`);
  expect(intake.counts().reduce((sum, { n }) => sum + n, 0)).toBe(messages.length);
  return { accepted: accepted.sort(), told: told.sort(), rejected: rejected.sort(), reads };
}

function expected(messages: readonly Message[]) {
  const first = new Map<string, Message>();
  for (const each of messages) {
    const other = first.get(each.id);
    if (other === undefined || each.t < other.t || (each.t === other.t && Buffer.compare(bytesOf(each), bytesOf(other)) < 0))
      first.set(each.id, each);
  }
  const accepted = [...first.values()];
  const rest = [...messages];
  for (const each of accepted) rest.splice(rest.indexOf(each), 1);
  return {
    accepted: accepted.map(textOf).sort(),
    told: accepted.map(({ k, t }) => `${k} ${t}`).sort(),
    rejected: rest.map(({ id, k, t }) => `duplicate ${id} ${k} ${t}`).sort(),
  };
}

test('random messages of few ids, times and contents', async () => {
  const message = fc.record({ id: fc.constantFrom('a', 'b'), k: fc.nat(2), t: fc.nat(2), x: fc.nat(12) });
  let ties = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(message, fc.boolean()), { maxLength: 14 }), async (drawn) => {
      const messages = drawn.map(([each]) => each);
      const settled = new Set(drawn.flatMap(([, settles], ref) => (settles ? [ref] : [])));
      const { reads, ...found } = await taken(messages, settled);
      ties += reads.length;
      expect(found).toEqual(expected(messages));
    }),
    { numRuns: 400 },
  );
  expect(ties).toBeGreaterThan(200);
});

test('more ties than are settled at a time', async () => {
  const messages = Array.from({ length: 2 * TIES_AT_ONCE + 10 }, (_, i) => ({ id: `${i % 3}`, k: i % 5, t: 1, x: (i * 7_919) % 100_003 }));
  const { reads, ...found } = await taken(messages, new Set());
  expect(found).toEqual(expected(messages));
  expect(reads.length).toBe(3);
});
