import { fileURLToPath } from 'node:url';
import { loadProject } from '@parallax/core/load-project.ts';
import { expect, test } from 'vitest';
import { figuresOf } from '../../src/prove/assess.ts';
import type { FaultFree } from '../../src/prove/fault-free/fault-free.ts';
import type { Fault } from '../../src/prove/faults/fault.ts';
import { renderFaultFree } from '../../src/prove/page/fault-free.ts';
import { renderProof } from '../../src/prove/page/page.ts';
import { makePlan, WHOLE } from '../../src/prove/recording/plan.ts';
import type { FaultResult } from '../../src/prove/result.ts';

const project = await loadProject(fileURLToPath(new URL('../../../../examples/telecom', import.meta.url)));
const plan = makePlan(project, WHOLE);

const fault: Fault = {
  id: 'sql-s1-boundary',
  kind: 'sql',
  family: 'boundary',
  target: 'satisfaction.sql:1',
  what: '< became <=',
  diff: { line: 7, before: ['WHERE a < 1'], after: ['WHERE a <= 1'] },
  expected: { stages: ['satisfaction'], sources: ['satisfaction.sql'] },
  from: plan.faultsFrom,
  put: { side: 'rules', file: 'satisfaction.sql', sql: '' },
};
const caught: FaultResult = {
  fault,
  caughtBy: 'verdict',
  minute: plan.faultsFrom,
  verdict: {
    minute: plan.faultsFrom,
    manifest: '',
    digest: '',
    verdict: 'mismatch',
    reason: 'logic',
    stage: 'satisfaction',
    source: 'satisfaction.sql',
    variable: 'network_score',
    witnesses: [{ customer: '17', column: 'network_score', spark: '<script>', alternative: '40.00', detail: ['one event'] }],
    coverage: {},
    blocks: { kind: 'none' },
  },
  cause: 'mismatch: satisfaction · satisfaction.sql (logic)',
  stageRight: true,
  sourceRight: true,
  classRight: true,
  effect: 'results',
  changesAction: false,
  survival: null,
};
const survivor = (survival: FaultResult['survival'], id: string): FaultResult => ({
  ...caught,
  fault: { ...fault, id },
  caughtBy: null,
  minute: null,
  verdict: null,
  cause: null,
  stageRight: null,
  sourceRight: null,
  effect: null,
  survival,
});

function page(results: readonly FaultResult[], faultFree: FaultFree | null = null): string {
  return renderProof({
    project,
    plan,
    results,
    figures: figuresOf(results, faultFree),
    faultFree,
    possible: 9,
    refused: 1,
    run: { minutes: 73, customers: 76, messages: 1000, actions: 85 },
  });
}

test('the page needs nothing else and lets no value become markup', () => {
  const html = page([caught]);
  expect(html).toMatch(/^<!doctype html>/);
  expect(html).not.toMatch(/<script|<link|src=|https?:/);
  expect(html).toContain('&lt;script&gt;');
  expect(html).toContain("default-src 'none'");
});

test('a fault shows its diff and the verdict’s words; a survivor why, and the data that would show it', () => {
  const telling = { values: ['network_latency_avg_1h = 35.01'], before: '99.99', after: '100.00' };
  const html = page([
    caught,
    survivor({ kind: 'equivalent', rows: 4000 }, 'one'),
    survivor({ kind: 'not exercised', telling, words: '' }, 'two'),
    survivor({ kind: 'missed', words: 'actions.ndjson differs' }, 'three'),
  ]);
  expect(html).toContain('WHERE a &lt;= 1');
  expect(html).toContain('mismatch: satisfaction · satisfaction.sql (logic)');
  expect(html).toContain('network_latency_avg_1h = 35.01');
  expect(html).toContain('Missed: actions.ndjson differs.');
  expect(html).toContain('4000 rows');
  expect(html).toContain('33.3 %');
});

test('figures that hold and figures that do not look different', () => {
  expect(page([caught])).not.toContain('not reached');
  expect(page([survivor({ kind: 'missed', words: 'x' }, 'one')])).toContain('not reached');
});

const quiet: FaultFree = {
  seed: 'a',
  of: 300,
  iterations: 300,
  restarts: 8,
  alarms: [],
  messages: { accepted: 5, late: 2 },
  ahead: { messages: 4, calls: 3 },
  from: plan.from,
};

test('iterations without a fault have a page of their own', () => {
  const html = renderFaultFree('telecom', quiet);
  expect(html).toMatch(/^<!doctype html>/);
  expect(html).not.toMatch(/<script|<link|src=|https?:/);
  expect(html).toContain('<b class="good">0</b><span>false alarms');
  const alarmed = renderFaultFree('telecom', { ...quiet, alarms: [{ minute: plan.from, words: 'mismatch: windows' }] });
  expect(alarmed).toContain('<b class="bad">1</b><span>false alarms');
  expect(alarmed).toContain('mismatch: windows');
});

test('iterations without a fault are a figure, and a false alarm is named', () => {
  expect(page([caught], quiet)).toContain('300 of 300');
  expect(page([caught], quiet)).not.toContain('not reached');
  const alarmed = page([caught], { ...quiet, alarms: [{ minute: plan.from, words: 'mismatch: windows' }] });
  expect(alarmed).toContain('299 of 300');
  expect(alarmed).toContain('mismatch: windows');
});
