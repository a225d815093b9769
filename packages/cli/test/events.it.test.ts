/**
 * Goal: `events` lists what minutes did not accept, and claims of a late event only what would have been so. Method: a recording with one message of each kind, replayed
 * on real Spark and asked through the command line; then again when ids, and at last minutes, are not kept any more.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatFolder } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { JARS } from '@parallax/local';
import { Ledger, openEngine, SparkReplay, StatePaths } from '@parallax/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeCase } from '../../../test/contract/case.ts';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, type Message, payload } from '../../../test/contract/recording-builder.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ENGINE = process.env.PARALLAX_SPARK_URL ?? '';
const work = mkdtempSync(join(tmpdir(), 'prlx-events-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const state = join(work, 'state');
const ITERATIONS = 6;

const sent = (minute: string, text: string, partition = 0, stream = 's'): Message => ({
  ...{ iteration: instant(minute), stream, payload: text, partition },
});
const x = { x: '1' };
/** A key of more than 127 bytes has another length before it in the batch view. */
const LONG = 'k'.repeat(130);
const of = (key: string, time: string, id: string) => payload(JSON.stringify(key), time, id, x);

const { project, recording } = writeCase(
  {
    project: buildProject({
      key: { name: 'customer_id', type: 'text' },
      settings: { lateness: '90s', max_ahead: '30s' },
      streams: {
        s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] },
        t: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] },
      },
    }),
    recording: buildRecording({
      from: instant('10:00'),
      iterations: ITERATIONS,
      messages: [
        sent('10:00', of('10', '10:00:10', 'accepted')),
        // The same id in another stream is another id.
        sent('10:01', of('11', '10:01:00', 'late'), 0, 't'),
        sent('10:01', of('10', '10:00:10', 'accepted')),
        sent('10:01', of('10', '10:03:00', 'early')),
        sent('10:02', '{'),
        sent('10:03', of('10', '10:00:10', 'accepted')),
        sent('10:04', of('11', '10:01:00', 'late')),
        // Inside a minute the least time is the first, wherever it lies.
        sent('10:04', of('12', '10:01:20', 'twice')),
        sent('10:04', of('12', '10:01:10', 'twice'), 1),
        sent('10:04', of('99', '10:01:00', 'stranger')),
        sent('10:05', of('11', '10:01:00', 'late')),
        sent('10:05', of(LONG, '10:02:00', 'long')),
        sent('10:05', of(`${LONG}x`, '10:02:00', 'longer')),
      ],
      batch: { '2026-01-04': { tables: { 'dwh/profile': `customer_id,tier\n10,gold\n11,gold\n12,gold\n${LONG},gold\n` } } },
    }),
  },
  work,
);

beforeAll(async () => {
  const engine = await openEngine({ url: ENGINE, functionsJar: join(JARS, 'functions', 'parallax-spark-functions.jar') });
  const lost = async (_: unknown, cause: unknown) => {
    throw cause;
  };
  const replay = await SparkReplay.open({
    ...{ recording, project: await loadProject(project), out: join(work, 'out'), state },
    ...{ engines: { engine: async () => engine, lost }, now: () => BigInt(Date.now()) * 1000n },
  });
  try {
    for (const minute of replay.minutes) await replay.run(minute);
  } finally {
    await replay.close();
    await engine.session.close();
  }
});

interface Listed {
  readonly id: string | null;
  readonly would_change?: unknown;
  readonly not_known?: unknown;
}

async function events(...words: readonly string[]): Promise<{ code: number; lines: string[]; err: string }> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    MAIN,
    'events',
    '--project',
    project,
    '--state',
    state,
    '--engine',
    ENGINE,
    ...words,
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), lines: out.split('\n').filter((line) => line !== ''), err });
    });
  });
}

async function listed(...words: readonly string[]): Promise<readonly Listed[]> {
  const { code, lines } = await events('--json', ...words);
  expect(code).toBe(0);
  return lines.map((line) => JSON.parse(line) as Listed);
}

const met = (time: string, offset: number, partition = 0) => ({
  ...{ minute: `2026-01-05T${time}:00Z`, stream: 's', partition, offset: String(offset) },
});
const message = (kind: string, customer_id: string | null, time: string | null, id: string | null, reason: string | null = null) => ({
  ...{ class: kind, reason, customer_id, time: time === null ? null : `2026-01-05T${time}.000000Z`, id },
});
const windows = (first: string, last: string) => ({
  would_change: {
    hour_to_date: [`2026-01-05T${first}:00Z`, '2026-01-05T10:59:00Z'],
    last_hour: [`2026-01-05T${first}:00Z`, `2026-01-05T${last}:00Z`],
  },
  not_known: [],
});
const nothing = (because: string, of?: { minute: string; partition: number; offset: string }) => ({
  ...{ would_change: null, because },
  ...(of === undefined ? {} : { of }),
});
const at = (time: string, offset: number, partition = 0) => ({
  ...{ minute: `2026-01-05T${time}:00Z`, partition, offset: String(offset) },
});

test('every message that was not accepted, in the order of the logs, with what a late one would have changed', async () => {
  const bytes = (key: string, time: string, id: string) => ({ payload: of(key, time, id) });
  expect(await listed()).toEqual([
    { ...met('10:01', 1), ...message('duplicate', '10', '10:00:10', 'accepted') },
    { ...met('10:01', 2), ...message('ahead', '10', '10:03:00', 'early'), ...bytes('10', '10:03:00', 'early') },
    { ...met('10:02', 3), ...message('invalid', null, null, null, 'json'), payload: '{' },
    {
      ...{ ...met('10:03', 4), ...message('late', '10', '10:00:10', 'accepted'), ...bytes('10', '10:00:10', 'accepted') },
      ...nothing('accepted_before', at('10:00', 0)),
    },
    { ...met('10:04', 5), ...message('late', '11', '10:01:00', 'late'), ...bytes('11', '10:01:00', 'late'), ...windows('10:01', '11:00') },
    {
      ...{ ...met('10:04', 6), ...message('late', '12', '10:01:20', 'twice'), ...bytes('12', '10:01:20', 'twice') },
      ...nothing('late_before', at('10:04', 0, 1)),
    },
    {
      ...{ ...met('10:04', 7), ...message('late', '99', '10:01:00', 'stranger'), ...bytes('99', '10:01:00', 'stranger') },
      ...nothing('outside_base'),
    },
    {
      ...{ ...met('10:04', 0, 1), ...message('late', '12', '10:01:10', 'twice'), ...bytes('12', '10:01:10', 'twice') },
      ...windows('10:01', '11:00'),
    },
    {
      ...{ ...met('10:05', 8), ...message('late', '11', '10:01:00', 'late'), ...bytes('11', '10:01:00', 'late') },
      ...nothing('late_before', at('10:04', 5)),
    },
    { ...met('10:05', 9), ...message('late', LONG, '10:02:00', 'long'), ...bytes(LONG, '10:02:00', 'long'), ...windows('10:02', '11:01') },
    {
      ...{ ...met('10:05', 10), ...message('late', `${LONG}x`, '10:02:00', 'longer'), ...bytes(`${LONG}x`, '10:02:00', 'longer') },
      ...nothing('outside_base'),
    },
  ]);
});

test('the same for people', async () => {
  const { code, lines, err } = await events('--class', 'late', 'ahead', '--to', '2026-01-05T10:04:00Z');
  expect([code, err]).toEqual([0, '6 messages\n']);
  expect(lines.map((line) => line.replaceAll('2026-01-05T', ''))).toEqual([
    '10:01:00Z  s/0@2  ahead  customer 10  at 10:03:00.000000Z  id early',
    '10:03:00Z  s/0@4  late  customer 10  at 10:00:10.000000Z  id accepted  would have changed nothing: its id was accepted in 10:00:00Z, s/0@0',
    '10:04:00Z  s/0@5  late  customer 11  at 10:01:00.000000Z  id late  would have changed 10:01:00Z to 11:00:00Z (hour_to_date until 10:59:00Z)',
    '10:04:00Z  s/0@6  late  customer 12  at 10:01:20.000000Z  id twice  would have changed nothing: its id had come late before in 10:04:00Z, s/1@0',
    '10:04:00Z  s/0@7  late  customer 99  at 10:01:00.000000Z  id stranger  would have changed nothing: its customer is not in the base',
    '10:04:00Z  s/1@0  late  customer 12  at 10:01:10.000000Z  id twice  would have changed 10:01:00Z to 11:00:00Z (hour_to_date until 10:59:00Z)',
  ]);
});

test('a first copy counts also where nobody asked for its minute', async () => {
  expect(await listed('--class', 'late', '--from', '2026-01-05T10:05:00Z', '--limit', '1')).toMatchObject([
    nothing('late_before', at('10:04', 5)),
  ]);
});

test('what is not known any more is said, and never taken for no', async () => {
  const ledger = Ledger.open(new StatePaths(state).ledger);
  try {
    ledger.takeLease('replay', 0n, 1n << 60n);
    for (const minute of ['10:00', '10:01']) {
      const folder = ledger.iteration(instant(minute))?.folder ?? '';
      expect(folder).toContain(formatFolder(instant(minute)));
      await rm(join(folder, 'claimed'), { recursive: true });
    }
    const [day] = ledger.days();
    if (day === undefined) throw new Error('no day');
    ledger.forgetDayView(day);
    const late = await listed('--class', 'late');
    expect(late.filter(({ would_change }) => would_change === null).map(({ id }) => id)).toEqual(['twice', 'late']);
    expect(late.filter(({ would_change }) => would_change !== null).map(({ id, not_known }) => [id, not_known])).toEqual([
      ['accepted', ['id', 'base']],
      ['late', ['id', 'base']],
      ['stranger', ['id', 'base']],
      ['twice', ['id', 'base']],
      ['long', ['id', 'base']],
      ['longer', ['id', 'base']],
    ]);
    const { lines } = await events('--class', 'late', '--limit', '1');
    expect(lines[0]).toContain('unless its id came before or its customer is not in the base, which is not known any more');

    ledger.retention.reclaim(instant('10:05'));
    expect(await listed('--class', 'duplicate', 'ahead')).toHaveLength(2);
    ledger.retention.dropMessages(instant('10:02'), Number.MAX_SAFE_INTEGER);
    const some = await events('--class', 'ahead', 'invalid', '--json');
    expect([some.code, some.lines.length]).toEqual([0, 1]);
    expect(some.err).toContain('what minutes 2026-01-05T10:00:00Z to 2026-01-05T10:01:00Z did not accept is not kept any more');
    const none = await events('--to', '2026-01-05T10:01:00Z', '--json');
    expect([none.code, none.lines]).toEqual([1, []]);
    for (const said of ['PRLX_EVENTS', '2026-01-05T10:00:00Z to 2026-01-05T10:01:00Z', 'It is kept from 2026-01-05T10:02:00Z on.'])
      expect(none.err).toContain(said);
  } finally {
    ledger.close();
  }
});
