/** Goal: what `deploy.yaml` lets the verifier call by itself is what it says, and a mistake is named. Method: files in a folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Project } from '@parallax/core';
import { expect, onTestFinished, test } from 'vitest';
import { deploymentOf } from '../src/deployment.ts';

async function projectWith(text: string): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), 'parallax-deployment-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'deploy.yaml'), text);
  return { name: 'p', directory, streams: [], online: [{ name: 'care' }], batch: [{ name: 'dwh' }] } as unknown as Project;
}

test('without a word no bulk API is called; named ones have bounds', async () => {
  const none = await deploymentOf(await projectWith('kafka: localhost:1\n'), {}, {});
  expect(none.alternative.online).toEqual({});
  const some = await projectWith('alternative:\n  online:\n    care: { url: "env:MIRROR", customers: 50 }\n');
  const { alternative } = await deploymentOf(some, {}, { MIRROR: 'http://mirror/' });
  expect(alternative.online).toEqual({ care: { url: 'http://mirror/', customers: 50, differing: 0.5 } });
  const own = await deploymentOf(await projectWith('alternative: { online: { care: {} } }\n'), {}, {});
  expect(own.alternative.online).toEqual({ care: { url: null, customers: 200, differing: 0.5 } });
});

test('other places of the alternative are taken as they are, stores by source', async () => {
  const some = await projectWith('alternative: { kafka: "env:NEAR", amqp: "amqp://b", stores: { dwh: "env:COPY" } }\n');
  const { alternative } = await deploymentOf(some, { kafka: 'run:1' }, { NEAR: 'near:9092' });
  // A store's reference is looked up when the store is opened: it may be a secret.
  expect(alternative).toMatchObject({ kafka: 'near:9092', amqp: 'amqp://b', stores: { dwh: 'env:COPY' } });
});

test.each([
  ['alternative:\n  online:\n    other: {}\n', { line: 3, field: 'alternative.online.other' }],
  ['alternative:\n  stores:\n    lake: /copy\n', { line: 3, field: 'alternative.stores.lake' }],
  ['alternative:\n  online:\n    care: { customers: 0 }\n', { line: 3, field: 'alternative.online.care.customers' }],
  ['alternative:\n  online:\n    care:\n      differing: 2\n', { line: 4, field: 'alternative.online.care.differing' }],
])('a mistake is named with its line and field: %s', async (text, place) => {
  await expect(deploymentOf(await projectWith(text), {}, {})).rejects.toMatchObject({
    problems: [{ place: { file: 'deploy.yaml', ...place } }],
  });
});
