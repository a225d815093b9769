/**
 * Goal: a minute comes to the same whether its messages enter the windows before it is sealed or after. Method: messages of every class, ids claimed again and again,
 * taken at once or in pieces, in minutes after each other; all that the windows keep is read.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Aggregate, Stream } from '@parallax/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Intake } from '../src/accept/intake.ts';
import type { Project } from '../src/names.ts';
import { EventParser } from '../src/parse/event-parser.ts';
import { EventClock } from '../src/parse/time.ts';
import { EventStore } from '../src/store/event-store.ts';
import { Windows } from '../src/window/windows.ts';

const MINUTE_US = 60_000_000;
const HOUR = 60;
const AGGREGATES: readonly Aggregate[] = ['sum', 'count', 'min', 'max', 'last'];
const STREAM: Stream = {
  name: 'web',
  from: null,
  keyPath: ['k'],
  time: { path: ['t'], format: 'epoch_us' },
  eventIdPath: ['e'],
  variables: ['x', 'y'].map((name) => ({ name, path: [name], places: 1, unit: null, aggregates: AGGREGATES })),
};
const PROJECT = { streams: [STREAM], population: 'touched', latenessUs: BigInt(10 * MINUTE_US) } as unknown as Project;

const message = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<string | null>('{', '{"k":"1"}', null, '[]', '{"k":1,"t":1,"e":"a","x":"1"}') },
  {
    weight: 12,
    arbitrary: fc
      .record({ k: fc.nat(3), back: fc.integer({ min: -4, max: 12 }), e: fc.nat(9), x: fc.nat(99), y: fc.option(fc.nat(99)) })
      .map(({ k, back, e, x, y }) => ({ k, back, e: `e${e}`, x, y })),
  },
);
const minutes = fc.array(
  fc.record({ step: fc.constantFrom(1, 1, 1, 45), messages: fc.array(fc.tuple(message, fc.boolean()), { maxLength: 25 }) }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

/** One side: an intake and the windows behind it. */
class Side {
  payloads: readonly (Buffer | null)[] = [];
  ousted = 0;
  readonly intake: Intake;
  readonly windows: Windows;
  readonly #store: EventStore;

  constructor(folder: string) {
    this.intake = new Intake({
      parser: new EventParser(STREAM, 'bigint', new EventClock(0n)),
      file: `${folder}.accepted`,
      payloadsOf: async (refs, take) => {
        for (const ref of refs) take(ref, this.payloads[ref] as Buffer);
      },
      onAccepted: (event) => this.windows.enter(0, event),
    });
    this.#store = new EventStore(folder, [STREAM.variables.length]);
    this.windows = new Windows(PROJECT, this.#store);
  }

  open(): Promise<void> {
    return this.#store.open();
  }

  async begin(minute: number): Promise<void> {
    await this.windows.begin(minute, minute - (minute % HOUR));
    await this.intake.begin({ oldest: (minute - 10) * MINUTE_US, ahead: (minute + 3) * MINUTE_US });
  }

  async enter(): Promise<void> {
    const ousted = this.intake.ousted();
    this.ousted += ousted.length;
    await this.windows.oust(0, ousted, this.intake.events);
  }

  async end(): Promise<unknown> {
    await this.intake.settle();
    await this.enter();
    await this.windows.keep(0, this.intake.events);
    const accepted = this.intake.end();
    // Who came and was ousted before the end goes.
    this.windows.end();
    const rows = [...this.windows.customers.keys()].map((key) => [
      key,
      (['hour_to_date', 'last_hour'] as const).map((window) =>
        [0, 1].map((variable) =>
          AGGREGATES.map((each) => this.windows.read(this.windows.customers.slotOf(key), 0, variable, each, window)),
        ),
      ),
    ]);
    const events: unknown[] = [];
    await accepted.each(({ key, id, time, values }) => events.push([id, key, time, [...values]]));
    expect(events).toHaveLength(accepted.count);
    return {
      ...{ rows: rows.sort(), touched: [...this.windows.touched].sort(), counts: this.intake.counts() },
      ...{
        rejected: this.intake
          .rejected()
          .map((each) => JSON.stringify(each))
          .sort(),
        events: events.sort(),
      },
    };
  }
}

test('entered ahead or not, the same is accepted, rejected, counted and in the windows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-read-ahead-'));
  let [runs, ousted] = [0, 0];
  try {
    await fc.assert(
      fc.asyncProperty(minutes, async (all) => {
        runs++;
        const [once, pieces] = [new Side(join(folder, `${runs}-once`)), new Side(join(folder, `${runs}-pieces`))];
        await Promise.all([once.open(), pieces.open()]);
        let minute = 100;
        for (const { step, messages } of all) {
          const target = minute + step;
          for (; minute < target; minute++) {
            const now = minute === target - 1 ? messages : [];
            const payloads = now.map(([each]) => {
              if (each === null || typeof each === 'string') return each === null ? null : Buffer.from(each);
              const { back, ...rest } = each;
              return Buffer.from(JSON.stringify({ ...rest, t: (minute - back) * MINUTE_US }));
            });
            const found: unknown[] = [];
            for (const side of [once, pieces]) {
              side.payloads = payloads;
              await side.begin(minute);
              for (const [ref, payload] of payloads.entries()) {
                side.intake.offer(payload, null, ref);
                if (side === pieces && now[ref]?.[1] === true) await side.enter();
              }
              found.push(await side.end());
            }
            expect(found[1]).toEqual(found[0]);
          }
        }
        ousted += pieces.ousted;
      }),
      { numRuns: 150 },
    );
    expect(ousted).toBeGreaterThan(50);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);
