import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { MICROS_PER_MINUTE, type Micros, type Project, type VerdictSource } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { KafkaActionsTopic } from '../src/act/actions-topic.ts';
import { actionId, termsOf } from '../src/act/decide.ts';
import { GateKeeper } from '../src/act/gate-keeper.ts';
import { ActionPublisher } from '../src/act/publish.ts';
import type { Decision, GatedDecision } from '../src/ledger/action-book.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { PUBLISH_BATCH_MAX } from '../src/limits.ts';
import { verdictOn } from './gate-support.ts';
import { type Kept, recordOf, TestKafka } from './kafka-support.ts';
import { address } from './real-engine.ts';
import { at, FILES, failureOf, folderOf, ManualClock } from './support.ts';

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

function publisherOf(ledger: Ledger): ActionPublisher {
  const publisher = new ActionPublisher({
    ledger,
    topic: new KafkaActionsTopic(kafka.bootstrap, topic),
    project: { name: project.name, key: project.key.name },
  });
  onTestFinished(() => publisher.close());
  return publisher;
}

/** One turn of the gate at `now`, with the alternative off unless there are verdicts; counts what left and what expired. */
async function turn(
  ledger: Ledger,
  now: Micros,
  { publisher = publisherOf(ledger), verdicts = null }: { publisher?: ActionPublisher; verdicts?: VerdictSource | null } = {},
): Promise<{ released: number; expired: number }> {
  await publisher.claim(now);
  const before = ledger.actions.countByState();
  const options = { ledger, publisher, verdicts, clock: new ManualClock(now), wait: 60_000_000n };
  await new GateKeeper({ ...options, onStatus: () => undefined, note: () => undefined }).turn();
  const after = ledger.actions.countByState();
  const grown = (state: string): number => (after[state] ?? 0) - (before[state] ?? 0);
  return { released: grown('released'), expired: grown('expired') };
}

function decide(ledger: Ledger, minute: string, ...wanted: readonly (readonly [customer: string, action: string])[]): GatedDecision[] {
  const decisions = wanted.map(([customer, action]) => ({
    id: actionId(project.name, customer, action, at(minute)),
    minute: at(minute),
    customer,
    action,
    reason: customer === '7' ? null : `low: ${customer}`,
    ...termsOf(project.actions.get(action) ?? project.defaultAction, at(minute), at(minute) + MICROS_PER_MINUTE),
  }));
  ledger.commit({ minute: at(minute), folder: `/${minute}`, manifest: 'm', digest: 'd', report: '{}' }, decisions);
  return decisions;
}

const idOf = ({ value }: Kept): string => (JSON.parse(value) as { id: string }).id;
const idsOf = (decisions: readonly Decision[]): string[] => decisions.map(({ id }) => id);
const epochOf = ({ headers }: Kept): string | undefined => headers['parallax-epoch'];

/** Where a coordinator dies: with the messages written and their transaction open; confirmed, and the ledger does not know; or after that. */
type Death = 'before the commit' | 'before the ledger knows' | 'before the position is noted';

/** A coordinator in a process of its own that publishes what waits and is killed, by SIGKILL, at `death`. Returns when it is dead. */
async function publishAndDie(death: Death): Promise<void> {
  const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { Producer } from '@platformatic/kafka';
    import { loadProject } from '@parallax/core/load-project.ts';
    import { KafkaActionsTopic } from ${source('../src/act/actions-topic.ts')};
    import { GateKeeper } from ${source('../src/act/gate-keeper.ts')};
    import { ActionPublisher } from ${source('../src/act/publish.ts')};
    import { ActionBook } from ${source('../src/ledger/action-book.ts')};
    import { Ledger } from ${source('../src/ledger/ledger.ts')};
    const [folder, bootstrap, topic, now, death] = process.argv.slice(1);
    const ledger = Ledger.open(folder + '/ledger.sqlite');
    ledger.takeLease('who dies', 1_000_000n, 1_000_000n);
    const project = await loadProject(folder);
    const kafka = new KafkaActionsTopic(bootstrap, topic);
    const publisher = new ActionPublisher({ ledger, topic: kafka, project: { name: project.name, key: project.key.name } });
    await publisher.claim(BigInt(now));
    const die = () => process.kill(process.pid, 'SIGKILL');
    if (death === 'before the ledger knows') ActionBook.prototype.change = die;
    if (death === 'before the position is noted') Ledger.prototype.setMeta = die;
    if (death === 'before the commit') {
      const begin = Producer.prototype.beginTransaction;
      Producer.prototype.beginTransaction = async function (...args) {
        const transaction = await begin.apply(this, args);
        transaction.commit = die;
        return transaction;
      };
    }
    const clock = { now: () => BigInt(now), sleep: async () => {} };
    const gate = { ledger, publisher, verdicts: null, clock, wait: 0n, onStatus: () => {}, note: () => {} };
    await new GateKeeper(gate).turn();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder, kafka.bootstrap, topic, String(at('10:02')), death], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

describe('publishing', () => {
  test('sends each action that waits once, the customer as its key, the epoch in its header; makes the topic', async () => {
    const ledger = coordinator('first');
    const decisions = decide(ledger, '10:00', ['7', 'call'], ['1000000000000000003', 'call'], ['7', 'gift']);
    const publisher = publisherOf(ledger);
    expect(await turn(ledger, at('10:02'), { publisher })).toEqual({ released: 3, expired: 0 });
    expect(await turn(ledger, at('10:02'), { publisher })).toEqual({ released: 0, expired: 0 });
    expect(ledger.actions.countByState()).toEqual({ released: 3 });

    const kept = await kafka.read(topic);
    expect(kept.map(epochOf)).toEqual(['1', '1', '1']);
    const sent = kept.map(({ key, value }) => [key, value]).sort();
    const line = (id: string, customer: string, action: string, reason: string): [string, string] => [
      customer,
      `{"id":"${id}","project":"small","minute":"2026-01-05T10:00:00Z","customer_id":"${customer}","action":"${action}","reason":${reason},"right":"unverified"}`,
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
    expect(await turn(ledger, at('10:02'))).toEqual({ released: customers.length, expired: 0 });
    expect((await kafka.read(topic)).map(idOf).sort()).toEqual(idsOf(decisions).sort());
  });

  test('goes on in a topic of several partitions; a customer stays in one', async () => {
    await kafka.createTopic(topic, { partitions: 3 });
    const first = coordinator('first');
    const customers = Array.from({ length: 30 }, (_, i) => String(i));
    const one = decide(first, '10:00', ...customers.map((c) => [c, 'call'] as const));
    await turn(first, at('10:02'));
    const second = coordinator('second');
    const two = decide(second, '10:01', ...customers.map((c) => [c, 'gift'] as const));
    await turn(second, at('10:02'));
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
    await publishAndDie('before the ledger knows');
    expect(first.actions.countByState()).toEqual({ waiting: 2 });
    expect((await kafka.read(topic)).map(idOf).sort()).toEqual(idsOf(sent).sort());

    const second = coordinator('second');
    const more = decide(second, '10:01', ['3', 'call'], ['1', 'gift']);
    const publisher = publisherOf(second);
    await publisher.claim(at('10:03'));
    expect(second.actions.countByState()).toEqual({ released: 2, waiting: 2 });
    expect(await turn(second, at('10:03'), { publisher })).toEqual({ released: 2, expired: 0 });
    const kept = await kafka.read(topic);
    expect(kept.map(idOf).sort()).toEqual(idsOf([...sent, ...more]).sort());
    expect(kept.map(epochOf).sort()).toEqual(['2', '2', '3', '3']);
  });

  test('with its transaction open: nothing of it was sent, and the next sends all of it', async () => {
    const sent = decide(coordinator('first'), '10:00', ['1', 'call'], ['2', 'call']);
    await publishAndDie('before the commit');
    const second = coordinator('second');
    expect(await turn(second, at('10:03'))).toEqual({ released: 2, expired: 0 });
    const kept = await kafka.read(topic);
    expect(kept.map(idOf).sort()).toEqual(idsOf(sent).sort());
    expect(kept.map(epochOf)).toEqual(['3', '3']);
  });

  test('before the position on the topic is noted: what was released stays so and is not sent again', async () => {
    const sent = decide(coordinator('first'), '10:00', ['1', 'call'], ['2', 'call']);
    await publishAndDie('before the position is noted');
    const second = coordinator('second');
    expect(second.actions.countByState()).toEqual({ released: 2 });
    expect(await turn(second, at('10:03'))).toEqual({ released: 0, expired: 0 });
    expect((await kafka.read(topic)).map(idOf).sort()).toEqual(idsOf(sent).sort());
  });

  test('again and again: each is sent once, by the first that came so far', async () => {
    const decisions: Decision[] = [];
    for (const minute of ['10:00', '10:01', '10:02']) {
      decisions.push(...decide(coordinator('next'), minute, ['1', 'call'], ['2', 'gift']));
      await publishAndDie('before the ledger knows');
    }
    const last = coordinator('last');
    expect(await turn(last, at('10:03'))).toEqual({ released: 0, expired: 0 });
    expect(last.actions.countByState()).toEqual({ released: 6 });
    expect((await kafka.read(topic)).map(idOf).sort()).toEqual(idsOf(decisions).sort());
  });

  test('with what others have sent to the topic on its way: only its own actions are marked', async () => {
    const first = coordinator('first');
    const [mine] = decide(first, '10:00', ['1', 'call']);
    await kafka.createTopic(topic);
    await kafka.send(topic, [{ key: '1', value: '{"id":"of another project","project":"other"}' }]);
    await publishAndDie('before the ledger knows');
    const second = coordinator('second');
    await publisherOf(second).claim(at('10:03'));
    expect(second.actions.countByState()).toEqual({ released: 1 });
    expect((await kafka.read(topic)).map(idOf)).toEqual(['of another project', mine?.id]);
  });
});

describe('a coordinator that has lost the lease', () => {
  test('sends nothing more', async () => {
    const first = coordinator('first');
    const publisher = publisherOf(first);
    await publisher.claim(at('10:02'));
    decide(first, '10:00', ['1', 'call']);
    const second = coordinator('second');
    expect((await failureOf(() => turn(first, at('10:02'), { publisher }))).code).toBe('PRLX_FENCED');
    expect(await kafka.read(topic)).toEqual([]);
    expect(await turn(second, at('10:02'))).toEqual({ released: 1, expired: 0 });
    expect((await kafka.read(topic)).map(epochOf)).toEqual(['2']);
  });

  test('and slept between asking the ledger and sending is refused by the broker, and does not hinder who has it', async () => {
    const message = (value: string) => [{ key: '1', value, headers: new Map() }];
    const [slept, awake] = [new KafkaActionsTopic(kafka.bootstrap, topic), new KafkaActionsTopic(kafka.bootstrap, topic)];
    onTestFinished(async () => {
      await slept.close();
      await awake.close();
    });
    await slept.claim();
    await slept.send(message('in time'));
    await awake.claim();
    expect(await failureOf(() => slept.send(message('too late')))).toMatchObject({ code: 'PRLX_BROKER', retryable: true });
    await awake.send(message('in its place'));
    expect((await kafka.read(topic)).map(({ value }) => value)).toEqual(['in time', 'in its place']);
  });
});

describe('reading back', () => {
  test('takes nothing of two aborted transactions of one producer for sent', async () => {
    await kafka.createTopic(topic);
    const producer = kafka.producer(`${topic}-other`);
    const inTransaction = async (value: string, end: 'commit' | 'abort') => {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [recordOf(topic, { value })] });
      await transaction[end]();
    };
    await inTransaction('aborted', 'abort');
    await inTransaction('committed', 'commit');
    await inTransaction('aborted again', 'abort');
    const reader = new KafkaActionsTopic(kafka.bootstrap, topic);
    const { values, positions } = await reader.readBack(new Map());
    expect([values, positions]).toEqual([['committed'], new Map([[0, 6n]])]);
    expect(await reader.readBack(positions)).toEqual({ values: [], positions });
    expect((await reader.readBack(new Map([[0, 3n]]))).values).toEqual([]);
  });

  test('refuses to guess while another producer has a transaction open', async () => {
    await kafka.createTopic(topic);
    const transaction = await kafka.producer(`${topic}-other`).beginTransaction();
    await transaction.send({ messages: [recordOf(topic, { value: 'open' })] });
    const failure = await failureOf(() => new KafkaActionsTopic(kafka.bootstrap, topic).readBack(new Map()));
    expect(failure).toMatchObject({ code: 'PRLX_BROKER', retryable: true });
    await transaction.abort();
  });
});

describe('the gate', () => {
  test('sends what a match clears, and by hand what it held, each with its right', async () => {
    const ledger = coordinator('first');
    const publisher = publisherOf(ledger);
    const [free, blocked] = decide(ledger, '10:00', ['1', 'call'], ['2', 'call']);
    const verdict = verdictOn(at('10:00'), { verdict: 'mismatch', blocks: { kind: 'customers', customers: ['2'] } });
    const verdicts: VerdictSource = { verdictOf: () => verdict };
    expect(await turn(ledger, at('10:02'), { publisher, verdicts })).toEqual({ released: 1, expired: 0 });
    expect(ledger.actions.countByState()).toEqual({ released: 1, held: 1 });
    ledger.actions.file({ decision: blocked?.id ?? '', wanted: 'release', who: 'ada', why: 'seen by hand', filed: at('10:02') });
    expect(await turn(ledger, at('10:03'), { publisher, verdicts })).toEqual({ released: 1, expired: 0 });
    const sent = (await kafka.read(topic)).map(({ value }) => JSON.parse(value) as { id: string; right: string });
    expect(sent.map(({ id, right }) => [id, right])).toEqual([
      [free?.id, 'verdict'],
      [blocked?.id, 'hand'],
    ]);
  });
});

describe('expiry', () => {
  test('is counted from the minute’s end, by action: what is older is not sent, what is exactly as old is', async () => {
    const ledger = coordinator('first');
    const early = decide(ledger, '10:00', ['1', 'call'], ['2', 'hurry']);
    const later = decide(ledger, '10:09', ['3', 'call'], ['4', 'hurry']);
    // `call`, ten minutes from the gate: until 10:11 and 10:20. `hurry`, its own one minute: until 10:02 and 10:11.
    expect(await turn(ledger, at('10:11'))).toEqual({ released: 3, expired: 1 });
    expect(ledger.actions.countByState()).toEqual({ released: 3, expired: 1 });
    const [call = '', hurry = ''] = idsOf(early);
    const ids = (await kafka.read(topic)).map(idOf);
    expect(ids.sort()).toEqual([call, ...idsOf(later)].sort());
    expect(ids).not.toContain(hurry);
  });

  test('comes with the next microsecond, and is final', async () => {
    const ledger = coordinator('first');
    decide(ledger, '10:00', ['1', 'call']);
    expect(await turn(ledger, at('10:11') + 1n)).toEqual({ released: 0, expired: 1 });
    expect(await turn(ledger, at('10:02'))).toEqual({ released: 0, expired: 0 });
    expect([await kafka.read(topic), ledger.actions.countByState()]).toEqual([[], { expired: 1 }]);
  });

  test('does not take what a coordinator that was killed had sent in time', async () => {
    const sent = decide(coordinator('first'), '10:00', ['1', 'call']);
    await publishAndDie('before the ledger knows');
    const second = coordinator('second');
    expect(await turn(second, at('23:00'))).toEqual({ released: 0, expired: 0 });
    expect(second.actions.countByState()).toEqual({ released: 1 });
    expect((await kafka.read(topic)).map(idOf)).toEqual(idsOf(sent));
  });
});
