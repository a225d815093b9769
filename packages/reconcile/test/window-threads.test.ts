/**
 * Goal: threads that compare windows change nothing of a verdict. Method: one small recording with one fault at a time on the Spark side, compared with and without
 * them.
 */
import { expect, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import { WindowThreads } from '../src/threads/window-threads.ts';
import { compareBoth, type See } from './both.ts';
import type { Tampering } from './fake-spark.ts';

const CUSTOMERS = 40;
const MINUTES = ['10:58', '10:59', '11:00', '11:01'];
const CASE = {
  project: {
    ...buildProject({
      streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum', 'count', 'min', 'max', 'last'] }] } },
      batch: { dwh: [{ name: 'profile', columns: { tier: 'text' } }] },
    }),
    'alternative.ts': `export const satisfaction = (c) => ({ satisfaction: { unscaled: 5000n, places: 2 }, x: c.stream.s_x_max_1h });
export const actions = () => [];
`,
  },
  recording: buildRecording({
    from: instant('10:58'),
    iterations: MINUTES.length,
    messages: MINUTES.flatMap((minute, m) =>
      Array.from({ length: CUSTOMERS }, (_, i) => ({
        iteration: instant(minute),
        stream: 's',
        payload: payload(String(i + 1), `${minute}:${10 + (i % 40)}`, `e${m}-${i}`, { x: String((i * 7 + m * 13) % 50) }),
      })),
    ),
    batch: {
      '2025-01-04': {
        tables: { 'dwh/profile': `customer_id,tier\n${Array.from({ length: CUSTOMERS - 1 }, (_, i) => `${i + 1},gold`).join('\n')}\n` },
      },
    },
  }),
};

const FAULTS: Readonly<Record<string, Tampering>> = {
  none: {},
  'one window is of other events': {
    windows: (minute, events) => (minute === instant('11:00') ? events.filter(({ id }) => id !== 'e1-7') : events),
  },
  'a customer has no windows': {
    windows: (minute, events) => (minute === instant('10:59') ? events.filter(({ key }) => key !== '12') : events),
  },
  'a customer has windows and no events': {
    windows: (minute, events) =>
      minute === instant('10:59') ? [...events, ...events.slice(0, 1).map((event) => ({ ...event, key: '777', id: 'nobody' }))] : events,
  },
};

test('threads find all windows to be the same, and how many customers have them', async () => {
  const found: (number | null)[] = [];
  const see: See = async (project, spark, { lookups }) => {
    const threads = WindowThreads.open(project, 2);
    found.push(await threads.equal(spark, lookups), await threads.equal(spark, lookups));
    await threads.close();
  };
  await compareBoth(CASE, {}, undefined, see);
  expect(found).toEqual(new Array(2 * MINUTES.length).fill(CUSTOMERS));
  found.length = 0;
  await compareBoth(CASE, FAULTS['one window is of other events'], undefined, see);
  expect(found).toContain(null);
}, 60_000);

test.each(Object.entries(FAULTS))(
  'the same verdicts with and without: %s',
  async (fault, tampering) => {
    const alone = await compareBoth(CASE, tampering);
    const threads = await compareBoth(CASE, { ...tampering, threads: 2 });
    expect(threads).toEqual(alone);
    expect(alone.every(({ verdict, coverage }) => verdict === 'match' && coverage.windows_differing_outside_population === undefined)).toBe(
      fault === 'none',
    );
    expect(alone.at(-1)?.coverage.windows).toBe(2 * (CUSTOMERS - 1));
  },
  120_000,
);
