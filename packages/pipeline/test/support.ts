import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Micros, ParallaxError, type Project, parseSecond, type Seal } from '@parallax/core';
import { loadProject } from '@parallax/core/load-project.ts';
import { onTestFinished } from 'vitest';
import type { Clock } from '../src/run/clock.ts';

/** Texts by path. A test adds, replaces or (null) leaves out. */
export type Files = Readonly<Record<string, string | null>>;

/** A small project with every kind of file: two streams, one with a `-` in its name; two batch sources; a scorecard; one online source. */
export const FILES: Readonly<Record<string, string>> = {
  'parallax.yaml': 'name: small\nkey: { name: customer_id, type: bigint }\nbase: dwh.profile\nactions: { call: { cool_down: 30m } }\n',
  'streams/care-desk.yaml': `key: { field: customer_id }
time: { field: event_time }
event_id: event_id
variables:
  - { name: wait, field: wait, places: 1, aggregates: [last] }
`,
  'streams/network.yaml': `key: { field: customer_id }
time: { field: event_time }
event_id: event_id
variables:
  - { name: drops, field: drops, places: 0, aggregates: [sum, count] }
  - { name: latency, field: radio.latency_ms, places: 2, aggregates: [avg, max] }
`,
  'batch/dwh.yaml': `tables:
  - name: profile
    key: customer_id
    columns:
      - { name: tier, type: text }
      - { name: months, places: 0 }
`,
  'batch/nosql.yaml': `tables:
  - { name: usage, key: cust, scorecard: true }
`,
  'batch/scorecard.csv': `source,table,column,module,transform,weight,missing_as
nosql,usage,v1,habit,"linear(-0.05,3)",-1.5,0
nosql,usage,v2,value,"cap(-1,1)|bin(0:-7;*:0.25)",2,
nosql,usage,v2,habit,flag(-12),0.000001,-0.5
`,
  'online/care.yaml': `rows: customers
key: customer_id
chunk: 2
max_age: 3
fields:
  - { name: open_tickets, field: tickets.open, places: 0 }
  - { name: mood, field: mood, places: 1 }
`,
  'satisfaction.sql': 'SELECT customer_id, CAST(50 AS DECIMAL(5,2)) AS satisfaction FROM stream\n',
  'actions.sql': "SELECT customer_id, 'call' AS action, 'low' AS reason FROM satisfaction\n",
};

/** A new folder with these files; removed when the test has finished. */
export async function folderOf(files: Files = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'parallax-pipeline-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFiles(directory, files);
  return directory;
}

export async function writeFiles(directory: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    if (text === null) continue;
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

/** FILES with `changes`, loaded. */
export async function projectOf(changes: Files = {}): Promise<Project> {
  return loadProject(await folderOf({ ...FILES, ...changes }));
}

/** `YYYY-MM-DDTHH:MM:SSZ` in microseconds; `10:20` is a minute of the test day. */
export function at(text: string): Micros {
  const time = parseSecond(/^\d\d:\d\d$/.test(text) ? `2026-01-05T${text}:00Z` : text);
  if (time === null) throw new Error(`not a time: ${text}`);
  return time;
}

export function sealOf(minute: string, changes: Partial<Seal> = {}): Seal {
  return {
    format: 1,
    project: 'small',
    projectHash: 'h',
    minute: `2026-01-05T${minute}:00Z`,
    missed: false,
    streams: [],
    batch: null,
    ...changes,
  };
}

/** What `work` throws, which must be a ParallaxError. */
export async function failureOf(work: () => unknown): Promise<ParallaxError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ParallaxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A clock that stands still until it is turned: sleepers wake when their time has come or their signal aborts. */
export class ManualClock implements Clock {
  #now: Micros;
  readonly #sleepers = new Set<{ readonly until: Micros; readonly wake: () => void }>();
  /** What was slept for, in order: ms. */
  readonly slept: number[] = [];

  constructor(now: Micros) {
    this.#now = now;
  }

  now(): Micros {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        until: this.#now + BigInt(Math.ceil(ms * 1000)),
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake);
    });
  }

  turnTo(time: Micros): void {
    this.#now = time;
    for (const sleeper of [...this.#sleepers]) if (sleeper.until <= time) sleeper.wake();
  }
}

/** A clock on which every sleep is over at once, after turning it by that much. */
export function hastyClock(start: Micros): Clock & { readonly slept: number[] } {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += BigInt(Math.round(ms * 1000));
    },
  };
}
