/** Goal: a failure becomes small, within its number of trials. Method: a made-up fault that needs two certain messages. */
import { expect, test } from 'vitest';
import { instant } from '../contract/recording-builder.ts';
import type { Difference } from '../oracle/compare.ts';
import { formatSecond, MINUTE } from '../oracle/time.ts';
import { caseOf, generate, type Part, whole } from './generate.ts';
import { shrink } from './shrink.ts';

const generated = generate('shrink', 1);
const owner = generated.keys.find((key) => generated.messages.filter((message) => message.owner === key).length >= 6) ?? '';
const own = generated.messages.filter((message) => message.owner === owner);
const culprits = [own[1], own[4]];

function faulty(lineOf: (minute: string) => string) {
  let trials = 0;
  const trial = async (part: Part): Promise<Difference[]> => {
    trials++;
    const present = part.messages.filter((message) => part.keep === null || part.keep.has(message.owner));
    if (!culprits.every((culprit) => culprit !== undefined && present.includes(culprit))) return [];
    const last = culprits[1]?.iteration ?? 0n;
    return [{ output: 'windows', line: 1, expected: lineOf(formatSecond(last)), actual: null }];
  };
  return { trial, trials: () => trials };
}

const visible = (part: Part) => part.messages.filter((message) => part.keep === null || part.keep.has(message.owner));

test('a difference that names its customer: that customer, up to that minute, the messages that matter', async () => {
  const { trial, trials } = faulty((minute) => JSON.stringify({ minute, msisdn: owner }));
  const first = await trial(whole(generated));
  const part = await shrink(generated, first, trial, 30);
  expect(culprits).not.toContain(undefined);
  expect(visible(part)).toEqual(generated.messages.filter((message) => culprits.includes(message)));
  expect([...(part.keep ?? [])]).toEqual([owner]);
  expect(part.iterations).toBe(Number(((culprits[1]?.iteration ?? 0n) - instant(generated.shape.from)) / MINUTE) + 1);
  expect(trials()).toBeLessThanOrEqual(31);
  expect(await trial(part)).not.toEqual([]);
  expect(JSON.stringify(caseOf(generated, part)).length).toBeLessThan(60_000);
});

test('a difference that names none: customers are halved; the number of trials holds', async () => {
  const { trial, trials } = faulty((minute) => JSON.stringify({ minute, stream: 'a', class: 'accepted', reason: null, n: 1 }));
  const part = await shrink(generated, await trial(whole(generated)), trial, 12);
  expect(trials()).toBe(13);
  expect(part.keep?.has(owner)).toBe(true);
  expect(part.keep?.size).toBeLessThan(100);
  expect(await trial(part)).not.toEqual([]);
});
