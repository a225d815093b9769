/**
 * Makes a failing recording smaller: fewer customers, then fewer iterations, then fewer messages, as long as the sides still differ.
 * Each trial is a replay, so their number is bounded; what is left at the end is kept as a regression.
 */

import { instant } from '../contract/recording-builder.ts';
import type { Difference } from '../oracle/compare.ts';
import { MINUTE } from '../oracle/time.ts';
import { type Generated, type Part, whole } from './generate.ts';

/** The differences of a part; empty: the sides agree. */
export type Trial = (part: Part) => Promise<readonly Difference[]>;

const CUSTOMERS_KEPT = 3;

/** Customers and the last minute that the differing lines name. */
export function named(generated: Generated, differences: readonly Difference[]): { customers: string[]; iterations: number } {
  const keyName = generated.shape.project.key?.name ?? 'customer_id';
  const customers = new Set<string>();
  let iterations = 1;
  for (const { expected, actual } of differences) {
    const text = expected ?? actual ?? '';
    if (!text.startsWith('{')) continue;
    const row = JSON.parse(text) as Record<string, unknown>;
    if (typeof row[keyName] === 'string') customers.add(row[keyName]);
    if (typeof row.minute === 'string') {
      iterations = Math.max(iterations, Number((instant(row.minute) - instant(generated.shape.from)) / MINUTE) + 1);
    }
  }
  return { customers: [...customers], iterations };
}

export async function shrink(generated: Generated, first: readonly Difference[], trial: Trial, trialsMax: number): Promise<Part> {
  let best = whole(generated);
  let differences = first;
  let trials = 0;
  const attempt = async (part: Part): Promise<boolean> => {
    if (trials >= trialsMax) return false;
    trials++;
    const found = await trial(part);
    if (found.length === 0) return false;
    [best, differences] = [part, found];
    return true;
  };

  const [line] = first;
  if (line !== undefined) {
    const { iterations } = named(generated, [line]);
    await attempt({ ...best, iterations });
  }
  const suspects = named(generated, differences).customers.slice(0, CUSTOMERS_KEPT);
  if (suspects.length > 0) {
    const few = await attempt({ ...best, keep: new Set(suspects) });
    if (few && suspects.length > 1) await attempt({ ...best, keep: new Set(suspects.slice(0, 1)) });
  } else {
    best = await halveCustomers(generated, best, attempt, () => best);
  }
  const visible = (): Part['messages'] => best.messages.filter((message) => best.keep === null || best.keep.has(message.owner));
  for (let pieces = 2; trials < trialsMax && visible().length > 1 && pieces <= visible().length * 2; ) {
    const messages = visible();
    const size = Math.ceil(messages.length / pieces);
    let removed = false;
    for (let start = 0; start < messages.length && !removed; start += size) {
      removed = await attempt({ ...best, messages: [...messages.slice(0, start), ...messages.slice(start + size)] });
    }
    pieces = removed ? Math.max(2, pieces - 1) : pieces * 2;
  }
  return best;
}

/** For differences that name no customer (counts of events): half of the customers at a time. */
async function halveCustomers(
  generated: Generated,
  start: Part,
  attempt: (part: Part) => Promise<boolean>,
  best: () => Part,
): Promise<Part> {
  let keep = [...(start.keep ?? generated.keys)];
  while (keep.length > 1) {
    const middle = Math.ceil(keep.length / 2);
    const halves = [keep.slice(0, middle), keep.slice(middle)];
    let found: string[] | undefined;
    for (const half of halves) {
      if (found === undefined && (await attempt({ ...best(), keep: new Set(half) }))) found = half;
    }
    if (found === undefined) break;
    keep = found;
  }
  return best();
}
