import { join } from 'node:path';
import type { Micros, StreamSeal } from '@parallax/core';
import type { Engine } from '../engine/engine.ts';
import { settleMessages } from '../ingest/claims.ts';
import { type Slice, sliceSql, topicsOf } from '../ingest/slices.ts';
import type { Pipeline } from '../pipeline.ts';

/**
 * Reads the messages that `streams` name, and settles and sums them as they are read, while their minute runs: against the ids of earlier iterations and of the slices
 * before it. The seal takes that only with all of those slices, and only if no later message goes before one of its id here.
 *
 * @param before the slices before it
 * @param place the folder that the slice's folders are made in, under its `number`
 * @returns `unsettled` when a slice before it is not settled, or payloads are needed to order messages of one id and time; `empty`: there are no messages
 */
export async function settleSlice(
  pipeline: Pipeline,
  engine: Engine,
  minute: Micros,
  before: readonly Slice[],
  streams: readonly StreamSeal[],
  { place, number }: { readonly place: string; readonly number: number },
): Promise<Slice | 'unsettled' | 'empty'> {
  const own = before.flatMap(({ settled }) => settled?.claimed ?? []);
  if (own.length < before.length) return 'unsettled';
  const messages = await sliceSql(pipeline, engine, minute, streams);
  if (messages === null) return 'empty';
  const settled = { claimed: join(place, `claimed-${number}`), panes: join(place, `panes-${number}`) };
  const stands = await settleMessages(pipeline, engine.session, minute, { slices: { sql: messages }, own, payloads: null }, settled);
  return stands ? { streams: topicsOf(streams), folder: null, settled } : 'unsettled';
}
