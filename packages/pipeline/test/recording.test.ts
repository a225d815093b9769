import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KeyBatches } from '../src/engine/key-batches.ts';
import { isMissed, minutesOf, onlineFile, openRecording, streamFile } from '../src/replay/recording.ts';
import { recordingSource } from '../src/replay/recording-source.ts';
import { at, type Files, failureOf, folderOf, projectOf, sealOf } from './support.ts';

const HEADER = '{"format":1,"from":"2026-01-05T10:00:00Z","iterations":3}';
const MINUTE = 'iterations/20260105T100000Z';
const DAY = 'batch/2026-01-04';
const COMPLETE: Files = {
  [`${DAY}/dwh/profile.csv`]: 'customer_id,tier,months\n1,gold,3\n',
  [`${DAY}/nosql/usage.csv`]: 'cust,v1,v2\n1,2,3\n',
  [`${DAY}/_complete/dwh.profile`]: '2026-01-05T02:00:00Z\n',
  [`${DAY}/_complete/nosql.usage`]: '2026-01-05T03:30:00+01:00',
};

describe('a recording', () => {
  test('has its minutes in order and its complete days', async () => {
    const directory = await folderOf({ 'recording.json': HEADER, ...COMPLETE });
    const recording = await openRecording(directory, await projectOf());
    expect([...minutesOf(recording)]).toEqual([at('10:00'), at('10:01'), at('10:02')]);
    // Registered by the latest marker, whatever its offset.
    expect(recording.days).toMatchObject([{ day: '2026-01-04', registered: at('2026-01-05T02:30:00Z') }]);
  });

  test('a day without all its markers is not complete; its other markers are still read', async () => {
    const project = await projectOf();
    const half = { 'recording.json': HEADER, ...COMPLETE, [`${DAY}/_complete/nosql.usage`]: null };
    expect((await openRecording(await folderOf(half), project)).days).toEqual([]);
    const bad = await folderOf({ ...half, [`${DAY}/_complete/dwh.profile`]: null, [`${DAY}/_complete/nosql.usage`]: 'soon' });
    expect((await failureOf(() => openRecording(bad, project))).place?.file).toBe(join(bad, DAY, '_complete/nosql.usage'));
  });

  test('a day’s version is that of its tables’ bytes, not of its markers', async () => {
    const project = await projectOf();
    const versionOf = async (changes: Files) => {
      const [day] = (await openRecording(await folderOf({ 'recording.json': HEADER, ...COMPLETE, ...changes }), project)).days;
      return day?.version;
    };
    const version = await versionOf({});
    expect(version).toMatch(/^[0-9a-f]{64}$/);
    expect(await versionOf({ [`${DAY}/_complete/dwh.profile`]: '2026-01-05T01:00:00Z' })).toBe(version);
    expect(await versionOf({ [`${DAY}/dwh/profile.csv`]: 'customer_id,tier,months\n1,gold,4\n' })).not.toBe(version);
  });

  test('an absent folder is a minute without messages; a missed minute says so', async () => {
    const directory = await folderOf({
      'recording.json': HEADER,
      [`${MINUTE}/seal.json`]: '{"missed":true}',
      'iterations/20260105T100100Z/seal.json': '{}',
    });
    const recording = await openRecording(directory, await projectOf());
    expect(await Promise.all([...minutesOf(recording)].map((minute) => isMissed(recording, minute)))).toEqual([true, false, false]);
    expect([streamFile(recording, at('10:00'), 'network'), onlineFile(recording, at('10:00'), 'care')]).toEqual([null, null]);
  });
});

test('files of streams and sources that the project does not declare are named, for a warning', async () => {
  const directory = await folderOf({
    'recording.json': HEADER,
    [`${MINUTE}/streams/netwrk.ndjson`]: '',
    [`${MINUTE}/streams/network.json`]: '',
    [`${MINUTE}/online/x.ndjson`]: '',
  });
  expect((await openRecording(directory, await projectOf())).undeclared).toEqual([
    'online/x.ndjson',
    'streams/network.json',
    'streams/netwrk.ndjson',
  ]);
});

describe('a recording that is none is refused with the file’s name', () => {
  test.each<[string, Files, string, RegExp]>([
    ['bad JSON', { 'recording.json': '{"format":1' }, 'recording.json', /not JSON/],
    ['another format', { 'recording.json': HEADER.replace('1', '2') }, 'recording.json', /format/],
    ['no minutes', { 'recording.json': HEADER.replace('3}', '0}') }, 'recording.json', /iterations/],
    ['part of a minute', { 'recording.json': HEADER.replace('3}', '1.5}') }, 'recording.json', /iterations/],
    ['from within a minute', { 'recording.json': HEADER.replace('10:00:00Z', '10:00:30Z') }, 'recording.json', /from: not a whole minute/],
    ['from with another offset', { 'recording.json': HEADER.replace('10:00:00Z', '10:00:00+00:00') }, 'recording.json', /from/],
    ['from that does not exist', { 'recording.json': HEADER.replace('01-05', '02-30') }, 'recording.json', /from/],
    ['an array', { 'recording.json': '[]' }, 'recording.json', /recording/],
    ['a day that is none', { 'recording.json': HEADER, 'batch/2026-02-30/dwh/profile.csv': '' }, 'batch/2026-02-30', /not a day/],
    [
      'a marker that is no time',
      { 'recording.json': HEADER, ...COMPLETE, [`${DAY}/_complete/dwh.profile`]: 'yes' },
      `${DAY}/_complete/dwh.profile`,
      /not a UTC time/,
    ],
    [
      'a marker without its table',
      { 'recording.json': HEADER, ...COMPLETE, [`${DAY}/dwh/profile.csv`]: null },
      `${DAY}/dwh/profile.csv`,
      /is missing, though its marker/,
    ],
  ])('%s', async (_, files, file, message) => {
    const directory = await folderOf(files);
    const project = await projectOf();
    const error = await failureOf(() => openRecording(directory, project));
    expect(error).toMatchObject({ code: 'PRLX_RECORDING', exitCode: 2, place: { file: join(directory, file) } });
    expect(error.message).toMatch(message);
  });

  test('a folder without recording.json', async () => {
    const directory = await folderOf();
    const project = await projectOf();
    const error = await failureOf(() => openRecording(directory, project));
    expect(error).toMatchObject({ code: 'PRLX_RECORDING', exitCode: 2 });
    expect(error.message).toContain(join(directory, 'recording.json'));
  });

  test.each(['{"missed":"yes"}', 'no'])('a minute’s seal.json that says %s', async (text) => {
    const directory = await folderOf({ 'recording.json': HEADER, [`${MINUTE}/seal.json`]: text });
    const recording = await openRecording(directory, await projectOf());
    expect((await failureOf(() => isMissed(recording, at('10:00')))).place?.file).toBe(join(directory, MINUTE, 'seal.json'));
  });
});

describe('a recording in the place of the brokers', () => {
  test('seals a minute’s files by digest, and closes with the captured calls', async () => {
    const directory = await folderOf({
      'recording.json': HEADER,
      [`${MINUTE}/streams/network.ndjson`]: '{"partition":0,"offset":0,"payload":null}\n',
      [`${MINUTE}/online/care.ndjson`]: 'x\n',
    });
    const project = await projectOf();
    const source = recordingSource(await openRecording(directory, project), project, directory);
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(await source.seal(at('10:00'))).toEqual({
      missed: false,
      streams: [{ stream: 'network', kind: 'file', sha256: digest('{"partition":0,"offset":0,"payload":null}\n') }],
    });
    expect(await source.seal(at('10:01'))).toEqual({ missed: false, streams: [] });
    const nobody = async function* (): KeyBatches {};
    const close = await source.capture(at('10:00'), sealOf('10:00'), nobody, false);
    expect(close).toEqual({ online: [{ source: 'care', sha256: digest('x\n'), calls: 0 }] });
    expect(await source.captures(at('10:00'), close)).toMatchObject([
      { source: { name: 'care' }, path: join(directory, MINUTE, 'online/care.ndjson') },
    ]);
  });

  test('a missed minute makes no calls, though there are some in its folder', async () => {
    const directory = await folderOf({
      'recording.json': HEADER,
      [`${MINUTE}/seal.json`]: '{"missed":true}',
      [`${MINUTE}/online/care.ndjson`]: 'x\n',
    });
    const project = await projectOf();
    const source = recordingSource(await openRecording(directory, project), project, directory);
    expect((await source.seal(at('10:00'))).missed).toBe(true);
    const nobody = async function* (): KeyBatches {};
    expect(await source.capture(at('10:00'), sealOf('10:00', { missed: true }), nobody, false)).toEqual({ online: [] });
  });
});
