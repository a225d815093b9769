/**
 * Goal: what is taken and scored before a minute's seal changes nothing of it. Method: every contract scenario, run once as it is and once with messages and calls that
 * come before the seal in pieces, some held back, and customers scored in between; all lines are compared.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Micros, Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { expect, onTestFinished, test } from 'vitest';
import { withAlternative, withOverlay } from '../../../test/alternative/support.ts';
import { type Case, writeCase } from '../../../test/contract/case.ts';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import { SCENARIOS } from '../../../test/contract/scenarios/index.ts';
import { Alternative } from '../src/minute.ts';
import { LineFiles } from '../src/output/line-files.ts';
import { loadLogic } from '../src/score/logic.ts';
import { Recording } from '../src/sources/recording/recording.ts';
import type { OnlineCall, Sources, TakeMessage } from '../src/sources/source.ts';

const TEST_MS_MAX = 120_000;
const MINUTES_MAX = 70;
const FILES = ['events', 'windows', 'results', 'actions'] as const;

interface Held {
  readonly payload: Buffer | null;
  readonly id: string | null;
  readonly ref: number;
}

/** A recording whose minutes can be read before their seal. */
class EarlySources implements Sources {
  givenAhead = 0;
  readonly #recording: Recording;
  readonly #messages = new Map<string, Held[]>();
  readonly #calls = new Map<string, OnlineCall[]>();
  #state = 7;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  #random(below: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * below);
  }

  async prepare(minute: Micros, project: Project): Promise<void> {
    for (const { name } of project.streams) {
      const held: Held[] = [];
      await this.#recording.messages(minute, name, (payload, id, ref) => held.push({ payload, id, ref }));
      this.#messages.set(name, held);
    }
    for (const { name } of project.online) {
      const calls: OnlineCall[] = [];
      for await (const call of this.#recording.calls(minute, name)) calls.push(call);
      this.#calls.set(name, calls);
    }
  }

  messagesAhead(_minute: Micros, stream: string, take: TakeMessage): void {
    const held = this.#messages.get(stream) ?? [];
    const kept: Held[] = [];
    for (const each of held.splice(0, this.#random(held.length + 1))) {
      if (this.#random(5) === 0) kept.push(each);
      else {
        this.givenAhead++;
        take(each.payload, each.id, each.ref);
      }
    }
    held.unshift(...kept);
  }

  async callsAhead(_minute: Micros, source: string): Promise<readonly OnlineCall[]> {
    const calls = this.#calls.get(source) ?? [];
    return calls.splice(0, this.#random(calls.length + 1));
  }

  async messages(_minute: Micros, stream: string, take: TakeMessage): Promise<void> {
    for (const { payload, id, ref } of this.#messages.get(stream) ?? []) take(payload, id, ref);
  }

  async *calls(_minute: Micros, source: string): AsyncIterable<OnlineCall> {
    yield* this.#calls.get(source) ?? [];
  }

  readonly payloads = (...of: Parameters<Recording['payloads']>) => this.#recording.payloads(...of);
  readonly days = () => this.#recording.days();
  readonly table = (...of: Parameters<Recording['table']>) => this.#recording.table(...of);
  readonly holds = (...of: Parameters<Recording['holds']>) => this.#recording.holds(...of);
  readonly dayBytes = (...of: Parameters<Recording['dayBytes']>) => this.#recording.dayBytes(...of);
}

/** Runs a case both ways; how many messages came before their minute's seal. */
async function bothWays(test: Case): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-ahead-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const written = writeCase(test, folder);
  const project = await loadProject(written.project);
  const plain = await Recording.open(written.recording, project);
  const early = new EarlySources(plain);
  const logic = await loadLogic(project);
  const alternativeOf = async (name: string, sources: Sources): Promise<Alternative> => {
    const alternative = new Alternative({ ...{ project, logic, sources, from: plain.from }, state: join(folder, name) });
    await alternative.open();
    return alternative;
  };
  const [once, ahead] = [await alternativeOf('once', plain), await alternativeOf('ahead', early)];
  const linesOf = async (alternative: Alternative, minute: Micros): Promise<string> => {
    const files = new LineFiles(join(folder, 'lines'));
    await files.open();
    const { digest, satisfaction } = await alternative.run(minute, files);
    await files.finish();
    const texts = await Promise.all(FILES.map((file) => readFile(join(folder, 'lines', `${file}.ndjson`), 'utf8')));
    return [digest, JSON.stringify(satisfaction), ...texts].join('\n');
  };
  for (const [index, minute] of [...plain.minutes()].slice(0, MINUTES_MAX).entries()) {
    await early.prepare(minute, project);
    await ahead.begin(minute);
    for (let piece = 0; piece <= index % 3; piece++) {
      await ahead.readAhead();
      await ahead.scoreAhead(() => false);
    }
    if (index % 4 > 0) await ahead.takeIn(minute);
    expect(await linesOf(ahead, minute), `minute ${index}`).toBe(await linesOf(once, minute));
  }
  await Promise.all([once.close(), ahead.close()]);
  return early.givenAhead;
}

test.each(SCENARIOS)(
  '$name gives the same lines with and without',
  async (scenario) => {
    const recording = withOverlay(scenario.case.recording, 'alternative', null);
    expect(await bothWays(withAlternative({ ...scenario.case, recording }))).toBeGreaterThan(0);
  },
  TEST_MS_MAX,
);

test(
  'an answer that has just become too old to stand in is none ahead either',
  async () => {
    const project = {
      ...buildProject({
        streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum'] }] } },
        batch: { dwh: [{ name: 'profile', columns: { tier: 'text' } }] },
        online: { care: { max_age: 1, fields: [{ name: 'open', field: 'open', places: 0 }] } },
      }),
      'alternative.ts': `export const satisfaction = (c) => ({ satisfaction: { unscaled: 5000n, places: 2 }, open: c.online.care_open, age: c.online.care_age_minutes });
export const actions = () => [];
`,
    };
    const recording = buildRecording({
      from: instant('10:58'),
      iterations: 4,
      messages: [{ iteration: instant('10:58'), stream: 's', payload: payload('1', '10:58:10', 'e', { x: '3' }) }],
      online: [
        { iteration: instant('10:58'), source: 'care', ids: ['1'], body: JSON.stringify({ customers: [{ customer_id: 1, open: 7 }] }) },
      ],
      batch: { '2025-01-04': { tables: { 'dwh/profile': 'customer_id,tier\n1,gold\n' } } },
    });
    await bothWays({ project, recording });
  },
  TEST_MS_MAX,
);
