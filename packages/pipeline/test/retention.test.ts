/**
 * Goal: the ledger does not grow for ever, and forgets nothing that is still wanted. Method: a ledger in memory, and iterations' folders made by hand.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MICROS_PER_DAY, MICROS_PER_MINUTE, type Micros, type MinuteVerdict } from '@parallax/core';
import { expect, onTestFinished, test } from 'vitest';
import { StatePaths } from '../src/engine/paths.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { DECISIONS_KEPT_DAYS, FORGET_ROWS, MINUTES_KEPT_DAYS } from '../src/limits.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { forgetRows, oldestDecisions, oldestNeeded, reclaimFiles } from '../src/reclaim.ts';
import { forgottenMinutes } from '../src/report/kept-events.ts';
import { at, folderOf, projectOf, sealOf } from './support.ts';

const NOW = at('10:00');
const later = (minutes: number): Micros => NOW + BigInt(minutes) * MICROS_PER_MINUTE;

function held(): Ledger {
  const ledger = Ledger.open(':memory:');
  onTestFinished(() => ledger.close());
  ledger.takeLease('a', 0n, 1_000n);
  return ledger;
}

function commit(ledger: Ledger, minute: Micros, customers: readonly string[] = [], folder = `/state/${minute}/1-1`): void {
  ledger.writeSeal(minute, sealOf('10:00'), 1n);
  ledger.writeClose(minute, sealOf('10:00'), { online: [] });
  const decided = customers.map((customer) => ({ customer, action: 'call', reason: null }));
  const report = JSON.stringify({ minute: String(minute), decided, drift: [{ n: 1 }], phaseSpans: [{}], turn: null, population: 7 });
  const terms = { waitUntil: minute, validUntil: minute, otherwise: 'hold' as const };
  ledger.commit(
    { minute, folder, manifest: `m${minute}`, digest: `d${minute}`, report },
    decided.map((d) => ({ ...d, ...terms, id: `${d.customer} ${minute}`, minute })),
  );
}

const settle = (ledger: Ledger, ...ids: readonly string[]) =>
  ledger.actions.change(
    ids.map((id) => ({ id, state: 'released', cause: 'verdict' })),
    1n,
  );

test('a report loses its lists with the files, and keeps the rest', () => {
  const ledger = held();
  commit(ledger, NOW, ['1']);
  commit(ledger, later(1), ['2']);
  expect(ledger.retention.reclaim(later(1))).toEqual([{ minute: NOW, folder: `/state/${NOW}/1-1` }]);
  expect(ledger.retention.reclaim(later(1))).toEqual([]);
  expect(JSON.parse(ledger.iteration(NOW)?.report ?? '')).toEqual({
    ...{ minute: String(NOW), decided: [], drift: [], phaseSpans: [], turn: null, population: 7 },
  });
  expect(ledger.iteration(later(1))?.report).toContain('"customer":"2"');
  expect([ledger.oldest(), ledger.oldestKept(), ledger.iterations(0n, later(9)).length]).toEqual([NOW, later(1), 1]);
  expect(ledger.actions.ofMinute(NOW)).toHaveLength(1);
});

test('messages outlive the files: until they are old, or beyond the bytes that are kept together', () => {
  const ledger = held();
  const { retention } = ledger;
  expect(retention.oldestMessages()).toBeNull();
  for (const n of [0, 1, 2, 3]) commit(ledger, later(n));
  retention.reclaim(later(3));
  for (const n of [0, 1, 2]) retention.measured(later(n), 10);
  const kept = () => retention.keptMessages(0n, later(9)).map(({ minute }) => (minute - NOW) / MICROS_PER_MINUTE);
  expect([retention.dropMessages(NOW, 30), kept()]).toEqual([[], [0n, 1n, 2n, 3n]]);
  expect([retention.dropMessages(later(1), 30), kept()]).toEqual([[`/state/${NOW}/1-1`], [1n, 2n, 3n]]);
  expect([retention.dropMessages(NOW, 19), kept()]).toEqual([[`/state/${later(1)}/1-1`], [2n, 3n]]);
  expect(retention.oldestMessages()).toBe(later(2));
  // One that is whole is not to be dropped, whatever its age.
  expect(retention.dropMessages(later(9), 0)).toEqual([`/state/${later(2)}/1-1`]);
  expect([kept(), retention.oldestMessages()]).toEqual([[3n], later(3)]);
  // What was dropped is not measured back into being.
  retention.measured(NOW, 10);
  expect(kept()).toEqual([3n]);
});

test('minutes whose messages are gone are told from those that never were', () => {
  const ledger = held();
  const { retention } = ledger;
  const forgotten = (from: number, to: number) => forgottenMinutes(ledger, { from: later(from), to: later(to) });
  expect(forgotten(0, 9)).toBeNull();
  for (const n of [0, 1, 2]) commit(ledger, later(n));
  expect(forgotten(-9, 9)).toBeNull();
  retention.reclaim(later(2));
  expect(forgotten(-9, 9)).toBeNull();
  retention.dropMessages(later(2), 0);
  expect(forgotten(-9, 9)).toEqual({ first: NOW, last: later(1), all: false, kept: later(2) });
  expect(forgotten(1, 1)).toEqual({ first: later(1), last: later(1), all: true, kept: later(2) });
  expect([forgotten(2, 9), forgotten(-9, -1)]).toEqual([null, null]);
  retention.reclaim(later(3));
  retention.dropMessages(later(3), 0);
  expect(forgotten(0, 9)).toEqual({ first: NOW, last: later(2), all: true, kept: null });
});

test('settled decisions go with their cool-downs, requests and verdicts; what is open, and what is newer, stays', () => {
  const ledger = held();
  const { actions, retention } = ledger;
  commit(ledger, NOW, ['settled', 'open', 'again']);
  commit(ledger, later(1), ['again']);
  settle(ledger, `settled ${NOW}`, `again ${NOW}`, `again ${later(1)}`);
  const asked = (decision: string) => actions.file({ decision, wanted: 'release', who: 'w', why: 'y', filed: 1n });
  const [gone, stays] = [asked(`settled ${NOW}`), asked(`open ${NOW}`)];
  actions.change(
    [],
    2n,
    [gone, stays].map((number) => ({ number, answer: 'x' })),
  );
  asked(`settled ${NOW}`);
  const verdict = (minute: Micros) => ({ minute, blocks: { kind: 'none' } }) as MinuteVerdict;
  for (const minute of [NOW, later(1)]) actions.takeVerdict(verdict(minute), 1n);

  expect(retention.forgetDecisions(NOW, 100)).toBe(0);
  expect(retention.forgetDecisions(later(1), 100)).toBe(5);
  expect(retention.forgetDecisions(later(1), 100)).toBe(0);
  expect(actions.list(['waiting', 'released'], 10).map(({ id }) => id)).toEqual([`open ${NOW}`, `again ${later(1)}`]);
  expect(['settled', 'open', 'again'].map((customer) => ledger.lastDecision(customer, 'call'))).toEqual([null, NOW, later(1)]);
  // A request that nobody has answered yet is still to be answered.
  expect(actions.interventions(`settled ${NOW}`).map(({ answer }) => answer)).toEqual([null]);
  expect(actions.interventions(`open ${NOW}`)).toHaveLength(1);
  expect([actions.verdict(NOW), actions.verdict(later(1))?.minute]).toEqual([null, later(1)]);
});

test('so many rows at once, oldest first', () => {
  const ledger = held();
  commit(ledger, NOW, ['b', 'a', 'c']);
  commit(ledger, later(1), ['d']);
  settle(ledger, ...['b', 'a', 'c'].map((customer) => `${customer} ${NOW}`), `d ${later(1)}`);
  // Each with its cool-down.
  expect(ledger.retention.forgetDecisions(later(2), 2)).toBe(4);
  expect(ledger.actions.ofMinute(NOW)).toHaveLength(1);
  expect(ledger.actions.ofMinute(later(1))).toHaveLength(1);
  expect([ledger.retention.forgetDecisions(later(2), 2), ledger.retention.forgetDecisions(later(2), 2)]).toEqual([4, 0]);
});

test('a minute goes with seal and close when nothing of its files is left', () => {
  const ledger = held();
  const { retention } = ledger;
  for (const n of [0, 1, 2]) commit(ledger, later(n));
  ledger.writeSeal(later(3), sealOf('10:00'), 1n);
  expect(retention.forgetMinutes(later(2), 10)).toBe(0);
  retention.reclaim(later(2));
  expect(retention.forgetMinutes(later(2), 10)).toBe(0);
  retention.dropMessages(later(2), 0);
  expect(retention.forgetMinutes(later(1), 10)).toBe(3);
  expect([ledger.seal(NOW), ledger.manifest(NOW), ledger.iteration(NOW)]).toEqual([null, null, null]);
  expect([ledger.oldest(), ledger.manifest(later(1))]).toEqual([later(1), expect.any(String)]);
  expect([ledger.newest()?.minute, ledger.newestSeal()]).toEqual([later(2), later(3)]);
});

test('decisions are kept for days beyond every cool-down and validity of the project', async () => {
  const project = await projectOf({
    'parallax.yaml':
      'name: small\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\nactions: { call: { cool_down: 30h }, gift: { valid_for: 40h } }\n',
  });
  expect(NOW - oldestDecisions(project, NOW)).toBe(BigInt(DECISIONS_KEPT_DAYS) * MICROS_PER_DAY + 40n * 60n * MICROS_PER_MINUTE);
});

test('a minute forgets until nothing is left, but no longer than it may', async () => {
  const ledger = held();
  const project = await projectOf();
  const customers = Array.from({ length: FORGET_ROWS + 1 }, (_, i) => String(i));
  commit(ledger, NOW, customers);
  settle(ledger, ...customers.map((customer) => `${customer} ${NOW}`));
  commit(ledger, later(1));
  ledger.retention.reclaim(later(1));
  ledger.retention.dropMessages(later(1), 0);
  const old = NOW + BigInt(MINUTES_KEPT_DAYS + 1) * MICROS_PER_DAY;
  let now = 0n;
  const hasty = () => {
    now += 600_000n;
    return now;
  };
  // One portion of each while the clock runs away.
  await forgetRows({ ledger, project, now: hasty }, old);
  expect([ledger.actions.ofMinute(NOW).length, ledger.seal(NOW)]).toEqual([1, null]);
  await forgetRows({ ledger, project, now: () => 0n }, old);
  expect(ledger.actions.ofMinute(NOW)).toEqual([]);
});

test('reclaimed, an iteration keeps the messages that it did not accept, for a while', async () => {
  const ledger = held();
  const project = await projectOf();
  const paths = new StatePaths(await folderOf());
  const pipeline = { ledger, project, paths, now: () => 0n } as Pipeline;
  const needed = Number((NOW - oldestNeeded(project, NOW)) / MICROS_PER_MINUTE);
  const newest = needed + 3;
  for (const n of [0, 1, newest]) {
    const folder = paths.attempt(later(n), 1, 1);
    for (const part of ['kept', 'results', '../ahead-1/turn', '../1-0/kept']) {
      await mkdir(join(folder, part), { recursive: true });
      await writeFile(join(folder, part, 'part-0'), 'bytes');
    }
    await mkdir(paths.iteration(later(n)), { recursive: true });
    commit(ledger, later(n), [], folder);
  }
  const there = (n: number, part: string) => existsSync(join(paths.attempt(later(n), 1, 1), part));
  const keep = { files: MICROS_PER_MINUTE, messages: BigInt(newest) * MICROS_PER_MINUTE };
  await reclaimFiles(pipeline, later(newest), keep);
  for (const n of [0, 1]) {
    expect(['kept/part-0', 'results', '../ahead-1', '../1-0'].map((part) => there(n, part))).toEqual([true, false, false, false]);
  }
  expect(there(newest, 'results')).toBe(true);
  expect(ledger.retention.keptMessages(0n, later(newest)).map(({ minute }) => minute)).toEqual([NOW, later(1), later(newest)]);
  await reclaimFiles(pipeline, later(newest), { ...keep, messages: BigInt(newest - 1) * MICROS_PER_MINUTE });
  expect([existsSync(paths.iteration(NOW)), there(1, 'kept/part-0')]).toEqual([false, true]);
  // Where nothing is kept beyond what minutes need, messages go with the files.
  await reclaimFiles(pipeline, later(newest));
  expect([existsSync(paths.iteration(later(1))), there(newest, 'kept/part-0')]).toEqual([false, true]);
});
