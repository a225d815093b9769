/** One random project and recording from a seed, and the test case of any part of it. */
import type { Case } from '../contract/case.ts';
import { buildProject } from '../contract/project-builder.ts';
import { buildRecording, instant } from '../contract/recording-builder.ts';
import { MINUTE } from '../oracle/time.ts';
import { batchDays, type Day, daySpec } from './batch-days.ts';
import { histories, keysOf, type OwnedMessage } from './histories.ts';
import { type Call, callSpec, onlineCalls } from './online-calls.ts';
import { randomOf, Tally } from './random.ts';
import { type Shape, shapes } from './shapes.ts';

export const SHAPES_COUNT = 4;

export interface Generated {
  readonly seed: string;
  readonly shape: Shape;
  readonly keys: readonly string[];
  readonly messages: readonly OwnedMessage[];
  readonly days: readonly Day[];
  readonly calls: readonly Call[];
  readonly missed: readonly bigint[];
  /** How many of each kind of disorder were made. */
  readonly tally: Tally;
}

/** `index` below SHAPES_COUNT. */
export function generate(seed: string, index: number): Generated {
  const shape = shapes(randomOf(`${seed} shapes`))[index];
  if (shape === undefined) throw new Error(`no shape ${index}`);
  const random = randomOf(`${seed} ${shape.name}`);
  const tally = new Tally();
  const keys = keysOf(random, shape);
  const missed = [5, 9].map((each) => instant(shape.from) + BigInt(each) * MINUTE);
  tally.add('missed minute', missed.length);
  return {
    seed,
    shape,
    keys,
    messages: histories(random, shape, keys, tally),
    days: batchDays(random, shape, keys, tally),
    calls: onlineCalls(random, shape, keys, tally),
    missed,
    tally,
  };
}

/** What is left of a generated recording when it is made smaller. */
export interface Part {
  /** Customers; null: all. */
  readonly keep: ReadonlySet<string> | null;
  readonly iterations: number;
  readonly messages: readonly OwnedMessage[];
}

export function whole(generated: Generated): Part {
  return { keep: null, iterations: generated.shape.iterations, messages: generated.messages };
}

export function caseOf({ shape, days, calls, missed }: Generated, part: Part): Case {
  const from = instant(shape.from);
  const end = from + BigInt(part.iterations) * MINUTE;
  const kept = (owner: string): boolean => part.keep === null || part.keep.has(owner);
  return {
    project: buildProject(shape.project),
    recording: buildRecording({
      from,
      iterations: part.iterations,
      messages: part.messages.filter((message) => message.iteration < end && kept(message.owner)),
      batch: Object.fromEntries(days.map((day) => [day.day, daySpec(day, part.keep)])),
      online: calls.filter((call) => call.iteration < end).map((call) => callSpec(call, part.keep)),
      missed: missed.filter((minute) => minute < end),
    }),
  };
}
