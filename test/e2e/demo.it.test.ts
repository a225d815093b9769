import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const CLI = new URL('../../packages/cli/src/main.ts', import.meta.url).pathname;
const HISTORY = 2;
const MINUTES = 1;
/** So many that some of them have no event in so few minutes. */
const CUSTOMERS = 1500;
const CANARIES = 2;

interface Line {
  minute: string;
  manifest: string;
  digest: string;
  counts: Record<string, Record<string, number>>;
  population: number;
  satisfaction: { mean: number | null };
  actions: { taken: number; held: number; waiting: number };
  verdict: string | null;
  verdict_reason: string | null;
  canaries: { checked: number; wrong: number } | null;
  phases_ms: Record<string, number>;
  on_time: boolean;
  state: { folder_bytes: number | null; ledger_bytes: number };
}

/** Its lines. It ends with 1 when a verdict did not come within the gate's wait: that is a matter of the machine. */
async function demo(flags: readonly string[]): Promise<string> {
  try {
    return (await run(process.execPath, [CLI, 'demo', ...flags], { timeout: 900_000, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1 && 'stdout' in error) return String(error.stdout);
    throw error;
  }
}

let home: string;
let recording: string;
let lines: Line[];
let page: string;

/** Goal: the README's first command. Method: the whole demo, small, on services of its own, then its recording once more without them. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'parallax-demo-'));
  recording = join(home, 'recording');
  const flags = [
    '--customers',
    CUSTOMERS,
    '--rate',
    60,
    '--history',
    HISTORY,
    '--minutes',
    MINUTES,
    '--home',
    join(home, 'demo'),
    '--record',
    recording,
    '--json',
  ];
  lines = parseLines(await demo(flags.map(String)));
  page = await readFile(join(home, 'demo', 'demo.html'), 'utf8');
}, 900_000);

afterAll(() => rm(home, { recursive: true, force: true }));

test('prints one line a minute, consecutive, with every message in exactly one class', () => {
  expect(lines.length).toBeGreaterThanOrEqual(HISTORY + MINUTES);
  for (const [i, line] of lines.entries()) {
    expect(line.manifest).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.keys(line.counts).sort()).toEqual(['care', 'network', 'usage']);
    if (i > 0) expect(Date.parse(line.minute) - Date.parse(lines[i - 1]?.minute ?? '')).toBe(60_000);
    for (const counts of Object.values(line.counts)) expect(counts.accepted).toBeGreaterThan(0);
    // On a slow machine a verdict may come after its line; none may be another.
    if (line.verdict_reason !== 'missing') expect([line.verdict, line.verdict_reason, line.actions.held]).toEqual(['match', null, 0]);
    expect(line.actions.waiting).toBe(0);
  }
  const all = (name: string) => lines.reduce((sum, l) => sum + Object.values(l.counts).reduce((s, c) => s + (c[name] ?? 0), 0), 0);
  for (const name of ['duplicate', 'late', 'invalid']) expect(all(name)).toBeGreaterThan(0);
});

test('some minute has the verdict match, and in it both canaries have the answers that are known', () => {
  const matching = lines.filter(({ verdict }) => verdict === 'match');
  expect(matching.map(({ canaries }) => canaries)).toContainEqual({ checked: CANARIES, wrong: 0 });
  for (const { canaries } of matching) expect(canaries?.wrong).toBe(0);
});

test('scores most of the telecom, and no minute of the past is on time', () => {
  const last = lines.at(-1);
  expect(last?.population).toBeGreaterThan(CUSTOMERS / 2);
  expect(last?.population).toBeLessThanOrEqual(CUSTOMERS + CANARIES);
  expect(last?.satisfaction.mean).toBeGreaterThan(0);
  // Whether the live one is, is a matter of the machine.
  expect(lines.slice(0, HISTORY).map((l) => l.on_time)).toEqual([false, false]);
  expect(lines.filter((l) => l.on_time).length).toBeLessThanOrEqual(MINUTES);
});

test('says how large state and ledger are', () => {
  const { folder_bytes, ledger_bytes } = lines.at(-1)?.state ?? {};
  expect(folder_bytes).toBeGreaterThan(0);
  expect(ledger_bytes).toBeGreaterThan(0);
  expect(page).toContain('of state on disk, with');
});

test('ends in a page that says who was scored', () => {
  expect(page).toContain('<h1>');
  expect(page).toContain('Satisfaction, minute by minute');
});

test('leaves no process behind', async () => {
  const left: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(home)) left.push(command);
  }
  expect(left).toEqual([]);
});

test('its recording, replayed without brokers, gives every minute the same digest and the same results', async () => {
  const out = join(home, 'out');
  const { stdout } = await run(
    process.execPath,
    [CLI, 'replay', recording, '--project', 'examples/telecom', '--out', out, '--json', ...engineFlags()],
    {
      timeout: 600_000,
      maxBuffer: 1 << 26,
    },
  );
  const again = parseLines(stdout);
  expect(again.map((l) => [l.minute, l.digest, l.population])).toEqual(lines.map((l) => [l.minute, l.digest, l.population]));
  const iterations = join(home, 'demo', 'state', 'iterations');
  let live = '';
  for (const minute of (await readdir(iterations)).sort()) {
    const [attempt] = await readdir(join(iterations, minute));
    live += await readFile(join(iterations, minute, attempt ?? '', 'results.ndjson'), 'utf8');
  }
  expect(await readFile(join(out, 'spark', 'results.ndjson'), 'utf8')).toBe(live);
  for (const file of ['events', 'windows', 'actions']) expect(existsSync(join(out, 'spark', `${file}.ndjson`))).toBe(true);
}, 600_000);

test('serves every base customer, those that minutes have scored by their newest minute', { timeout: 120_000 }, async () => {
  const sql = 'SELECT count(*) AS n, count_if(served_from = "iteration") AS scored, max(served_minute) AS newest FROM serving';
  const [counted] = await ofState('query', ...engineFlags(), sql);
  const newest = lines.at(-1);
  expect(counted).toEqual({
    n: CUSTOMERS + CANARIES,
    scored: expect.any(Number),
    newest: newest?.minute.replace('Z', '.000000Z'),
  });
  expect(counted?.scored).toBeGreaterThanOrEqual(newest?.population ?? 0);
});

test('serves a customer who has had no event from the baseline', { timeout: 120_000 }, async () => {
  const [silent] = await ofState(
    'query',
    ...engineFlags(),
    'SELECT customer_id FROM serving WHERE served_from = "baseline" ORDER BY customer_id LIMIT 1',
  );
  const key = String(silent?.customer_id);
  const [served, ...others] = await ofState('query', ...engineFlags(), '--customer', key);
  expect(others).toEqual([]);
  expect(served).toMatchObject({ customer_id: Number(key), served_from: 'baseline', served_verdict: null });
  // Nothing is known of it but its batch row.
  expect(served).toMatchObject({ network_score: null, usage_score: null, base_score: expect.stringMatching(/^\d+\.\d\d$/) });
  expect(served?.satisfaction).toBe(served?.base_score);
  const iterations = join(home, 'demo', 'state', 'iterations');
  for (const minute of await readdir(iterations)) {
    const [attempt] = await readdir(join(iterations, minute));
    expect(await readFile(join(iterations, minute, attempt ?? '', 'results.ndjson'), 'utf8')).not.toContain(`"customer_id":"${key}"`);
  }
});

test('its batch day is listed, with what its variables were like', async () => {
  const days = await ofState('batch');
  expect(days.at(-1)).toMatchObject({ state: 'active', why: null, customers: CUSTOMERS + CANARIES });
  const project = await readFile('examples/telecom/batch/scorecard.csv', 'utf8');
  const [source, table, column] = project.split('\n')[1]?.split(',') ?? [];
  const [profile] = await ofState('batch', '--variable', `${source}.${table}.${column}`);
  expect(Number(profile?.values) + Number(profile?.nulls)).toBeGreaterThan(0);
});

/** What a command prints of the demo's state, as JSON. */
async function ofState(command: string, ...words: readonly string[]): Promise<Readonly<Record<string, unknown>>[]> {
  const flags = [command, '--project', 'examples/telecom', '--state', join(home, 'demo', 'state'), '--json', ...words];
  const { stdout } = await run(process.execPath, [CLI, ...flags], { maxBuffer: 1 << 26 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

function engineFlags(): string[] {
  const url = process.env.PARALLAX_SPARK_URL;
  return url === undefined || url === '' ? [] : ['--engine', url];
}

function parseLines(text: string): Line[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
