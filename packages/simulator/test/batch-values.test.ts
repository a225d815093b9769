import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MISSING, profileRow, wideRows } from '../src/batch-values.ts';
import { PROFILE_COLUMNS, type ProfileColumn, WIDE_TABLES, type WideTable } from '../src/catalogue/batch.ts';
import { createEnterprise } from '../src/enterprise.ts';

const DAY = Date.parse('2026-01-05T00:00:00Z') / 86_400_000;
const enterprise = createEnterprise({ seed: 7, customers: 400 });

function digest(seed: number, day: number): string {
  const made = createEnterprise({ seed, customers: 400 });
  const hash = createHash('sha256');
  for (const table of WIDE_TABLES) {
    const make = wideRows(made, table, day);
    const row = new Int8Array(table.columns.length);
    for (let id = 1; id <= 20; id += 1) {
      make(id, row);
      hash.update(row).update(JSON.stringify(profileRow(made, id, day)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function shapeOf(column: ProfileColumn): RegExp {
  if (column.type === 'integer') return /^\d+$/;
  return column.type === 'numeric' ? new RegExp(`^-?\\d+\\.\\d{${column.places}}$`) : /^[a-z_]+$/;
}

describe('a day of batch data', () => {
  it('is the same for the same seed and day, byte for byte', () => {
    expect(digest(7, DAY)).toBe('e9948393b7fa10d9');
  });

  it('differs by seed and by day', () => {
    expect(new Set([digest(7, DAY), digest(8, DAY), digest(7, DAY + 1)]).size).toBe(3);
  });

  it.each(WIDE_TABLES)('of $source.$name is 0 to 99 with a few missing, and any row can be made alone', (table) => {
    const make = wideRows(enterprise, table, DAY);
    const row = new Int8Array(table.columns.length);
    const [first, again] = [new Int8Array(row.length), new Int8Array(row.length)];
    make(17, first);
    let [missing, outside] = [0, 0];
    for (let id = 1; id <= 400; id += 1) {
      make(id, row);
      missing += row.filter((value) => value === MISSING).length;
      outside += row.filter((value) => value !== MISSING && (value < 0 || value > 98)).length;
    }
    expect(outside).toBe(0);
    expect(missing / (400 * row.length)).toBeGreaterThan(0.012);
    expect(missing / (400 * row.length)).toBeLessThan(0.02);
    wideRows(enterprise, table, DAY)(17, again);
    expect(again).toEqual(first);
  });

  it('moves the columns of a customer together: good ones up where bad ones go down', () => {
    const table = WIDE_TABLES.find(({ name }) => name === 'network_history') as WideTable;
    const make = wideRows(enterprise, table, DAY);
    const row = new Int8Array(table.columns.length);
    const means: [number, number][] = [];
    for (let id = 1; id <= 400; id += 1) {
      make(id, row);
      const mean = (direction: number) => {
        const values = [...row].filter((value, i) => value !== MISSING && table.columns[i]?.direction === direction);
        return values.reduce((a, b) => a + b, 0) / values.length;
      };
      means.push([mean(1), mean(-1)]);
    }
    means.sort(([a], [b]) => a - b);
    const [worst, best] = [means[0], means.at(-1)] as [[number, number], [number, number]];
    expect(best[0] - worst[0]).toBeGreaterThan(15);
    expect(worst[1] - best[1]).toBeGreaterThan(15);
  });

  it('has profiles in the declared types', () => {
    let nulls = 0;
    const wrong: string[] = [];
    for (let id = 1; id <= 400; id += 1) {
      const row = profileRow(enterprise, id, DAY);
      expect(row).toHaveLength(PROFILE_COLUMNS.length);
      for (const [i, column] of PROFILE_COLUMNS.entries()) {
        const value = row[i] ?? null;
        if (value === null) nulls += 1;
        else if (!shapeOf(column).test(value)) wrong.push(`${id} ${column.name} ${value}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(nulls).toBeGreaterThan(100);
  });
});
