import type { Micros } from '@parallax/core';
import type { Engine } from '../engine/engine.ts';
import { settleMessages } from '../ingest/claims.ts';
import type { SettledSlice, Slice } from '../ingest/slices.ts';
import type { Pipeline } from '../pipeline.ts';

/**
 * Settles and sums the messages of a slice as they are read, while their minute runs: against the ids of earlier iterations and of the slices before it. The seal
 * takes that only with all of those slices, and only if no later message goes before one of its id here.
 *
 * @param before the slices before it
 * @param messages query of `SLICE_SCHEMA` that reads them from their log
 * @returns null when a slice before it is not settled, or payloads are needed to order messages of one id and time
 */
export async function settleSlice(
  pipeline: Pipeline,
  { session }: Engine,
  minute: Micros,
  before: readonly Slice[],
  messages: string,
  target: SettledSlice,
): Promise<SettledSlice | null> {
  const own = before.flatMap(({ settled }) => settled?.claimed ?? []);
  if (own.length < before.length) return null;
  return (await settleMessages(pipeline, session, minute, { slices: { sql: messages }, own, payloads: null }, target)) ? target : null;
}
