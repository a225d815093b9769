/**
 * Goal: what `examples/telecom/canaries.ts` says by hand is what the rules make of what the simulator's canaries send. Method: a recording of nothing but
 * canaries, by the alternative, past an hour's turn and until events leave the hour; with minutes that have no answer of the bulk API.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AlternativeReplay } from '@parallax/alternative';
import { formatFolder, formatSecond, MICROS_PER_MINUTE } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { CANARIES, careRecord, createEnterprise, STREAMS } from '@parallax/simulator';
import { MISSING, profileRow, wideRows } from '@parallax/simulator/batch-values.ts';
import { canaryMessages } from '@parallax/simulator/canaries.ts';
import { PROFILE_COLUMNS, WIDE_TABLES } from '@parallax/simulator/catalogue/batch.ts';
import { afterAll, expect, test } from 'vitest';
import { SparkAhead } from '../src/ahead/spark-ahead.ts';
import { checkCanaries } from '../src/canaries/check.ts';
import { loadCanaries } from '../src/canaries/declared.ts';
import { Findings } from '../src/findings.ts';
import { OwnSide } from '../src/stages/own-side.ts';

const FROM = BigInt(Date.parse('2026-01-05T10:52:00Z')) * 1000n;
const ITERATIONS = 72;
/** Iterations whose calls are not answered: longer than an answer may stand in. */
const SILENT = [20, 21, 22, 23, 24, 25];

const work = mkdtempSync(join(tmpdir(), 'prlx-telecom-canaries-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function write(path: string, text: string): void {
  const file = join(work, 'recording', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function writeRecording(): void {
  const enterprise = createEnterprise({ customers: 1, canaries: true });
  write('recording.json', JSON.stringify({ format: 1, from: formatSecond(FROM), iterations: ITERATIONS }));
  for (let i = 0; i < ITERATIONS; i++) {
    const minute = FROM + BigInt(i) * MICROS_PER_MINUTE;
    const folder = `iterations/${formatFolder(minute)}`;
    for (const stream of STREAMS) {
      const messages = [...canaryMessages(CANARIES, stream, Number(minute), Number(minute + MICROS_PER_MINUTE))];
      const lines = messages.map(({ payload }, m) =>
        JSON.stringify({ partition: 0, offset: i * CANARIES.length + m, payload: String(payload) }),
      );
      if (lines.length > 0) write(`${folder}/streams/${stream.name}.ndjson`, `${lines.join('\n')}\n`);
    }
    if (SILENT.includes(i)) continue;
    const rows = CANARIES.map((id) => careRecord(enterprise, id, 0)).filter((row) => row !== null);
    const call = { at: formatSecond(minute + 40_000_000n), ids: CANARIES.map(String), attempt: 1, status: 200 };
    write(`${folder}/online/care.ndjson`, `${JSON.stringify({ ...call, body: `{"customers":[${rows.join(',')}]}` })}\n`);
  }
  const table = (source: string, name: string, head: readonly string[], row: (id: number) => readonly (string | number | null)[]): void => {
    const lines = [head.join(','), ...CANARIES.map((id) => [id, ...row(id).map((cell) => cell ?? '')].join(','))];
    write(`batch/2026-01-05/${source}/${name}.csv`, `${lines.join('\n')}\n`);
    write(`batch/2026-01-05/_complete/${source}.${name}`, '2026-01-05T09:00:00Z');
  };
  table('dwh', 'profile', ['customer_id', ...PROFILE_COLUMNS.map(({ name }) => name)], (id) => profileRow(enterprise, id, 0));
  for (const wide of WIDE_TABLES) {
    const row = new Int8Array(wide.columns.length);
    table(wide.source, wide.name, [wide.key, ...wide.columns.map(({ name }) => name)], (id) => {
      wideRows(enterprise, wide, 0)(id, row);
      return Array.from(row, (value) => (value === MISSING ? null : value));
    });
  }
}

test('the telecom’s canaries come out as their file says, every minute', async () => {
  writeRecording();
  const project = await loadProject(fileURLToPath(new URL('../../../examples/telecom', import.meta.url)));
  const canaries = await loadCanaries(project, { CANARIES_FROM: formatSecond(FROM) });
  if ('off' in canaries) throw new Error('the canaries are off');
  expect(canaries.customers).toEqual(CANARIES.map(String));
  const replay = await AlternativeReplay.open({ recording: join(work, 'recording'), project, out: join(work, 'out'), scratch: work });
  const side = { lookups: replay.alternative.lookups, lines: replay.lines };
  const never = () => {
    throw new Error('only the alternative is there');
  };
  const seen = new Set<string>();
  for (const minute of replay.minutes) {
    await replay.run(minute);
    // Nothing of the Spark side is asked but its minute: without a finding it is the same.
    const spark = {
      minute,
      manifest: '',
      digest: '',
      projectHash: '',
      folder: '',
      amended: false,
      batch: null,
      answers: [],
      iterations: [],
      incomplete: [],
    };
    const parquet = { rows: never, query: never, keys: never, close: never } as never;
    const own = await OwnSide.of(project, side.lookups);
    const ahead = new SparkAhead(project, parquet);
    const comparison = { project, spark, alternative: side, own, ahead, parquet, findings: new Findings(), earlierRow: never };
    const { wrong, checked } = await checkCanaries(comparison, canaries, FROM);
    expect({ minute: formatSecond(minute), checked, wrong }).toEqual({ minute: formatSecond(minute), checked: CANARIES.length, wrong: [] });
    const at = {
      minute,
      windows: { hour_to_date: [minute], last_hour: [minute] },
      online_age: { care: side.lookups.onlineAge(0, '9000000001') },
    };
    seen.add(String(canaries.expected('9000000001', at).result?.care_score));
  }
  await replay.close();
  expect([...seen].sort(), 'with an answer and without').toEqual(['77.00', '83.00']);
});
