import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Project } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { actionId } from '../src/act/decide.ts';
import { ActionPublisher } from '../src/act/publish.ts';
import { type Decision, Ledger } from '../src/ledger/ledger.ts';
import { PUBLISH_BATCH_MAX } from '../src/limits.ts';
import { type Kept, TestKafka } from './kafka-support.ts';
import { address } from './real-engine.ts';
import { at, FILES, failureOf, folderOf } from './support.ts';

/**
 * Goal: every decided action is on the topic once, whenever the coordinator dies; none that is too old.
 * Method: a real broker and ledgers on files; the coordinators that die are processes of their own, killed between two named steps.
 */
let kafka: TestKafka;
let topic: string;
let folder: string;
let project: Project;
beforeEach(async () => {
  kafka = new TestKafka(address('PARALLAX_KAFKA'));
  topic = TestKafka.name();
  folder = await folderOf({
    ...FILES,
    'parallax.yaml': `name: small\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\ngate: { valid_for: 10m }\nactions: { call: { cool_down: 30m }, hurry: { valid_for: 1m } }\n`,
  });
  project = await loadProject(folder);
});

/** The ledger of the next coordinator on the same file: it has the lease of a new epoch. */
function coordinator(name: string): Ledger {
  const ledger = Ledger.open(join(folder, 'ledger.sqlite'));
  onTestFinished(() => ledger.close());
  ledger.takeLease(name, 1_000_000n, 1_000_000n);
  return ledger;
}

async function publisherOf(ledger: Ledger): Promise<ActionPublisher> {
  const publisher = await ActionPublisher.open({ project, ledger, bootstrap: kafka.bootstrap, topic });
  onTestFinished(() => publisher.close());
  return publisher;
}

function decide(ledger: Ledger, minute: string, ...wanted: readonly (readonly [customer: string, action: string])[]): Decision[] {
  const decisions = wanted.map(([customer, action]) => ({
    id: actionId(project.name, customer, action, at(minute)),
    minute: at(minute),
    customer,
    action,
    reason: customer === '7' ? null : `low: ${customer}`,
  }));
  ledger.commit({ minute: at(minute), folder: `/${minute}`, manifest: 'm', digest: 'd', report: '{}' }, decisions);
  return decisions;
}

const idOf = ({ value }: Kept): string => (JSON.parse(value) as { id: string }).id;
const idsOf = (decisions: readonly Decision[]): string[] => decisions.map(({ id }) => id);
const epochOf = ({ headers }: Kept): string | undefined => headers['parallax-epoch'];

/**
 * A coordinator in a process of its own that publishes what waits and is killed, by SIGKILL, where it would first call `method` of its
 * ledger after that. Returns when it is dead.
 */
async function publishAndDieAt(method: 'setState' | 'setMeta'): Promise<void> {
  const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { loadProject } from '@parallax/core/load-project.ts';
    import { ActionPublisher } from ${source('../src/act/publish.ts')};
    import { Ledger } from ${source('../src/ledger/ledger.ts')};
    const [folder, bootstrap, topic, now, method] = process.argv.slice(1);
    const ledger = Ledger.open(folder + '/ledger.sqlite');
    ledger.takeLease('who dies', 1_000_000n, 1_000_000n);
    const publisher = await ActionPublisher.open({ project: await loadProject(folder), ledger, bootstrap, topic });
    Ledger.prototype[method] = () => process.kill(process.pid, 'SIGKILL');
    await publisher.publish(BigInt(now));`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', script, folder, kafka.bootstrap, topic, String(at('10:02')), method],
    { cwd: import.meta.dirname, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

describe('publishing', () => {
  test('sends each action that waits once, the customer as its key, the epoch in its header; makes the topic', async () => {
    const ledger = coordinator('first');
    const decisions = decide(ledger, '10:00', ['7', 'call'], ['1000000000000000003', 'call'], ['7', 'gift']);
    const publisher = await publisherOf(ledger);
    expect(await publisher.publish(at('10:02'))).toEqual({ released: 3, expired: 0 });
    expect(await publisher.publish(at('10:02'))).toEqual({ released: 0, expired: 0 });
    expect(ledger.countByState()).toEqual({ released: 3 });

    const kept = await kafka.read(topic);
    expect(kept.map(epochOf)).toEqual(['1', '1', '1']);
    const sent = kept.map(({ key, value }) => [key, value]).sort();
    const line = (id: string, customer: string, action: string, reason: string): [string, string] => [
      customer,
      `{"id":"${id}","project":"small","minute":"2026-01-05T10:00:00Z","customer_id":"${customer}","action":"${action}","reason":${reason}}`,
    ];
    const [call = '', far = '', gift = ''] = idsOf(decisions);
    const wanted = [
      line(call, '7', 'call', 'null'),
      line(far, '1000000000000000003', 'call', '"low: 1000000000000000003"'),
      line(gift, '7', 'gift', 'null'),
    ];
    expect(sent).toEqual(wanted.sort());
  });

  test('of more than one request’s worth loses and repeats nothing', async () => {
    const ledger = coordinator('first');
    const customers = Array.from({ length: 2 * PUBLISH_BATCH_MAX + 1 }, (_, i) => [String(i), 'call'] as const);
    const decisions = decide(ledger, '10:00', ...customers);
    const publisher = await publisherOf(ledger);
    expect(await publisher.publish(at('10:02'))).toEqual({ released: customers.length, expired: 0 });
    expect((await kafka.read(topic)).map(idOf).sort()).toEqual(idsOf(decisions).sort());
  });

  test('goes on in a topic of several partitions; a customer stays in one', async () => {
    await kafka.createTopic(topic, { partitions: 3 });
    const first = coordinator('first');
    const customers = Array.from({ length: 30 }, (_, i) => String(i));
    const one = decide(first, '10:00', ...customers.map((c) => [c, 'call'] as const));
    await (await publisherOf(first)).publish(at('10:02'));
    const second = coordinator('second');
    const two = decide(second, '10:01', ...customers.map((c) => [c, 'gift'] as const));
    await (await publisherOf(second)).publish(at('10:02'));
    const kept = await kafka.read(topic);
    expect(kept.map(idOf).sort()).toEqual(idsOf([...one, ...two]).sort());
    expect(new Set(kept.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
    expect(new Set(kept.map(({ partition, key }) => `${partition} ${key}`)).size).toBe(customers.length);
  });
});

describe('a coordinator that is killed', () => {
  test('after the broker has confirmed and before the ledger knows: the next finds them on the topic and sends the others only', async () => {
    const first = coordinator('first');
    const sent = decide(first, '10:00', ['1', 'call'], ['2', 'call']);
    await publishAndDieAt('setState');
    expect(first.countByState()).toEqual({ waiting: 2 });
    expect((await kafka.read(topic)).map(idOf).sort()).toEqual(idsOf(sent).sort());

    const second = coordinator('second');
    const more = decide(second, '10:01', ['3', 'call'], ['1', 'gift']);
    const publisher = await publisherOf(second);
    expect(second.countByState()).toEqual({ released: 2, waiting: 2 });
    expect(await publisher.publish(at('10:03'))).toEqual({ released: 2, expired: 0 });
    const kept = await kafka.read(topic);
    expect(kept.map(idOf).sort()).toEqual(idsOf([...sent, ...more]).sort());
    expect(kept.map(epochOf).sort()).toEqual(['2', '2', '3', '3']);
  });

  test('before the position on the topic is noted: what was released stays so and is not sent again', async () => {
    const sent = decide(coordinator('first'), '10:00', ['1', 'call'], ['2', 'call']);
    await publishAndDieAt('setMeta');
    const second = coordinator('second');
    expect(second.countByState()).toEqual({ released: 2 });
    expect(await (await publisherOf(second)).publish(at('10:03'))).toEqual({ released: 0, expired: 0 });
    expect((await kafka.read(topic)).map(idOf).sort()).toEqual(idsOf(sent).sort());
  });

  test('again and again: each is sent once, by the first that came so far', async () => {
    const decisions: Decision[] = [];
    for (const minute of ['10:00', '10:01', '10:02']) {
      decisions.push(...decide(coordinator('next'), minute, ['1', 'call'], ['2', 'gift']));
      await publishAndDieAt('setState');
    }
    const last = coordinator('last');
    expect(await (await publisherOf(last)).publish(at('10:03'))).toEqual({ released: 0, expired: 0 });
    expect(last.countByState()).toEqual({ released: 6 });
    expect((await kafka.read(topic)).map(idOf).sort()).toEqual(idsOf(decisions).sort());
  });

  test('with what others have sent to the topic on its way: only its own actions are marked', async () => {
    const first = coordinator('first');
    const [mine] = decide(first, '10:00', ['1', 'call']);
    await kafka.createTopic(topic);
    await kafka.send(topic, [{ key: '1', value: '{"id":"of another project","project":"other"}' }]);
    await publishAndDieAt('setState');
    const second = coordinator('second');
    await publisherOf(second);
    expect(second.countByState()).toEqual({ released: 1 });
    expect((await kafka.read(topic)).map(idOf)).toEqual(['of another project', mine?.id]);
  });
});

describe('a coordinator that has lost the lease', () => {
  test('sends nothing more', async () => {
    const first = coordinator('first');
    const publisher = await publisherOf(first);
    decide(first, '10:00', ['1', 'call']);
    const second = coordinator('second');
    expect((await failureOf(() => publisher.publish(at('10:02')))).code).toBe('PRLX_FENCED');
    expect(await kafka.read(topic)).toEqual([]);
    expect(await (await publisherOf(second)).publish(at('10:02'))).toEqual({ released: 1, expired: 0 });
    expect((await kafka.read(topic)).map(epochOf)).toEqual(['2']);
  });
});

describe('expiry', () => {
  test('is counted from the minute’s end, by action: what is older is not sent, what is exactly as old is', async () => {
    const ledger = coordinator('first');
    const early = decide(ledger, '10:00', ['1', 'call'], ['2', 'hurry']);
    const later = decide(ledger, '10:09', ['3', 'call'], ['4', 'hurry']);
    const publisher = await publisherOf(ledger);
    // `call`, ten minutes from the gate: until 10:11 and 10:20. `hurry`, its own one minute: until 10:02 and 10:11.
    expect(await publisher.publish(at('10:11'))).toEqual({ released: 3, expired: 1 });
    expect(ledger.countByState()).toEqual({ released: 3, expired: 1 });
    const [call = '', hurry = ''] = idsOf(early);
    const ids = (await kafka.read(topic)).map(idOf);
    expect(ids.sort()).toEqual([call, ...idsOf(later)].sort());
    expect(ids).not.toContain(hurry);
  });

  test('comes with the next microsecond, and is final', async () => {
    const ledger = coordinator('first');
    decide(ledger, '10:00', ['1', 'call']);
    const publisher = await publisherOf(ledger);
    expect(await publisher.publish(at('10:11') + 1n)).toEqual({ released: 0, expired: 1 });
    expect(await publisher.publish(at('10:02'))).toEqual({ released: 0, expired: 0 });
    expect([await kafka.read(topic), ledger.countByState()]).toEqual([[], { expired: 1 }]);
  });

  test('does not take what a coordinator that was killed had sent in time', async () => {
    const sent = decide(coordinator('first'), '10:00', ['1', 'call']);
    await publishAndDieAt('setState');
    const second = coordinator('second');
    expect(await (await publisherOf(second)).publish(at('23:00'))).toEqual({ released: 0, expired: 0 });
    expect(second.countByState()).toEqual({ released: 1 });
    expect((await kafka.read(topic)).map(idOf)).toEqual(idsOf(sent));
  });
});
