import { MICROS_PER_MINUTE, type Micros, type Project, type Stream } from '@parallax/core';
import type { Random } from '../random.ts';
import type { Arrival, Event } from './happenings.ts';
import { fitting } from './happenings.ts';
import { payloadOf } from './messages.ts';
import { faultMinutes, type Plan } from './plan.ts';

const TOO_LARGE = 1024 * 1024 + 1;

/**
 * What no source should send and every source does: messages that are no events, events too late and too early to the microsecond, and the
 * same event again: as it was, with another payload, with another time, and after its id is free again.
 */
export function disorder(project: Project, plan: Plan, stream: Stream, events: readonly Event[], random: Random): readonly Arrival[] {
  const found: Arrival[] = [];
  const text = (event: Event['happening']) => payloadOf(project, stream, event, random);
  for (const [i, minute] of faultMinutes(plan).entries()) {
    const here = events.filter((e) => e.minute === minute);
    const some = here[random.below(Math.max(1, here.length))];
    if (some === undefined) continue;
    const { happening } = some;
    const other = (time: Micros, id: string) => text({ ...happening, time: fitting(stream, time), id });
    const late = minute - project.latenessUs;
    const ahead = minute + MICROS_PER_MINUTE + project.maxAheadUs;
    const unit = stream.time.format === 'epoch_ms' ? 1000n : 1n;
    const payloads: Arrival['payload'][] = [
      other(late - unit, `late-${i}`),
      other(late, `just-in-time-${i}`),
      other(ahead, `ahead-${i}`),
      other(ahead - unit, `just-not-ahead-${i}`),
      ...invalid(project, stream, text(happening), i),
      // The same event again.
      text(happening),
    ];
    const before = events.find((e) => e.minute === minute - 2n * MICROS_PER_MINUTE);
    if (before !== undefined) payloads.push(text(before.happening));
    if (i === 1) payloads.push(...twins(stream, happening, text));
    const old = events.findLast((e) => e.happening.time < late && e.minute < late);
    // Its id is free again: its time is older than lateness.
    if (i === 3 && old !== undefined) payloads.push(text({ ...happening, id: old.happening.id }));
    found.push(...payloads.map((payload) => ({ minute, payload })));
  }
  return found;
}

/** Two messages of one id: at one time with other values, which the payload's bytes order, and at two times, of which the earlier counts. */
function twins(stream: Stream, happening: Event['happening'], text: (event: Event['happening']) => string): string[] {
  const values = new Map([...happening.values].map(([name, value]) => [name, value === null ? null : value + 1n] as const));
  const time = fitting(stream, happening.time);
  return [
    text({ ...happening, id: 'twin-a', time }),
    text({ ...happening, id: 'twin-a', time, values }),
    text({ ...happening, id: 'twin-b', time }),
    text({ ...happening, id: 'twin-b', time: fitting(stream, time - 1_000_000n), values }),
  ];
}

/** Broken messages, a few an iteration and all over the iterations. */
function invalid(project: Project, stream: Stream, good: string, index: number): Arrival['payload'][] {
  const renamed = (path: readonly string[], value: string) =>
    good.replace(new RegExp(`"${path.at(-1)}":("[^"]*"|[^,}]*)`), `"${path.at(-1)}":${value}`);
  const [variable] = stream.variables;
  const makers: (() => Arrival['payload'])[] = [
    () => null,
    () => good.slice(0, -7),
    () => `${good} x`,
    () => renamed(stream.keyPath, project.key.type === 'bigint' ? '"17"' : '17'),
    () => renamed(stream.time.path, '"2026-02-30T00:00:00Z"'),
    () => ({ base64: Buffer.concat([Buffer.from(good.slice(0, -1)), Buffer.from(',"\xff":1}', 'latin1')]).toString('base64') }),
    () => (stream.eventIdPath === null ? '[]' : renamed(stream.eventIdPath, '17')),
    () => (variable === undefined ? '1' : withValue(good, variable.path, '"5"')),
    () => (variable === undefined ? '""' : withValue(good, variable.path, '1e29')),
    () => `${good.slice(0, -1)},"filler":"${'x'.repeat(TOO_LARGE)}"}`,
  ];
  // The message beyond the size limit comes once: it is a megabyte.
  return [0, 1, 2].map((n) => (index * 3 + n) % makers.length).flatMap((at) => (at === 9 && index > 3 ? [] : [makers[at]?.() ?? null]));
}

/** The object with one more member; the last of a name wins. */
function withValue(good: string, path: readonly string[], value: string): string {
  const nested = path.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, value);
  return `${good.slice(0, -1)},${nested.slice(1)}`;
}
