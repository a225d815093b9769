import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { writeCase } from '../../../test/contract/case.ts';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';

/** Goal: `explain` on real Spark: both sides of one customer, and honest exit codes. Method: two minutes of one customer, through the command line. */
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'prlx-explain-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const { project, recording } = writeCase(
  {
    project: {
      ...buildProject({
        streams: { s: { variables: [{ name: 'x', places: 2, aggregates: ['sum', 'count'] }] } },
        batch: {
          dwh: [
            { name: 'profile', columns: { tier: 'text', limit: 2 }, scorecard: true },
            { name: 'usage', scorecard: true },
          ],
        },
        scorecard: [
          'dwh,profile,limit,worth,,2,',
          'dwh,profile,limit,risk,"linear(1,4)",-1,',
          'dwh,usage,a,worth,,0.5,',
          'dwh,usage,b,worth,flag(3),-8,',
          // Two rows of one variable are one contribution.
          'dwh,usage,c,risk,,1,',
          'dwh,usage,c,risk,,1,',
          'dwh,usage,d,risk,,1,-7',
          'dwh,usage,e,risk,,0.000001,',
        ],
      }),
      'satisfaction.sql': 'SELECT customer_id, CAST(s_x_sum_1h AS DECIMAL(5,2)) AS satisfaction FROM stream',
      'actions.sql': "SELECT customer_id, 'call' AS action, 'low' AS reason FROM satisfaction WHERE satisfaction < 0",
      // Wrong from ten on, on purpose.
      'alternative.ts': `export const satisfaction = (c) => ({ satisfaction: c.stream.s_x_sum_1h?.unscaled >= 1000n ? { unscaled: 0n, places: 2 } : c.stream.s_x_sum_1h });
export const actions = () => [];
`,
    },
    recording: buildRecording({
      from: instant('10:59'),
      iterations: 2,
      messages: [
        { iteration: instant('10:59'), stream: 's', payload: payload('1', '10:59:10', 'a', { x: '1.005' }) },
        { iteration: instant('11:00'), stream: 's', payload: payload('1', '11:00:10', 'b', { x: '9' }) },
      ],
      batch: {
        '2026-01-04': {
          tables: {
            'dwh/profile': 'customer_id,tier,limit\n1,gold,1.5\n2,gold,1.5\n',
            'dwh/usage': 'customer_id,a,b,c,d,e\n2,100,100,100,100,100\n1,-6,3,0.25,,1\n',
          },
        },
      },
    }),
  },
  work,
);

function explain(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const engine = process.env.PARALLAX_SPARK_URL ?? '';
  const args = ['--disable-warning=ExperimentalWarning', MAIN, 'explain', recording, '--project', project, '--engine', engine, ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }));
  });
}

test('a minute in which both sides agree: every input, no difference, exit code 0', async () => {
  const { code, out } = await explain('--customer', '1', '--minute', '2026-01-05T10:59:00Z', '--json');
  expect(code).toBe(0);
  const said = JSON.parse(out) as {
    verdict: string;
    differing: number;
    values: { column: string; spark: string; equal: boolean }[];
    contributions: { variable: string; module: string; spark: string; alternative: string; equal: boolean }[];
    events: string[];
  };
  expect(said).toMatchObject({ verdict: 'match', differing: 0 });
  expect(said.values.find(({ column }) => column === 's_x_sum_1h')).toMatchObject({ spark: '1.01', alternative: '1.01', source: 's' });
  expect(said.events).toHaveLength(1);
  // The five largest by size, of equal ones the first by name; the sixth and the seventh are in no batch row.
  expect(said.contributions.map(({ variable, module, spark }) => [variable, module, spark])).toEqual([
    ['dwh.usage.b', 'worth', '-8.000000000000'],
    ['dwh.usage.d', 'risk', '-7.000000000000'],
    ['dwh.profile.limit', 'worth', '3.000000000000'],
    ['dwh.usage.a', 'worth', '-3.000000000000'],
    ['dwh.usage.c', 'risk', '0.500000000000'],
  ]);
  for (const { spark, alternative, equal } of said.contributions) expect([alternative, equal]).toEqual([spark, true]);
});

test('a minute in which they differ: the difference is marked, exit code 1', async () => {
  const { code, out } = await explain('--customer', '1', '--minute', '2026-01-05T11:00:00Z');
  expect(code).toBe(1);
  expect(out).toContain("the minute's verdict is mismatch; 1 of");
  expect(out).toMatch(/≠ +result +satisfaction\.sql +satisfaction +10\.01 +0\.00/);
  expect(out).toContain('the largest contributions to its scorecard:');
  expect(out).toMatch(/dwh\.usage\.b +worth +-8\.000000000000 +-8\.000000000000/);
});

test('a time that is no minute, and a minute that the recording has not, are bad usage', async () => {
  expect(await explain('--customer', '1', '--minute', '2026-01-05T10:59:30Z')).toMatchObject({ code: 2 });
  const { code, err } = await explain('--customer', '1', '--minute', '2026-01-05T12:00:00Z');
  expect(code).toBe(2);
  expect(err).toContain('has no minute');
});
