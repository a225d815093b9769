import { formatMicros, MICROS_PER_MINUTE, MICROS_PER_SECOND, type Micros, type OnlineSource, type Project } from '@parallax/core';
import { Random } from '../random.ts';
import type { Candidate } from './candidates.ts';
import { decimalText } from './messages.ts';
import { faultMinutes, type Plan } from './plan.ts';
import { drawNumber, type Pools } from './pools.ts';

/** Customers of one bulk call. */
const PAGE = 13;

/** Minutes from one gap of a page's answers to the next. */
const GAP_EVERY = 11;

/** A line of a recording's `online/<source>.ndjson`. */
export interface CallLine {
  readonly at: string;
  readonly ids: readonly string[];
  readonly attempt: number;
  readonly status: number;
  readonly body: string | null;
}

/**
 * The bulk calls of one source: pages of customers whose answers never fail, and pages of busy customers that meet every fault: time-outs,
 * errors, bodies that are no answer, missing and unasked rows, an answer that another replaces, and a gap longer than an answer lasts.
 */
export function callsOf(
  project: Project,
  plan: Plan,
  pools: Pools,
  source: OnlineSource,
  candidates: readonly Candidate[],
): ReadonlyMap<Micros, readonly CallLine[]> {
  const random = new Random(`${plan.seed}/online ${source.name}`);
  const steady = new Map(candidates.map((c) => [c.key, c.online.get(source.name)]));
  const calls = new Map<Micros, CallLine[]>();
  for (const minute of [plan.faultsFrom - MICROS_PER_MINUTE, ...faultMinutes(plan)]) {
    if (minute < plan.from || plan.missed.has(minute)) continue;
    const lines: CallLine[] = [];
    const at = (second: number) => formatMicros(minute + BigInt(second) * MICROS_PER_SECOND);
    for (const ids of pages(plan.single)) {
      const rows = ids.flatMap((key) => {
        const values = steady.get(key);
        return values === undefined ? [] : [rowText(project, source, key, values)];
      });
      lines.push({ at: at(36), ids, attempt: 1, status: 200, body: bodyText(source, rows) });
    }
    const index = Number((minute - plan.faultsFrom) / MICROS_PER_MINUTE);
    for (const [page, ids] of pages(plan.busy).entries()) {
      const own = random.fork(`${minute} ${page}`);
      const answer = () =>
        bodyText(
          source,
          ids.filter(() => own.chance(0.93)).map((key) => rowText(project, source, key, drawRow(pools, source, own))),
        );
      lines.push(...busyCalls(page, index, ids, answer, at));
    }
    calls.set(minute, lines);
  }
  return calls;
}

function busyCalls(page: number, index: number, ids: readonly string[], answer: () => string, at: (second: number) => string): CallLine[] {
  const good: CallLine = { at: at(37), ids, attempt: 1, status: 200, body: answer() };
  const failed = (status: number, body: string | null): CallLine => ({ ...good, status, body });
  // One page has no answer for five minutes, again and again: longer than the last one may stand in.
  const phase = index % GAP_EVERY;
  if (page === 1 && phase >= 2 && phase <= 6) return [failed(index % 2 === 0 ? 0 : 500, null)];
  switch ((index + 9 + page) % 5) {
    case 0:
      return [failed(0, null), { ...good, at: at(52), attempt: 2 }];
    case 1:
      return [failed(200, good.body?.slice(0, -9) ?? null)];
    case 2:
      // The later answer counts, whatever the order of the lines.
      return [{ ...good, at: at(58), body: answer() }, good];
    case 3:
      return [{ ...good, ids: ids.slice(1) }];
    default:
      return [good];
  }
}

function drawRow(pools: Pools, source: OnlineSource, random: Random): ReadonlyMap<string, bigint | null> {
  return new Map(source.fields.map((f) => [f.name, drawNumber(random, pools.numbers.get(`${source.name}_${f.name}`) ?? [], f.places)]));
}

function rowText(project: Project, source: OnlineSource, key: string, values: ReadonlyMap<string, bigint | null>): string {
  const members: [readonly string[], string][] = [[source.keyPath, project.key.type === 'bigint' ? key : JSON.stringify(key)]];
  for (const field of source.fields) {
    const value = values.get(field.name) ?? null;
    if (value !== null) members.push([field.path, decimalText(value, field.places)]);
  }
  return nested(members);
}

function bodyText(source: OnlineSource, rows: readonly string[]): string {
  return nested([[source.rowsPath, `[${rows.join(',')}]`]]);
}

/** An object of JSON texts at paths. */
function nested(members: readonly (readonly [readonly string[], string])[]): string {
  const names = [...new Set(members.map(([path]) => path[0] ?? ''))];
  const parts = names.map((name) => {
    const inside = members.filter(([path]) => path[0] === name);
    const leaf = inside.find(([path]) => path.length === 1);
    return `${JSON.stringify(name)}:${leaf === undefined ? nested(inside.map(([path, text]) => [path.slice(1), text])) : leaf[1]}`;
  });
  return `{${parts.join(',')}}`;
}

function pages(keys: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(keys.length / PAGE) }, (_, i) => keys.slice(i * PAGE, (i + 1) * PAGE));
}
