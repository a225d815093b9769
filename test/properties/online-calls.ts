/** Random bulk calls of the online sources: good answers, faults, retries, stale and absent customers. */
import { keyOf, type OnlineSpec } from '../contract/project-builder.ts';
import { instant, type OnlineCallSpec } from '../contract/recording-builder.ts';
import { formatMicros, MINUTE } from '../oracle/time.ts';
import { numberText, outOfRange } from './number-text.ts';
import { type Fields, objectText, stringText } from './payload-text.ts';
import type { Random, Tally } from './random.ts';
import type { Shape } from './shapes.ts';

/** A call whose rows can still be taken away. */
export interface Call {
  readonly iteration: bigint;
  readonly source: string;
  readonly at: string;
  readonly status: number;
  readonly attempt: number;
  readonly ids: readonly string[];
  readonly rows: readonly { readonly owner: string; readonly text: string }[];
  /** The body around the rows, `%` in their place; null: `fault` is the body. */
  readonly frame: string | null;
  readonly fault: string;
}

export function onlineCalls(random: Random, shape: Shape, keys: readonly string[], tally: Tally): Call[] {
  const calls: Call[] = [];
  for (const [source, spec] of Object.entries(shape.project.online ?? {})) {
    for (let index = 0; index < shape.iterations; index++) {
      const iteration = instant(shape.from) + BigInt(index) * MINUTE;
      if (random.chance(0.15)) {
        tally.add('online: silent minute');
        continue;
      }
      const asked = random.shuffle(keys).slice(0, Math.floor(keys.length * (0.3 + random.int(7) / 10)));
      const chunk = random.between(30, 120);
      for (let start = 0; start < asked.length; start += chunk) {
        calls.push(...attempts(random, shape, source, spec, iteration, asked.slice(start, start + chunk), tally));
      }
    }
  }
  return random.shuffle(calls);
}

const FAULTS = [
  'status',
  'time-out',
  'empty',
  'no json',
  'trailing',
  'no rows',
  'rows no list',
  'key twice',
  'bad key',
  'bad type',
  'out of range',
  'row no object',
] as const;

/** One or more calls for the same ids, often at the same instant. */
function attempts(
  random: Random,
  shape: Shape,
  source: string,
  spec: OnlineSpec,
  iteration: bigint,
  ids: readonly string[],
  tally: Tally,
): Call[] {
  const count = random.pick([1, 1, 1, 2, 3]);
  const base = iteration + 35_000_000n + BigInt(random.int(20)) * 1_000_000n;
  return Array.from({ length: count }, (_, attempt) => {
    const at = formatMicros(base + random.pick([0n, 1n, -1n, 1_000_000n]));
    if (count > 1) tally.add('online: several answers');
    const fault = random.chance(0.35) ? random.pick(FAULTS) : null;
    return callOf(random, shape, { source, spec, iteration, ids, at, attempt: attempt + 1 }, fault, tally);
  });
}

interface Attempt {
  readonly source: string;
  readonly spec: OnlineSpec;
  readonly iteration: bigint;
  readonly ids: readonly string[];
  readonly at: string;
  readonly attempt: number;
}

function callOf(
  random: Random,
  shape: Shape,
  { source, spec, ...call }: Attempt,
  fault: (typeof FAULTS)[number] | null,
  tally: Tally,
): Call {
  tally.add(`online: ${fault ?? 'answer'}`);
  const key = keyOf(shape.project);
  const keyField = spec.key ?? key.name;
  const keyText = (id: string): string => (key.type === 'text' ? stringText(random, id) : id);
  const rowOf = (id: string, spoil?: string): { owner: string; text: string } => {
    const fields: Fields = new Map([[keyField, keyText(id)]]);
    for (const field of spec.fields) {
      const kind = random.pick(['number', 'number', 'number', 'null', 'absent']);
      if (kind === 'number') fields.set(field.field, numberText(random, field.places, tally));
      if (kind === 'null') fields.set(field.field, 'null');
    }
    const [first] = spec.fields;
    if (spoil !== undefined && first !== undefined) fields.set(first.field, spoil);
    return { owner: id, text: objectText(random, fields, tally) };
  };
  const rows = call.ids.filter(() => !random.chance(0.1)).map((id) => rowOf(id));
  if (random.chance(0.3)) {
    const extra = key.type === 'text' ? 'nobody' : '424242';
    tally.add('online: not asked for');
    rows.push(rowOf(extra));
  }
  const [first] = rows;
  const path = (spec.rows ?? 'customers').split('.');
  const frame = (list: string): string => path.reduceRight((inner, name) => `{"page":1,${JSON.stringify(name)}:${inner}}`, list);
  const places = spec.fields[0]?.places ?? 0;
  const spoiled: Record<string, { owner: string; text: string }> = {
    'key twice': first ?? { owner: '', text: '{}' },
    'bad key': { owner: '', text: `{${JSON.stringify(keyField)}:null}` },
    'bad type': rowOf('1', '"1"'),
    'out of range': rowOf('1', outOfRange(random, places)),
    'row no object': { owner: '', text: random.pick(['1', 'null', '[]']) },
  };
  const bodies: Record<string, string> = {
    empty: '',
    'no json': '<html>busy</html>',
    trailing: `${frame('[]')}]`,
    'no rows': '{"page":1}',
    'rows no list': frame('{}'),
  };
  const bad = fault === null ? undefined : spoiled[fault];
  const status = fault === 'time-out' ? 0 : fault === 'status' ? random.pick([429, 500, 503, 204, 301]) : 200;
  const body = fault === null ? undefined : fault === 'time-out' ? '' : bodies[fault];
  return {
    ...call,
    source,
    status,
    rows: bad === undefined ? rows : random.shuffle([...rows, { ...bad, owner: '' }]),
    frame: body === undefined ? frame('[%]') : null,
    fault: body ?? '',
  };
}

/** The call for the recording, of the kept customers only (all when `keep` is null). Rows that make a body no answer stay. */
export function callSpec(call: Call, keep: ReadonlySet<string> | null): OnlineCallSpec {
  const { iteration, source, at, status, attempt } = call;
  const kept = (owner: string): boolean => keep === null || owner === '' || keep.has(owner);
  const rows = call.rows.filter((row) => kept(row.owner)).map((row) => row.text);
  const body = call.frame === null ? call.fault : call.frame.replace('%', () => rows.join(','));
  return { iteration, source, at, status, attempt, ids: call.ids.filter((id) => keep === null || keep.has(id)), body };
}
