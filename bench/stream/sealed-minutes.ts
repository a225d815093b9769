import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Seal } from '@parallax/core';
import { type MinuteToRead, minuteToRead } from '../baselines/minutes-to-read.ts';

/** What the seals of a state's minutes name, from `from` (microseconds) on; fewer where it has fewer. */
export function sealedMinutes(state: string, from: bigint, minutes: number): MinuteToRead[] {
  const db = new DatabaseSync(join(state, 'ledger.sqlite'), { readOnly: true });
  try {
    const query = db.prepare('SELECT minute, seal FROM seals WHERE minute >= ? ORDER BY minute LIMIT ?');
    query.setReadBigInts(true);
    const rows = query.all(from, minutes) as unknown as { readonly minute: bigint; readonly seal: string }[];
    return rows.map(({ minute, seal }) => minuteToRead(Number(minute), JSON.parse(seal) as Seal));
  } finally {
    db.close();
  }
}
