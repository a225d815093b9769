import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RUNTIME } from '@parallax/local/paths.ts';
import { type Engine, openEngine } from '@parallax/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FUNCTIONS_JAR } from '../../src/engine-keeper.ts';
import { jsonOf } from '../../src/prove/assess.ts';
import { runFaultFree } from '../../src/prove/fault-free/fault-free.ts';
import { Kept } from '../../src/prove/keep/kept.ts';
import { isFinished, type Prepared, type ProveOptions, prepare, proveAll } from '../../src/prove/prove.ts';
import { WHOLE } from '../../src/prove/recording/plan.ts';
import { runRules } from '../../src/prove/run/rules.ts';
import { smallTelecom } from './small-project.ts';

/**
 * Goal: a few faults of every kind, on real Spark, are caught and named; the two short cuts of `prove` give the bytes of the long way.
 * Method: a short run of the example with a small batch day.
 */
const FAULTS = [
  'sql-s',
  'data-drop-network',
  'pipeline-pane-twice',
  'pipeline-cool-down-forgotten',
  'alternative-code-late-boundary',
  'alternative-code-tie-order',
];

mkdirSync(RUNTIME, { recursive: true });
const work = mkdtempSync(join(RUNTIME, 'prove-test-'));
let options: ProveOptions;
let prepared: Prepared;
let engine: Engine;

async function whole(): Promise<Prepared> {
  const done = await prepare(options);
  if (!('runner' in done)) throw new Error('not all minutes were run');
  return done;
}

beforeAll(async () => {
  const open = () =>
    openEngine({ url: process.env.PARALLAX_SPARK_URL ?? '', functionsJar: FUNCTIONS_JAR, shufflePartitions: availableParallelism() });
  engine = await open();
  options = {
    project: await smallTelecom(join(work, 'project')),
    plan: { ...WHOLE, leadMinutes: 1, faultMinutes: 4, single: 24, busy: 6, trials: 1_500 },
    sizes: { satisfaction: 1, actions: 0, oldRules: 0, logic: 0 },
    select: ({ id }) => FAULTS.some((name) => (name === 'sql-s' ? id.startsWith(name) : id === name)),
    kept: (await Kept.open(join(work, 'kept'), 'test')).kept,
    prints: { run: 'test', verdicts: 'test', ofFault: () => 'test' },
    work: join(work, 'kept', 'work'),
    engine,
    openEngine: open,
    alternativeSource: fileURLToPath(new URL('../../../alternative/src', import.meta.url)),
    note: () => undefined,
  };
  // As three processes do it, of which the first two are cut short.
  for (const minutes of [1, 2]) {
    let asked = 0;
    expect(await prepare({ ...options, timeIsUp: () => ++asked > minutes })).toMatchObject({ of: 5 });
  }
  prepared = await whole();
});
afterAll(async () => {
  await engine.session.close();
  rmSync(work, { recursive: true, force: true });
});

test('a copy without a fault, and rules scored again from the true run’s state, give the true run’s bytes', async () => {
  const { side } = prepared.runner;
  const from = prepared.plan.faultsFrom + 60_000_000n * 2n;
  const whole = await side.fork('plain', from, {});
  const again = await runRules(side, 'plain', from, options.project);
  expect(whole.minutes.size).toBe(2);
  for (const [minute, { lines }] of whole.minutes) {
    expect(lines).toEqual(side.minutes.get(minute)?.lines);
    expect(again.minutes.get(minute)?.lines).toEqual(lines);
  }
});

test('a mutant scored from the true run’s state says what it says when everything is run', async () => {
  const { side } = prepared.runner;
  const fault = prepared.faults.find(({ put }) => put.side === 'rules');
  if (fault?.put.side !== 'rules') throw new Error('no mutant was drawn');
  const project = { ...options.project, satisfactionSql: fault.put.sql, hash: 'mutant' };
  const until = () => true;
  const whole = await side.fork('mutant', fault.from, { project }, until);
  const short = await runRules(side, 'mutant', fault.from, project, until);
  expect(short.minutes.get(fault.from)?.lines).toEqual(whole.minutes.get(fault.from)?.lines);
});

test('each fault is caught in its minute or later, and its cause is named', async () => {
  let asked = 0;
  const cut = await proveAll({ ...options, timeIsUp: () => ++asked > 1 }, prepared);
  expect(cut, 'time was up after the first fault').toEqual({ what: 'faults', done: 1, of: FAULTS.length });
  // As another process finds it: the true run, and what is done, are there.
  const again = await whole();
  expect(again.runner.side.minutes).toEqual(prepared.runner.side.minutes);
  const proof = await proveAll(options, again);
  if (!isFinished(proof)) throw new Error('not all faults were run');
  const { results, figures } = proof;
  const shown = results.map((result) => JSON.stringify(jsonOf(result))).join('\n');
  expect(results).toHaveLength(FAULTS.length);
  for (const result of results) {
    const json = jsonOf(result);
    expect(json.caught || json.equivalent, shown).toBe(true);
    if (result.fault.kind === 'data' || result.fault.kind === 'pipeline') expect(json.cause_right, shown).toBe(true);
  }
  expect(figures.find(({ name }) => name.startsWith('faults that change an action'))?.of, shown).toBeGreaterThan(0);
});

test('iterations without a fault match over restarts, and go on after a cut', async () => {
  const { project, kept, openEngine: open, note } = options;
  const quiet = { project, kept, print: 'test', seed: 'quiet', iterations: 7, work: join(work, 'fault-free'), openEngine: open, note };
  let asked = 0;
  expect(await runFaultFree({ ...quiet, restartIterations: 3, timeIsUp: () => ++asked > 5 })).toMatchObject({ what: 'iterations', of: 7 });
  const result = await runFaultFree(quiet);
  if (!('alarms' in result)) throw new Error('not all iterations were run');
  expect(result).toMatchObject({ iterations: 7, alarms: [] });
  expect(result.restarts).toBeGreaterThanOrEqual(1);
  expect(result.ahead.messages).toBeGreaterThan(0);
  expect(Object.keys(result.messages).sort()).toEqual(['accepted', 'ahead', 'duplicate', 'invalid', 'late']);
});
