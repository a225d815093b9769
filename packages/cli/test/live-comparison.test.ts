/**
 * Goal: every minute has a verdict: one whose comparison fails, in whatever way, is inconclusive and holds everyone back, and the next is compared.
 * Method: a small recording on a fake Spark side, of which a file is cut short, is replaced, or vanishes; a side that fails once, or always.
 */
import { createHash } from 'node:crypto';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlternativeReplay } from '@parallax/alternative';
import { type MinuteVerdict, ParallaxError } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { type AlternativeLookups, RecordingInputs } from '@parallax/reconcile';
import { describe, expect, onTestFinished, test } from 'vitest';
import { writeCase } from '../../../test/contract/case.ts';
import { buildProject } from '../../../test/contract/project-builder.ts';
import { buildRecording, instant, payload } from '../../../test/contract/recording-builder.ts';
import { FakeSpark } from '../../reconcile/test/fake-spark.ts';
import { LiveComparison } from '../src/verify/live-comparison.ts';

const MINUTES = ['10:58', '10:59', '11:00'];
const FAULTY = instant('10:59');
const CASE = {
  project: {
    ...buildProject({
      streams: { s: { variables: [{ name: 'x', places: 0, aggregates: ['sum', 'last'] }] } },
      batch: { dwh: [{ name: 'profile', columns: { tier: 'text' } }] },
    }),
    'alternative.ts': `export const satisfaction = (c) => ({ satisfaction: { unscaled: 5000n, places: 2 }, x: c.stream.s_x_sum_1h });
export const actions = () => [];
`,
  },
  recording: buildRecording({
    from: instant('10:58'),
    iterations: MINUTES.length,
    messages: MINUTES.flatMap((minute, m) =>
      ['1', '2'].map((key) => ({
        iteration: instant(minute),
        stream: 's',
        payload: payload(key, `${minute}:10`, `${m}-${key}`, { x: '3' }),
      })),
    ),
    batch: { '2026-01-04': { tables: { 'dwh/profile': 'customer_id,tier\n1,gold\n2,basic\n' } } },
  }),
};

interface Faults {
  /** What is done to the faulty minute's folder before it is compared. */
  readonly files?: (folder: string) => void;
  /** What the comparison is given of the faulty minute. */
  readonly lookups?: (lookups: AlternativeLookups) => AlternativeLookups;
}

async function compared({ files, lookups }: Faults): Promise<{ verdicts: readonly MinuteVerdict[]; notes: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-live-comparison-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const written = writeCase(CASE, folder);
  const project = await loadProject(written.project);
  const sparks = join(folder, 'spark');
  await mkdir(sparks);
  const spark = await FakeSpark.open({ recording: written.recording, project, folder: sparks });
  const alternative = await AlternativeReplay.open({ recording: written.recording, project, out: join(folder, 'out'), scratch: folder });
  const notes: string[] = [];
  const options = { project, inputs: new RecordingInputs(written.recording, project), threads: 2 };
  const comparison = await LiveComparison.open(options, (text) => notes.push(text));
  onTestFinished(async () => {
    await comparison.close();
    await alternative.close();
    await spark.close();
  });
  const verdicts: MinuteVerdict[] = [];
  for (const minute of alternative.minutes) {
    const ours = await spark.run(minute);
    await alternative.run(minute);
    const digest = createHash('sha256');
    for (const file of ['events', 'results', 'actions']) digest.update(await readFile(join(ours.folder, `${file}.ndjson`)));
    const committed = { minute, folder: ours.folder, manifest: ours.manifest, digest: digest.digest('hex'), report: '{}' };
    if (minute === FAULTY) files?.(ours.folder);
    const given = alternative.alternative.lookups;
    const side = { lookups: minute === FAULTY ? (lookups?.(given) ?? given) : given, lines: alternative.lines };
    verdicts.push(await comparison.minute(committed, { ...ours, digest: committed.digest }, side));
  }
  return { verdicts, notes };
}

const shown = ({ verdict, reason }: MinuteVerdict) => `${verdict} ${reason}`;
const AROUND = (middle: string) => ['match null', middle, 'match null'];

/** The Parquet files of a part. */
const parquet = (folder: string, part: string) =>
  readdirSync(join(folder, part))
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => join(folder, part, name));

/** Lookups whose questions about a customer's slot fail as long as `until` says so. */
function failing(error: () => Error, times: number): (lookups: AlternativeLookups) => AlternativeLookups {
  let left = times;
  return (lookups) =>
    new Proxy(lookups, {
      get: (of, name) => {
        if (name === 'windowKeys' && left-- > 0) throw error();
        const value: unknown = Reflect.get(of, name);
        return typeof value === 'function' ? value.bind(of) : value;
      },
    });
}

describe('a minute whose comparison fails is inconclusive, and the next is compared', () => {
  test.each([
    ['windows', 'windows'],
    ['accepted events', 'claimed'],
    ['population', 'members'],
  ])('a file of the %s is cut short', async (_name, part) => {
    const { verdicts, notes } = await compared({ files: (folder) => truncateSync(parquet(folder, part)[0] ?? '', 40) });
    expect(verdicts.map(shown)).toEqual(AROUND('inconclusive comparison_failed'));
    expect(verdicts[1]).toMatchObject({ blocks: { kind: 'all' }, stage: null, manifest: `manifest of ${FAULTY}` });
    expect(verdicts[1]?.witnesses[0]?.detail[0]).toMatch(/parquet/i);
    expect(notes).toEqual([expect.stringMatching(/^2026-01-05T10:59:00Z cannot be compared: .*parquet/i)]);
  });

  test('a file holds something else than windows', async () => {
    const files = (folder: string) => {
      for (const file of parquet(folder, 'windows')) writeFileSync(file, 'nothing of the kind');
    };
    expect((await compared({ files })).verdicts.map(shown)).toEqual(AROUND('inconclusive comparison_failed'));
  });

  test('a side fails in a way that nobody foresaw', async () => {
    const { verdicts } = await compared({ lookups: failing(() => new TypeError('not foreseen'), 9) });
    expect(verdicts.map(shown)).toEqual(AROUND('inconclusive comparison_failed'));
    expect(verdicts[1]?.witnesses).toEqual([
      { customer: '', column: 'TypeError', spark: null, alternative: null, detail: ['not foreseen'] },
    ]);
  });

  const died = () => new ParallaxError('PRLX_RECONCILE', 'a thread ended', { retryable: true });

  test('what may be over the next time is tried again, and not for ever', async () => {
    const once = await compared({ lookups: failing(died, 1) });
    expect([once.verdicts.map(shown), once.notes]).toEqual([AROUND('match null'), []]);
    const always = await compared({ lookups: failing(died, 99) });
    expect(always.verdicts.map(shown)).toEqual(AROUND('inconclusive comparison_failed'));
  });

  test('files that vanish or change are overwritten', async () => {
    const files = (folder: string) => writeFileSync(join(folder, 'results.ndjson'), '');
    expect((await compared({ files })).verdicts.map(shown)).toEqual(AROUND('inconclusive overwritten'));
  });

  test('a process that has run out of files has not failed the minute', async () => {
    const exhausted = () => Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    await expect(compared({ lookups: failing(exhausted, 1) })).rejects.toThrow('EMFILE');
  });
});
