import type { Project } from '@parallax/core';
import { expect, onTestFinished, test } from 'vitest';
import { Ledger } from '../src/ledger/ledger.ts';
import { claimState } from '../src/run/state-identity.ts';
import { FILES, failureOf, projectOf } from './support.ts';

/** Goal: state is never continued by what its windows were not made by. Method: one ledger, projects that differ in one thing. */
function ledgerOfTest(): Ledger {
  const ledger = Ledger.open(':memory:');
  onTestFinished(() => ledger.close());
  ledger.takeLease('test', 0n, 1n);
  return ledger;
}

const YAML = FILES['parallax.yaml'] ?? '';
const NETWORK = FILES['streams/network.yaml'] ?? '';

/** What a state of the small project says to one with these files. */
async function refusalOf(changes: Readonly<Record<string, string | null>>) {
  const ledger = ledgerOfTest();
  claimState(ledger, await projectOf());
  const before = ledger.meta('project');
  const other = await projectOf(changes);
  const failure = await failureOf(() => claimState(ledger, other));
  expect(ledger.meta('project')).toBe(before);
  expect(failure).toMatchObject({ code: 'PRLX_STATE', exitCode: 2, retryable: false, advice: expect.stringContaining('--state') });
  return failure.message;
}

test('the same project goes on, whatever else of it changes', async () => {
  const ledger = ledgerOfTest();
  claimState(ledger, await projectOf());
  claimState(ledger, await projectOf());
  const sql = (FILES['satisfaction.sql'] ?? '').replace('50', '60');
  claimState(ledger, await projectOf({ 'parallax.yaml': `${YAML}grace: 9s\npopulation: touched\n`, 'satisfaction.sql': sql }));
});

test.each([
  ['lateness', 'lateness: 15m', 'lateness 10m, now 15m'],
  ['a little lateness', 'lateness: 90s', 'lateness 10m, now 90s'],
  ['max_ahead', 'max_ahead: 1500ms', 'max_ahead 2m, now 1500ms'],
])('another %s is refused, and named with both values', async (_, line, said) => {
  expect(await refusalOf({ 'parallax.yaml': `${YAML}${line}\n` })).toBe(`the state folder was made otherwise: ${said}`);
});

test('other streams, variables, names and keys are named', async () => {
  expect(await refusalOf({ 'streams/network.yaml': NETWORK.replace('sum, count', 'sum') })).toContain('variables of the stream network');
  expect(await refusalOf({ 'streams/care-desk.yaml': null })).toContain('with a stream care-desk');
  expect(await refusalOf({ 'streams/more.yaml': NETWORK })).toContain('without the stream more');
  expect(await refusalOf({ 'parallax.yaml': YAML.replace('name: small', 'name: other') })).toContain('name small, now other');
  expect(await refusalOf({ 'parallax.yaml': YAML.replace('bigint', 'text') })).toContain('key customer_id bigint, now customer_id text');
});

/** What a version before this one wrote: without lateness and max_ahead. */
const written = ({ name, key, streams }: Project, format = 2) => JSON.stringify({ format, name, key, streams });

test('state that was made before they were written down is continued, and from then on by these', async () => {
  const ledger = ledgerOfTest();
  const project = await projectOf();
  ledger.setMeta('project', written(project));
  claimState(ledger, project);
  claimState(ledger, project);
  const later = await projectOf({ 'parallax.yaml': `${YAML}lateness: 11m\n` });
  expect((await failureOf(() => claimState(ledger, later))).message).toContain('lateness 10m, now 11m');
});

test('old state of another stream, or packed otherwise, is refused as before', async () => {
  const ledger = ledgerOfTest();
  const project = await projectOf();
  ledger.setMeta('project', written(await projectOf({ 'streams/care-desk.yaml': null })));
  expect((await failureOf(() => claimState(ledger, project))).message).toContain('without the stream care-desk');
  ledger.setMeta('project', written(project, 1));
  expect((await failureOf(() => claimState(ledger, project))).message).toContain('packs state otherwise');
});
