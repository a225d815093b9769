import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MICROS_PER_MINUTE, type MinuteVerdict, parseSecond, type Witness } from '@parallax/core';
import { Ledger } from '@parallax/pipeline';
import { VerdictStore } from '@parallax/reconcile';
import { Command } from 'commander';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { toFailure } from '../src/failure.ts';
import { loadCommands } from '../src/load-commands.ts';
import { againOfRecording, againOfRun, placeOf } from '../src/verdict/again.ts';
import { verdictLines } from '../src/verdict/cause.ts';
import { ToldVerdicts } from '../src/verdict/told-verdicts.ts';

/** Goal: whoever runs minutes live is told who differs, with both values, and by what commands to see it again. */
const TELECOM = fileURLToPath(new URL('../../../examples/telecom', import.meta.url));
const MINUTE = parseSecond('2026-01-05T12:00:00Z') ?? 0n;
const at = (minutes: number) => MINUTE + BigInt(minutes) * MICROS_PER_MINUTE;

const WITNESS: Witness = {
  customer: '4711',
  column: 'satisfaction',
  spark: '50.00',
  alternative: null,
  detail: ['one event is \x1b[2Jgone'],
};

function verdict(changes: Partial<MinuteVerdict> = {}): MinuteVerdict {
  return {
    ...{ minute: MINUTE, manifest: 'mm', digest: 'dd', verdict: 'mismatch', reason: 'logic' },
    ...{ stage: 'satisfaction', source: 'satisfaction.sql', variable: 'satisfaction', witnesses: [WITNESS] },
    ...{ coverage: { customers: 3 }, blocks: { kind: 'customers', customers: ['10', '4711'] } },
    ...changes,
  } as MinuteVerdict;
}
const match = (minute: bigint) =>
  verdict({ minute, verdict: 'match', reason: null, stage: null, source: null, variable: null, witnesses: [], blocks: { kind: 'none' } });

const MINUTES = { latenessUs: 10n * MICROS_PER_MINUTE, maxAheadUs: 2n * MICROS_PER_MINUTE };

describe('the commands that show a verdict again', () => {
  test('of a recording: its first customer on both sides, or the minute where no customer differs', () => {
    expect(againOfRecording('rec', 'my project')(verdict())).toEqual([
      "./parallax explain rec --project 'my project' --minute 2026-01-05T12:00:00Z --customer 4711",
    ]);
    const none = verdict({ witnesses: [{ ...WITNESS, customer: '' }] });
    expect(againOfRecording('rec', 'p')(none)).toEqual(['./parallax replay rec --project p --side both --out OUT']);
  });

  test('of a run: first a recording of what the minute depends on, and no more', () => {
    const of = (first: bigint | null, project: typeof MINUTES | null = MINUTES) =>
      againOfRun({ folder: 'p', project, state: '/s/t', kafka: 'a:1,b:2', first: () => first })(verdict())[0]?.replace(
        '  # once the run has stopped',
        '',
      );
    const base = './parallax record --project p --state /s/t --kafka a:1,b:2 --out REC';
    expect(of(at(-10))).toBe(`${base} --from 2026-01-05T11:50:00Z --iterations 11`);
    // 59 minutes of the window, 10 in which an event may be late, twice 2 that it may be early, and their minutes.
    expect(of(at(-1000))).toBe(`${base} --from 2026-01-05T10:45:00Z --iterations 76`);
    expect(of(null)).toBe(base);
    expect(of(at(-10), null)).toBe(base);
  });

  test('are understood by the command line', async () => {
    const again = againOfRun({ folder: 'p', project: MINUTES, state: '/s', kafka: 'k:1', first: () => at(-3) });
    const commands = [...again(verdict()), ...again(verdict({ witnesses: [] })), ...againOfRecording('rec', 'p')(verdict())];
    const parsed: string[] = [];
    for (const line of commands) {
      const words = line.replace(/ +#.*/, '').split(' ').slice(1);
      const program = new Command('parallax').exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} });
      await loadCommands(program, words);
      for (const command of program.commands)
        command.action(() => {
          parsed.push(command.name());
        });
      await program.parseAsync(words, { from: 'user' });
    }
    expect(parsed).toEqual(['record', 'explain', 'record', 'replay', 'explain']);
  });
});

describe('what is told of a verdict', () => {
  test('class, place, customers with both values, what explains them, and the commands; nothing that moves a cursor', () => {
    const again = () => ['first', 'second'];
    expect(verdictLines(verdict(), again)).toEqual([
      '2026-01-05T12:00:00Z mismatch (logic): satisfaction · satisfaction.sql · satisfaction',
      '  4711  satisfaction: spark 50.00, alternative null',
      '    one event is ·[2Jgone',
      '  again: first',
      '         second',
    ]);
    const failed = { customer: '', column: 'PRLX_X', spark: null, alternative: null, detail: ['why'] };
    const inconclusive = { verdict: 'inconclusive', reason: 'alternative_failed', stage: null, source: null, variable: null } as const;
    expect(verdictLines(verdict({ ...inconclusive, witnesses: [failed] }), () => [])).toEqual([
      '2026-01-05T12:00:00Z inconclusive (alternative_failed)',
      '  PRLX_X',
      '    why',
    ]);
    expect(verdictLines(match(MINUTE), again)).toEqual([]);
  });

  test('once a minute, and in short while the cause stays', () => {
    const told = new ToldVerdicts(() => [], placeOf('/p', '/my state'));
    expect(told.of(match(at(0)))).toEqual([]);
    expect(told.of(verdict({ minute: at(1) }))).toHaveLength(3);
    expect(told.of(verdict({ minute: at(1) }))).toEqual([]);
    const [short, ...more] = told.of(verdict({ minute: at(2) }));
    expect(more).toEqual([]);
    expect(short).toMatch(
      /12:02:00Z mismatch \(logic\).*as before.*parallax verdicts 2026-01-05T12:02:00Z --project \/p --state '\/my state' says/,
    );
    expect(told.of(verdict({ minute: at(3), reason: 'lost' }))).toHaveLength(3);
  });
});

describe('the command', () => {
  let state = '';
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'parallax-verdicts-command-'));
    const folder = state;
    onTestFinished(() => rm(folder, { recursive: true }));
    const ledger = Ledger.open(join(state, 'ledger.sqlite'));
    ledger.takeLease('before', 0n, 0n);
    for (const minute of [0, 1, 2, 3]) {
      const seal = { format: 1, project: 'telecom', projectHash: 'h', streams: [], batch: null, missed: false, minute: '' } as const;
      ledger.writeSeal(at(minute), seal as never, 0n);
      ledger.commit({ minute: at(minute), folder: '/f', manifest: 'm', digest: 'd', report: '{}' }, []);
    }
    ledger.close();
  });

  async function give(): Promise<void> {
    const store = await VerdictStore.create(state);
    store.write(match(at(0)), at(1) + 7_000_000n);
    store.write(verdict({ minute: at(1) }), at(2) + 8_000_000n);
    store.write(match(at(2)), at(3) + 9_000_000n);
    store.close();
  }

  /** What the command prints; its failure instead when it has one. */
  async function verdicts(...words: readonly string[]) {
    const texts = { out: '', err: '' };
    const write = (into: keyof typeof texts) => (text: unknown) => {
      texts[into] += String(text);
      return true;
    };
    const out = vi.spyOn(process.stdout, 'write').mockImplementation(write('out'));
    const err = vi.spyOn(process.stderr, 'write').mockImplementation(write('err'));
    const program = new Command('parallax').exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} });
    await loadCommands(program, ['verdicts']);
    try {
      await program.parseAsync(['verdicts', '--project', TELECOM, '--state', state, ...words], { from: 'user' });
      return { ...texts, failure: null };
    } catch (error) {
      return { ...texts, failure: toFailure(error) };
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
  }

  test('lists verdicts, newest first, with whom they hold back, and says that a committed minute has none', async () => {
    await give();
    const { out, err } = await verdicts();
    expect(out.trimEnd().split('\n')).toEqual([
      '2026-01-05T12:02:00Z  match  given 12:03:09Z',
      '2026-01-05T12:01:00Z  mismatch (logic): satisfaction · satisfaction.sql · satisfaction  holds 2 customers back  given 12:02:08Z',
      '2026-01-05T12:00:00Z  match  given 12:01:07Z',
    ]);
    expect(err).toBe('3 shown; in all 2 match, 1 mismatch; the newest 1 committed have none yet\n');
    expect((await verdicts('--limit', '1')).out).toMatch(/^2026-01-05T12:02:00Z {2}match[^\n]*\n$/);
    expect((await verdicts('--bad')).out).toMatch(/^2026-01-05T12:01:00Z {2}mismatch[^\n]*\n$/);
  });

  test('shows one whole, with both values and commands, also as JSON', async () => {
    await give();
    const { out } = await verdicts('2026-01-05T12:01:00Z');
    for (const part of ['4711  satisfaction: spark 50.00, alternative null', 'covered: customers 3', '--customer 4711', 'manifest mm'])
      expect(out).toContain(part);
    expect(out).toContain('--from 2026-01-05T12:00:00Z --iterations 2');
    const found = JSON.parse((await verdicts('2026-01-05T12:01:00Z', '--json')).out) as Record<string, unknown>;
    expect(Object.keys(found).slice(0, 8)).toEqual([
      ...['minute', 'verdict', 'reason', 'stage', 'source', 'variable', 'witnesses', 'coverage'],
    ]);
    expect(found).toMatchObject({ verdict: 'mismatch', witnesses: [WITNESS], blocks: 'customers', blocked: ['10', '4711'] });
    expect(found.again).toHaveLength(2);
    const listed = (await verdicts('--json')).out.trimEnd().split('\n');
    expect(listed.map((line) => (JSON.parse(line) as { blocked?: unknown }).blocked)).toEqual([undefined, 2, undefined]);
  });

  test('says that there is none: of a minute, of a run, where no run was', async () => {
    expect((await verdicts()).failure).toMatchObject({ code: 'PRLX_NO_VERDICT', exitCode: 1 });
    await give();
    expect((await verdicts('2026-01-05T12:03:00Z')).failure?.message).toBe('2026-01-05T12:03:00Z has no verdict yet');
    expect((await verdicts('2026-01-05T13:00:00Z')).failure?.message).toBe('2026-01-05T13:00:00Z is no committed minute');
    expect((await verdicts('noon')).failure).toMatchObject({ code: 'PRLX_USAGE', exitCode: 2 });
    state = join(state, 'elsewhere');
    expect((await verdicts()).failure).toMatchObject({ code: 'PRLX_USAGE', exitCode: 2 });
  });
});
