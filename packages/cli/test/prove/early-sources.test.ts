import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Alternative, LineFiles, type Logic, loadLogic } from '@parallax/alternative';
import { Recording } from '@parallax/alternative/sources/recording/recording.ts';
import { afterAll, expect, test } from 'vitest';
import { Random } from '../../src/prove/random.ts';
import { makePlan, WHOLE } from '../../src/prove/recording/plan.ts';
import { writeBaseRecording } from '../../src/prove/recording/write.ts';
import { EarlySources } from '../../src/prove/run/early-sources.ts';
import { smallTelecom } from './small-project.ts';

/**
 * Goal: the alternative of `prove` goes the live verifier's way: messages and calls before the seal, customers scored before it, and the same digests as
 * without. Method: a short recording of the example, run both ways.
 */
const work = mkdtempSync(join(tmpdir(), 'parallax-early-test-'));
afterAll(() => rmSync(work, { recursive: true }));

test('messages and calls are given before the seal, each once, and nothing comes out otherwise', async () => {
  const project = await smallTelecom(join(work, 'project'));
  const rules = await loadLogic(project);
  // What of an answer does not reach the score is to be seen, too.
  const logic: Logic = {
    ...rules,
    satisfaction: (c) => ({
      ...rules.satisfaction(c),
      tickets: c.online.care_open_tickets ?? null,
      age: c.online.care_age_minutes ?? null,
    }),
  };
  const plan = makePlan(project, { ...WHOLE, leadMinutes: 3, faultMinutes: 16, single: 24, busy: 16, trials: 1_500 });
  const folder = join(work, 'recording');
  await writeBaseRecording(folder, project, rules, plan);
  const recording = await Recording.open(folder, project);
  const early = new EarlySources(recording, project, new Random('early'));
  const open = async (name: string, sources: Recording | EarlySources) => {
    const alternative = new Alternative({ project, logic, sources, from: recording.from, state: join(work, name) });
    await alternative.open();
    return alternative;
  };
  const [once, ahead] = [await open('once', recording), await open('ahead', early)];
  const digestOf = async (alternative: Alternative, minute: bigint) => {
    const files = new LineFiles(join(work, 'lines'));
    await files.open();
    const { digest } = await alternative.run(minute, files);
    await files.finish();
    return `${digest} ${readFileSync(join(work, 'lines', 'windows.ndjson'), 'utf8')}`;
  };
  for (const minute of recording.minutes()) {
    await early.goAhead(ahead, minute);
    expect(await digestOf(ahead, minute)).toBe(await digestOf(once, minute));
  }
  expect(early.messagesGiven).toBeGreaterThan(20);
  expect(early.callsGiven).toBeGreaterThan(0);
  await Promise.all([once.close(), ahead.close()]);
}, 120_000);
