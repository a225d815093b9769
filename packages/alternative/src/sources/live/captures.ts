import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Close, formatFolder, type InputFinding, type Micros } from '@parallax/core';
import { readCall } from '../recording/call-line.ts';
import type { OnlineCall } from '../source.ts';

const LINE_FEED = 0x0a;

/** The captured calls of one online source and minute. */
export interface Captured {
  readonly calls: readonly OnlineCall[];
  readonly findings: readonly InputFinding[];
}

/** Reads the captures that a close names, by the run's state folder. What is not what the close says is a finding, and no answer. */
export async function readCapture(state: string, minute: Micros, source: string, close: Close): Promise<Captured> {
  const find = (detail: string): Captured => ({
    calls: [],
    findings: [{ stage: 'inputs', kind: 'capture', source, detail: `${source}: ${detail}`, customers: null }],
  });
  const named = close.online.find((each) => each.source === source);
  const file = join(state, 'captures', formatFolder(minute), `${source}.ndjson`);
  if (named === undefined) return { calls: [], findings: [] };
  if (!existsSync(file)) return find('the captured answers are gone');
  const bytes = await readFile(file);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== named.sha256) return find('the captured answers are not those that the close names');
  const calls = callsOf(bytes, file);
  return calls.length === named.calls
    ? { calls, findings: [] }
    : find(`${calls.length} calls are captured, the close names ${named.calls}`);
}

function callsOf(bytes: Buffer, file: string): readonly OnlineCall[] {
  const calls: OnlineCall[] = [];
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) calls.push(readCall(bytes, start, end, file, line));
    start = end + 1;
  }
  return calls;
}
