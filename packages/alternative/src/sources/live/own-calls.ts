import type { KeyType, OnlineSource } from '@parallax/core';
import { AnswerParser, type AnswerRows } from '../../parse/answer-parser.ts';
import { SAMPLE_BODY_BYTES_MAX, SAMPLE_TIMEOUT_MS } from './limits.ts';

/** What this side was answered itself. */
export interface Sample {
  readonly ids: readonly string[];
  /** Null: no valid answer came. */
  readonly answer: AnswerRows | null;
}

/** How the captured answers compare to this side's own ones. */
export interface Skew {
  readonly asked: number;
  /** Customers of whom both sides know something. */
  readonly compared: number;
  readonly different: number;
}

/** At most `size` of the customers, spread evenly, others each turn. */
export function sampleOf(keys: readonly string[], turn: number, size: number): readonly string[] {
  const step = Math.max(1, Math.floor(keys.length / size));
  const sample: string[] = [];
  for (let at = turn % step; at < keys.length && sample.length < size; at += step) sample.push(keys[at] as string);
  return sample;
}

/** Asks the bulk API for some customers, once: the calls are this side's own, with its own client and parser. */
export async function ownCall(source: OnlineSource, keyType: KeyType, url: string, ids: readonly string[]): Promise<Sample> {
  const wanted = ids.slice(0, source.chunk);
  if (wanted.length === 0) return { ids: wanted, answer: null };
  const body = await answered(url, `{"ids":[${wanted.map((id) => (keyType === 'bigint' ? id : JSON.stringify(id))).join(',')}]}`);
  return { ids: wanted, answer: body === null ? null : new AnswerParser(source, keyType).parse(body) };
}

/** The body of a 200; null when there is none: skew is measured where it can be. */
async function answered(url: string, request: string): Promise<Buffer | null> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: request, signal: AbortSignal.timeout(SAMPLE_TIMEOUT_MS) });
    if (response.status !== 200) return null;
    const bytes = Buffer.from(await response.arrayBuffer());
    return bytes.length > SAMPLE_BODY_BYTES_MAX ? null : bytes;
  } catch (error) {
    // A time-out and a connection that breaks come as these two; all else is a fault of ours.
    if (error instanceof TypeError || error instanceof DOMException) return null;
    throw error;
  }
}

/** @param captured one field of what both sides compute from; null: nothing, or null */
export function skewOf(
  sample: Sample,
  fields: number,
  captured: (key: string, field: number) => number | null,
  isKnown: (key: string) => boolean,
): Skew {
  let compared = 0;
  let different = 0;
  const { answer, ids } = sample;
  for (const key of answer === null ? [] : ids) {
    if (!isKnown(key)) continue;
    compared++;
    const row = answer?.rows.get(key);
    for (let field = 0; field < fields; field++) {
      const own = (row === undefined ? undefined : answer?.values[row * fields + field]) ?? Number.NaN;
      if ((captured(key, field) ?? Number.NaN) !== own && !(captured(key, field) === null && Number.isNaN(own))) {
        different++;
        break;
      }
    }
  }
  return { asked: ids.length, compared, different };
}
