/** Goal: what failed once does not fail again. Method: every case of test/regressions/ is replayed and compared with the oracle. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Case } from '../contract/case.ts';
import { formatDifferences } from '../oracle/compare.ts';
import { check } from './check.ts';

const REPLAY_MS_MAX = 600_000;
const DIRECTORY = fileURLToPath(new URL('../regressions/', import.meta.url));
const files = readdirSync(DIRECTORY).filter((file) => file.endsWith('.json'));

describe.each(files)('regression %s', (file) => {
  test('both sides agree', { timeout: REPLAY_MS_MAX }, async () => {
    const kept = JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8')) as Case;
    const { differences } = await check(kept);
    expect(formatDifferences(differences)).toBe('');
  });
});
