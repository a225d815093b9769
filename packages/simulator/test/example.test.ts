import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AGGREGATES } from '@parallax/core';
import { loadProject, missingSources } from '@parallax/core/load-project.ts';
import { findForbidden } from '@parallax/core/sql-forbidden.ts';
import { describe, expect, it } from 'vitest';
import { PROFILE_COLUMNS, WIDE_TABLES } from '../src/catalogue/batch.ts';
import { exampleFiles, STREAMS } from '../src/catalogue/example-files.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', '..', 'examples', 'telecom');

describe('examples/telecom', () => {
  it.each([...exampleFiles()])('%s is what generate-example.ts makes', async (path, text) => {
    expect(await readFile(join(EXAMPLE, path), 'utf8')).toBe(text);
  });

  it('is a valid project with all its sources and no forbidden SQL', async () => {
    const project = await loadProject(EXAMPLE);
    expect(missingSources(project)).toEqual([]);
    for (const sql of [project.satisfactionSql, project.actionsSql]) expect(findForbidden(sql, { key: project.key.name })).toEqual([]);
  });

  it('declares the variables that the producers send: 40, 35 and 25, with all six aggregates', async () => {
    const project = await loadProject(EXAMPLE);
    for (const stream of STREAMS) {
      const declared = project.streams
        .find(({ name }) => name === stream.name)
        ?.variables.map(({ name, path, places }) => ({ name, field: path.join('.'), places }));
      expect(declared).toEqual(stream.variables.map(({ name, field, places }) => ({ name, field, places })));
    }
    expect(STREAMS.map(({ variables }) => variables.length)).toEqual([40, 35, 25]);
    expect(STREAMS.reduce((sum, { sharePerMille }) => sum + sharePerMille, 0)).toBe(1_000);
    const used = new Set(project.streams.flatMap(({ variables }) => variables.flatMap(({ aggregates }) => aggregates)));
    expect(used).toEqual(new Set(AGGREGATES));
  });

  it('has 5,000 variables a customer: 4,000 in the DWH, 1,000 in the NoSQL store', () => {
    const count = (source: string) =>
      WIDE_TABLES.filter((table) => table.source === source).reduce((sum, { columns }) => sum + columns.length, 0);
    expect(count('dwh') + PROFILE_COLUMNS.length).toBe(4_000);
    expect(count('nosql')).toBe(1_000);
    for (const { name, columns } of WIDE_TABLES) expect(new Set(columns.map((column) => column.name)).size, name).toBe(columns.length);
  });

  it('declares the tables that are loaded, and puts each wide column on the scorecard once', async () => {
    const project = await loadProject(EXAMPLE);
    for (const table of WIDE_TABLES) {
      const declared = project.batch.find(({ name }) => name === table.source)?.tables.find(({ name }) => name === table.name);
      expect(declared).toMatchObject({ key: table.key, scorecard: true });
      const scored = project.scorecard.filter((entry) => entry.source === table.source && entry.table === table.name);
      expect(scored.map(({ column }) => column)).toEqual(table.columns.map(({ name }) => name));
      expect(new Set(scored.map(({ module }) => module))).toEqual(new Set([table.module]));
    }
    expect(new Set(project.scorecard.flatMap(({ transforms }) => transforms.map(({ kind }) => kind)))).toEqual(
      new Set(['linear', 'cap', 'bin', 'flag']),
    );
    expect(project.scorecard.some(({ missingAs }) => missingAs !== null)).toBe(true);
    const profile = project.batch.find(({ name }) => name === 'dwh')?.tables.find(({ name }) => name === 'profile');
    const loaded = PROFILE_COLUMNS.map((column) => ({ name: column.name, kind: column.type === 'text' ? 'text' : 'decimal' }));
    for (const { name, type } of profile?.columns ?? []) expect(loaded).toContainEqual({ name, kind: type.kind });
  });
});
