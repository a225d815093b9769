/**
 * Goal: each class of cause is caught in its minute and named rightly: stage, source, variable. Method: one small recording with everything in it; one
 * fault at a time, put into the alternative's inputs (an overlay) or into what the Spark side leaves behind.
 */
import { describe, expect, test } from 'vitest';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import { compareBoth } from './both.ts';
import type { Tampering } from './fake-spark.ts';
import type { FakeEvent } from './packed-state.ts';

const PROJECT = {
  ...buildProject({
    streams: {
      s: {
        variables: [
          { name: 'x', places: 0, aggregates: ['sum', 'count', 'max', 'last'] },
          { name: 'y', places: 2, aggregates: ['avg'] },
        ],
      },
      t: { variables: [{ name: 'z', places: 1, aggregates: ['sum'] }] },
    },
    batch: {
      crm: [{ name: 'contact', columns: { note: 'text', score: 2 } }],
      dwh: [{ name: 'profile', columns: { tier: 'text', limit: 2 } }],
    },
    online: {
      care: {
        max_age: 2,
        fields: [
          { name: 'open', field: 'open', places: 0 },
          { name: 'mood', field: 'mood', places: 1 },
        ],
      },
    },
  }),
  'alternative.ts': `const of = (value) => (value === null ? 0n : value.unscaled);
export function satisfaction(c) {
  const total = 100n * of(c.stream.s_x_sum_1h) + of(c.batch.contact_score) + 100n * of(c.online.care_open) + of(c.stream.t_z_sum);
  return { satisfaction: { unscaled: 2000n + total, places: 2 }, tier: c.batch.profile_tier, calm: c.online.care_mood };
}
export function actions(c, result) {
  return result.satisfaction.unscaled >= 3000n ? [{ action: 'call', reason: c.batch.profile_tier }] : [];
}
`,
};

const message = (minute: string, stream: string, key: string, time: string, id: string, variables: Record<string, string>) => ({
  iteration: instant(minute),
  stream,
  payload: payload(key, time, id, variables),
});

const answer = (minute: string, open: number) => ({
  iteration: instant(minute),
  source: 'care',
  ids: ['1', '2'],
  body: JSON.stringify({
    customers: [
      { customer_id: 1, open, mood: 0.5 },
      { customer_id: 2, open: 3, mood: -1 },
    ],
  }),
});

const day = (limit: string, note: string) => ({
  'dwh/profile': `customer_id,tier,limit\n1,gold,${limit}\n2,,2.00\n3,silver,\n`,
  'crm/contact': `customer_id,note,score\n1,${note},1.25\n2,calls,0.50\n3,mails,0.25\n`,
});

const MESSAGES = [
  message('10:58', 's', '1', '10:58:10', 's1', { x: '3', y: '1.25' }),
  message('10:58', 's', '2', '10:58:20', 's2', { x: '5', y: '2' }),
  message('10:58', 's', '3', '10:58:20', 's3', { x: '1' }),
  message('10:58', 't', '2', '10:58:30', 't1', { z: '0.1' }),
  message('10:59', 's', '1', '10:59:00', 's4', { x: '4', y: '3' }),
  message('10:59', 's', '1', '10:59:00', 's5', { x: '2' }),
  message('10:59', 's', '2', '10:59:30', 's6', { x: '2', y: '0.01' }),
  message('10:59', 's', '3', '10:49:00', 'boundary', { x: '1' }),
  message('11:00', 's', '1', '11:00:05', 's7', { x: '1', y: '5' }),
  message('11:00', 't', '2', '11:00:05', 't2', { z: '2.5' }),
  message('11:01', 's', '2', '11:01:05', 's8', { x: '6' }),
];

const RECORDING = buildRecording({
  from: instant('10:58'),
  iterations: 4,
  messages: MESSAGES,
  online: [answer('10:58', 1), answer('10:59', 2), answer('11:00', 4)],
  batch: {
    '2026-01-04': { tables: day('10.00', 'writes') },
    '2026-01-05': {
      tables: day('11.00', 'shouts'),
      complete: { 'dwh.profile': '2026-01-05T10:54:30Z', 'crm.contact': '2026-01-05T10:00:00Z' },
    },
  },
});

const file = (minute: string, stream: string) => `iterations/20260105T${minute.replace(':', '')}00Z/streams/${stream}.ndjson`;

/** Lines of a file of the recording for the alternative only. */
const overlay = (path: string, edit: (lines: string[]) => string[]) => {
  const lines = (RECORDING[path] ?? '').split('\n').filter((line) => line !== '');
  return {
    [`overlay/alternative/${path}`]: edit(lines)
      .map((line) => `${line}\n`)
      .join(''),
  };
};

/** Changes the accepted event with this id in the minute that it came. */
const edited = (id: string, edit: (event: FakeEvent) => FakeEvent | null): Tampering => ({
  accepted: (_minute, events) => events.flatMap((event) => (event.id === id ? (edit(event) ?? []) : event)),
});

const value = (index: number, of: (value: number) => number) => (event: FakeEvent) => ({
  ...event,
  values: event.values.map((each, i) => (i === index ? of(each) : each)),
});

/** In one minute, the lines of one file. */
const lines = (minute: string, name: string, edit: (line: string) => string | null): Tampering => ({
  lines: (at, of, all) => (at !== instant(minute) || of !== name ? all : all.flatMap((line) => edit(line) ?? [])),
});

interface Fault {
  readonly name: string;
  readonly overlay?: Readonly<Record<string, string>>;
  readonly tampering?: Tampering;
  readonly project?: Readonly<Record<string, string>>;
  /** Minute: verdict reason stage source variable. The minutes that are not named match. */
  readonly expect: Readonly<Record<string, string>>;
}

const FAULTS: readonly Fault[] = [
  { name: 'nothing', expect: {} },
  {
    name: 'the alternative is not given a message',
    overlay: overlay(file('11:00', 's'), () => []),
    expect: { '11:00': 'input_divergence lost inputs s null', '11:01': 'input_divergence lost inputs s x' },
  },
  {
    name: 'Spark loses an event that it was given',
    tampering: edited('s7', () => null),
    expect: { '11:00': 'mismatch lost inputs s null', '11:01': 'mismatch lost inputs s x' },
  },
  {
    name: 'the alternative is given a message twice',
    overlay: overlay(file('11:01', 's'), (all) => [...all, ...all]),
    expect: { '11:01': 'input_divergence duplicated inputs s null' },
  },
  {
    name: 'a value is another for the alternative',
    overlay: overlay(file('11:01', 's'), (all) => all.map((line) => line.replace('\\"x\\":6', '\\"x\\":60'))),
    expect: { '11:01': 'input_divergence unit inputs s x' },
  },
  {
    name: 'a message comes a minute later for the alternative',
    overlay: {
      ...overlay(file('11:00', 't'), () => []),
      [`overlay/alternative/${file('11:01', 't')}`]: RECORDING[file('11:00', 't')] ?? '',
    },
    expect: { '11:00': 'input_divergence lost inputs t null', '11:01': 'input_divergence wrong_minute inputs t null' },
  },
  {
    name: 'the alternative is given nothing in a minute',
    overlay: { ...overlay(file('11:00', 's'), () => []), ...overlay(file('11:00', 't'), () => []) },
    expect: { '11:00': 'input_divergence restart_gap inputs s null', '11:01': 'input_divergence restart_gap inputs s x' },
  },
  {
    name: 'Spark takes an event at the boundary for late',
    tampering: {
      accepted: (_minute, events) => events.filter(({ id }) => id !== 'boundary'),
      rejected: (minute, stream, all) =>
        stream === 0 && minute === instant('10:59')
          ? [...all, { class: 'late', reason: null, key: '3', id: 'boundary', time: -9 * 60_000_000 }]
          : all,
    },
    expect: {
      '10:59': 'mismatch late_cut_off inputs s null',
      '11:00': 'mismatch late_cut_off inputs s x',
      '11:01': 'mismatch late_cut_off inputs s x',
    },
  },
  {
    name: 'Spark reads another time',
    tampering: edited('s8', (event) => ({ ...event, time: event.time - 60_000_000n })),
    expect: { '11:01': 'mismatch wrong_minute inputs s null' },
  },
  {
    name: 'Spark reads another key',
    tampering: edited('s8', (event) => ({ ...event, key: '3' })),
    expect: { '11:01': 'mismatch key_mismatch inputs s null' },
  },
  {
    name: 'Spark reads null',
    tampering: edited(
      's8',
      value(0, () => Number.NaN),
    ),
    expect: { '11:01': 'mismatch null_against_value inputs s x' },
  },
  {
    name: 'Spark rounds otherwise',
    tampering: edited(
      's8',
      value(0, (x) => x + 1),
    ),
    expect: { '11:01': 'mismatch rounding inputs s x' },
  },
  {
    name: 'Spark wraps around',
    tampering: edited(
      's8',
      value(0, (x) => x - 2 ** 32),
    ),
    expect: { '11:01': 'mismatch overflow inputs s x' },
  },
  {
    name: 'a pane counts an event twice',
    tampering: {
      panes: (minute, events) => (minute === instant('11:00') ? [...events, ...events.filter(({ id }) => id === 's7')] : events),
      windows: (minute, events) => (minute === instant('11:00') ? [...events, ...events.filter(({ id }) => id === 's7')] : events),
    },
    expect: { '11:00': 'mismatch duplicated panes s x' },
  },
  {
    name: 'a pane lies in another minute',
    tampering: {
      panes: (minute, events) =>
        minute === instant('11:00')
          ? events.map((event) => (event.id === 's7' ? { ...event, time: event.time - 60_000_000n } : event))
          : events,
      windows: (minute, events) =>
        minute === instant('11:00')
          ? events.map((event) => (event.id === 's7' ? { ...event, time: event.time - 60_000_000n } : event))
          : events,
    },
    expect: { '11:00': 'mismatch wrong_minute panes s x' },
  },
  {
    name: 'a pane is merged twice',
    tampering: {
      windows: (minute, events) => (minute === instant('11:01') ? [...events, ...events.filter(({ id }) => id === 's1')] : events),
    },
    expect: { '11:01': 'mismatch duplicated windows s x' },
  },
  {
    name: 'a pane is left out',
    tampering: { windows: (minute, events) => (minute === instant('11:01') ? events.filter(({ id }) => id !== 's2') : events) },
    expect: { '11:01': 'mismatch lost windows s x' },
  },
  {
    name: 'a pane is left out, and with it a customer from who is scored',
    tampering: {
      members: (minute, keys) => keys.filter((key) => key !== '3' || minute !== instant('11:01')),
      windows: (minute, events) => (minute === instant('11:01') ? events.filter(({ id, key }) => id !== 's2' && key !== '3') : events),
      ...lines('11:01', 'results', (line) => (line.includes('"customer_id":"3"') ? null : line)),
    },
    expect: { '11:01': 'mismatch lost windows s x' },
  },
  {
    name: 'panes of a gap are left out',
    tampering: {
      windows: (minute, events) => (minute === instant('11:01') ? events.filter(({ id, key }) => key !== '1' || id === 's1') : events),
    },
    expect: { '11:01': 'mismatch restart_gap windows s x' },
  },
  {
    name: 'equal times are ordered otherwise',
    tampering: {
      windows: (minute, events) =>
        minute === instant('10:59') ? events.map((event) => (event.id === 's5' ? { ...event, id: 's3a' } : event)) : events,
    },
    expect: { '10:59': 'mismatch tie_order windows s x' },
  },
  {
    name: 'Spark has the batch rows of the day before',
    tampering: {
      batch: (date, rows) =>
        date === '2026-01-05'
          ? new Map(
              [...rows].map(([key, cells]) => [
                key,
                cells.map((cell) => (cell === '11.00' ? '10.00' : cell === 'shouts' ? 'writes' : cell)),
              ]),
            )
          : rows,
    },
    expect: {
      '10:59': 'mismatch stale_batch batch crm note',
      '11:00': 'mismatch stale_batch batch crm note',
      '11:01': 'mismatch stale_batch batch crm note',
    },
  },
  {
    name: 'the day arrives later for the alternative',
    overlay: { 'overlay/alternative/batch/2026-01-05/_complete/dwh.profile': '2026-01-05T10:56:30Z\n' },
    expect: { '10:59': 'input_divergence stale_batch batch dwh null', '11:00': 'input_divergence stale_batch batch dwh null' },
  },
  {
    name: 'the day before was given differently, and Spark keeps a column of it',
    overlay: overlay('batch/2026-01-04/dwh/profile.csv', (all) => all.map((line) => line.replace('10.00', '10.01'))),
    tampering: {
      batch: (date, rows) =>
        date === '2026-01-05'
          ? new Map([...rows].map(([key, cells]) => [key, cells.map((cell) => (cell === '11.00' ? '10.00' : cell))]))
          : rows,
    },
    expect: {
      '10:58': 'input_divergence rounding batch dwh limit',
      '10:59': 'mismatch stale_batch batch dwh limit',
      '11:00': 'mismatch stale_batch batch dwh limit',
      '11:01': 'mismatch stale_batch batch dwh limit',
    },
  },
  {
    name: 'a table is empty in Spark’s view',
    tampering: { batch: (_date, rows) => new Map([...rows].map(([key, [, , ...rest]]) => [key, [null, null, ...rest]])) },
    expect: {
      '10:58': 'mismatch half_batch batch crm note',
      '10:59': 'mismatch half_batch batch crm note',
      '11:00': 'mismatch half_batch batch crm note',
      '11:01': 'mismatch half_batch batch crm note',
    },
  },
  {
    name: 'a base customer is missing in Spark’s view',
    tampering: {
      batch: (_date, rows) => new Map([...rows].filter(([key]) => key !== '3')),
      members: (_minute, keys) => keys.filter((key) => key !== '3'),
    },
    expect: {
      '10:58': 'mismatch half_batch batch dwh null',
      '10:59': 'mismatch half_batch batch dwh null',
      '11:00': 'mismatch half_batch batch dwh null',
      '11:01': 'mismatch half_batch batch dwh null',
    },
  },
  {
    name: 'a batch value is another for the alternative',
    overlay: overlay('batch/2026-01-04/dwh/profile.csv', (all) => all.map((line) => line.replace('10.00', '10.01'))),
    expect: { '10:58': 'input_divergence rounding batch dwh limit' },
  },
  {
    name: 'Spark loses a page of answers',
    tampering: {
      answers: (minute, _source, given) => (minute === instant('11:00') ? new Map([...given].filter(([key]) => key !== '2')) : given),
    },
    expect: { '11:00': 'mismatch partial_online online care null', '11:01': 'mismatch partial_online online care null' },
  },
  {
    name: 'the alternative is given other answers',
    overlay: overlay('iterations/20260105T110000Z/online/care.ndjson', (all) =>
      all.map((line) => line.replace('\\"open\\":4', '\\"open\\":9')),
    ),
    expect: { '11:00': 'input_divergence online_skew online care open', '11:01': 'input_divergence online_skew online care open' },
  },
  {
    name: 'Spark’s result is another',
    tampering: lines('11:00', 'results', (line) => line.replace('"satisfaction":"', '"satisfaction":"1')),
    expect: { '11:00': 'mismatch logic satisfaction satisfaction.sql satisfaction' },
  },
  {
    name: 'a join loses who has no answer',
    tampering: lines('11:00', 'results', (line) => (line.includes('"customer_id":"3"') ? null : line)),
    expect: { '11:00': 'mismatch join_loss satisfaction care satisfaction' },
  },
  {
    name: 'Spark scores with a table that is empty',
    tampering: lines('11:00', 'results', (line) =>
      line.includes('"customer_id":"1"') ? line.replace(/"satisfaction":"[^"]*"/, '"satisfaction":"34.00"') : line,
    ),
    expect: { '11:00': 'mismatch half_batch batch crm satisfaction' },
  },
  {
    name: 'Spark computes with an older version of the project',
    tampering: { projectHash: 'older', ...lines('11:00', 'results', (line) => line.replace('"satisfaction":"', '"satisfaction":"1')) },
    expect: { '11:00': 'mismatch rule_version satisfaction satisfaction.sql satisfaction' },
  },
  {
    name: 'alternative.ts gives another answer each time',
    project: {
      'alternative.ts': PROJECT['alternative.ts']
        .replace('2000n + total', '2000n + total + 100n * (again++ % 2n)')
        .replace('const of', 'let again = 0n;\nconst of'),
    },
    expect: {
      '10:58': 'mismatch not_deterministic satisfaction alternative.ts satisfaction',
      '10:59': 'mismatch not_deterministic satisfaction alternative.ts satisfaction',
      '11:00': 'mismatch not_deterministic satisfaction alternative.ts satisfaction',
      '11:01': 'mismatch not_deterministic satisfaction alternative.ts satisfaction',
    },
  },
  {
    name: 'one customer’s message is not given, and another’s result is wrong',
    overlay: overlay(file('11:00', 's'), () => []),
    tampering: lines('11:00', 'results', (line) =>
      line.includes('"customer_id":"3"') ? line.replace('"satisfaction":"', '"satisfaction":"1') : line,
    ),
    expect: { '11:00': 'mismatch logic satisfaction satisfaction.sql satisfaction', '11:01': 'input_divergence lost inputs s x' },
  },
  {
    name: 'a customer of whom the alternative is given nothing',
    overlay: {
      ...overlay(file('10:58', 's'), (all) => all.filter((line) => !line.includes('s3'))),
      ...overlay(file('10:59', 's'), (all) => all.filter((line) => !line.includes('boundary'))),
    },
    expect: {
      '10:58': 'input_divergence lost inputs s null',
      '10:59': 'input_divergence lost inputs s null',
      '11:00': 'input_divergence lost inputs s x',
      '11:01': 'input_divergence lost inputs s x',
    },
  },
  {
    name: 'a message is given to the alternative under another key',
    overlay: overlay(file('11:00', 's'), (all) => all.map((line) => line.replace('\\"customer_id\\":1', '\\"customer_id\\":3'))),
    expect: { '11:00': 'input_divergence key_mismatch inputs s null', '11:01': 'input_divergence key_mismatch inputs s x' },
  },
  {
    name: 'of two streams whose windows differ one gives Spark’s result',
    tampering: {
      windows: (minute, events) =>
        minute !== instant('11:00')
          ? events
          : events.map((event) =>
              event.id === 's2' ? value(1, (y) => y + 100)(event) : event.id === 't2' ? value(0, (z) => z + 10)(event) : event,
            ),
      ...lines('11:00', 'results', (line) =>
        line.includes('"customer_id":"2"')
          ? line.replace(
              /"satisfaction":"(\d+)\.(\d\d)"/,
              (_, whole, cents) => `"satisfaction":"${((Number(whole + cents) + 10) / 100).toFixed(2)}"`,
            )
          : line,
      ),
    },
    expect: { '11:00': 'mismatch value windows t z' },
  },
  {
    name: 'Spark does not decide an action',
    tampering: lines('10:59', 'actions', () => null),
    expect: { '10:59': 'mismatch logic actions actions.sql call' },
  },
];

const TEST_MS_MAX = 60_000;
const at = ['10:58', '10:59', '11:00', '11:01'];

describe('a fault is named', () => {
  test.each(FAULTS)('$name', { timeout: TEST_MS_MAX }, async ({ overlay: files = {}, tampering = {}, project = {}, expect: expected }) => {
    const verdicts = await compareBoth({ project: { ...PROJECT, ...project }, recording: { ...RECORDING, ...files } }, tampering);
    const said = verdicts.flatMap(({ verdict, reason, stage, source, variable }, i) =>
      verdict === 'match'
        ? []
        : [[at[i] ?? '', [verdict, reason, stage, source, variable].join(' ').replaceAll('  ', ' null ').replace(/ $/, ' null')]],
    );
    expect(Object.fromEntries(said)).toEqual(expected);
    for (const { verdict, witnesses, blocks } of verdicts) {
      expect(witnesses.length).toBeLessThanOrEqual(5);
      if (verdict !== 'match') expect(blocks.kind, JSON.stringify(witnesses)).not.toBe('none');
    }
  });
});

test('inputs that differ beside a mismatch are told by its last witness, and who is blocked is the same', async () => {
  const overlaid = overlay(file('11:00', 's'), () => []);
  const tampering = lines('11:00', 'results', (line) =>
    line.includes('"customer_id":"3"') ? line.replace('"satisfaction":"', '"satisfaction":"1') : line,
  );
  const verdicts = await compareBoth({ project: PROJECT, recording: { ...RECORDING, ...overlaid } }, tampering);
  const { witnesses, blocks } = verdicts[2] ?? { witnesses: [], blocks: null };
  expect(witnesses.map(({ customer }) => customer)).toEqual(['3', '1']);
  expect(witnesses[1]?.detail[0]).toBe('given differently besides: inputs · s (lost)');
  expect(blocks).toEqual({ kind: 'customers', customers: expect.arrayContaining(['1', '3']) });
});

test('a witness says which source makes the results differ, by putting in Spark’s', async () => {
  const changed = {
    ...overlay(file('11:00', 's'), (all) => all.map((line) => line.replace('\\"y\\":5', '\\"y\\":6'))),
    ...overlay('iterations/20260105T110000Z/online/care.ndjson', (all) => all.map((line) => line.replace('\\"open\\":4', '\\"open\\":9'))),
  };
  const verdicts = await compareBoth({ project: PROJECT, recording: { ...RECORDING, ...changed } });
  expect(verdicts[2]).toMatchObject({ verdict: 'input_divergence', stage: 'inputs', source: 's', variable: 'y' });
  expect(verdicts[2]?.witnesses[0]?.detail.at(-1)).toBe('Spark’s care in place of the alternative’s gives Spark’s result');
});

/** Two messages of one id and time, and others beside them. */
const TWINS = buildRecording({
  from: instant('10:58'),
  iterations: 1,
  messages: [
    message('10:58', 's', '1', '10:58:10', 'twin', { x: '3' }),
    message('10:58', 's', '1', '10:58:10', 'twin', { x: '5' }),
    message('10:58', 's', '2', '10:58:20', 'other', { x: '4' }),
    message('10:58', 't', '2', '10:58:30', 't', { z: '0.1' }),
  ],
  batch: { '2026-01-04': { tables: day('10.00', 'writes') } },
});
const raise = value(0, (x) => (x === 3 ? 5 : x === 5 ? 3 : x + 7));

test.each([
  ['the other of two twins counts', edited('twin', raise), 'tie_order'],
  [
    'values of all messages are others',
    { accepted: (_minute, events) => events.map((event) => (event.stream === 0 ? raise(event) : event)) },
    'value',
  ],
  ['a stream is silent', { accepted: (_minute, events) => events.filter(({ stream }) => stream !== 0), rejected: () => [] }, 'restart_gap'],
] as const satisfies readonly (readonly [string, Tampering, string])[])(
  '%s',
  { timeout: TEST_MS_MAX },
  async (_name, tampering, reason) => {
    const [verdict] = await compareBoth({ project: PROJECT, recording: TWINS }, tampering);
    expect(verdict).toMatchObject({ verdict: 'mismatch', reason, stage: 'inputs', source: 's' });
  },
);

/** A table in each of two modules; of the second 7 stands in for what is missing. */
const SCORED = {
  ...buildProject({
    streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] } },
    batch: {
      crm: [{ name: 'extra', scorecard: true }],
      dwh: [
        { name: 'profile', columns: { tier: 'text' } },
        { name: 'usage', scorecard: true },
      ],
    },
    scorecard: ['dwh,usage,a,one,,1,', 'crm,extra,b,two,,2,7'],
  }),
  'alternative.ts': `export const satisfaction = () => ({ satisfaction: { unscaled: 5000n, places: 2 } });
export const actions = () => [];
`,
};
const SCORED_DAY = buildRecording({
  from: instant('10:58'),
  iterations: 1,
  messages: [message('10:58', 's', '1', '10:58:10', 'e', { x: '3' })],
  batch: {
    '2026-01-04': {
      tables: { 'dwh/profile': 'customer_id,tier\n1,gold\n', 'dwh/usage': 'customer_id,a\n1,3\n', 'crm/extra': 'customer_id,b\n1,5\n' },
    },
  },
});

test.each([
  ['is not in the sums', '0.000000', '3.000000', 'half_batch'],
  ['has no row of the customer', '14.000000', '17.000000', 'half_batch'],
  ['has another value', '12.000000', '15.000000', 'value'],
])('a table of the scorecard that %s', { timeout: TEST_MS_MAX }, async (_name, two, total, reason) => {
  const was = new Map([
    ['10.000000', two],
    ['13.000000', total],
  ]);
  const tampering: Tampering = {
    batch: (_date, rows) => new Map([...rows].map(([key, cells]) => [key, cells.map((cell) => was.get(cell ?? '') ?? cell)])),
  };
  const [verdict] = await compareBoth({ project: SCORED, recording: SCORED_DAY }, tampering);
  expect(verdict).toMatchObject({ verdict: 'mismatch', reason, stage: 'batch', source: 'crm', variable: 'scorecard_two' });
});
