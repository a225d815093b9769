import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { type BatchSource, type BatchTable, type BatchVersion, ParallaxError, type Project, quoteIdentifier } from '@parallax/core';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify';
import type { BatchReader } from '../batch/layer.ts';
import { type CellKind, neededColumns, type TableCells } from '../batch/reduce.ts';
import type { Engine } from '../engine/engine.ts';
import { literalPath } from '../engine/sql.ts';
import { tableFile } from './recording.ts';
import { visibleFile } from './visible-file.ts';

/** What Spark's reader gives for a quoted empty cell, so that it differs from the null of an unquoted one. */
const EMPTY_TEXT = '\u0001prlx-empty\u0001';

/**
 * A recording's batch tables: RFC 4180 with a header; unquoted empty is null, `""` is the empty text. Every cell is text.
 *
 * @param scratch a folder for tables that must be rewritten before Spark reads them; removed with the state
 */
export function csvReader(directory: string, project: Project, scratch: string): BatchReader {
  return {
    files: async () => new Map(),
    // Nobody corrects a recording.
    holds: async () => true,
    async table({ session }: Engine, version: BatchVersion, source: BatchSource, table: BatchTable): Promise<TableCells> {
      const recorded = tableFile(directory, version.day, source.name, table.name);
      const plain = await plainCsv(recorded, join(scratch, version.day, `of-${source.name}.${table.name}.csv`));
      const file = await visibleFile(plain, scratch);
      const header = await csvHeader(file);
      const missing = neededColumns(project, source, table).filter((name) => !header.includes(name));
      if (missing.length > 0) {
        throw new ParallaxError('PRLX_BATCH_COLUMN', `has no column ${missing.slice(0, 5).join(', ')}`, {
          exitCode: 2,
          place: { file: recorded, line: 1 },
          advice: `batch/${source.name}.yaml names it; the header must hold the declared names.`,
        });
      }
      await session.createSourceView('prlx_csv', {
        format: 'csv',
        // By position: names may differ only in case, and those that nothing needs do not matter.
        schema: header.map((_, i) => `c${i} STRING`).join(', '),
        paths: [literalPath(file)],
        options: {
          header: 'true',
          enforceSchema: 'true',
          quote: '"',
          escape: '"',
          multiLine: 'true',
          lineSep: '\n',
          mode: 'FAILFAST',
          nullValue: '',
          emptyValue: EMPTY_TEXT,
          maxColumns: '100000',
          maxCharsPerColumn: '-1',
          encoding: 'UTF-8',
        },
      });
      const needed = neededColumns(project, source, table);
      const cells = needed.map((name) => {
        const cell = `c${header.indexOf(name)}`;
        return `CASE WHEN ${cell} = '${EMPTY_TEXT}' THEN '' ELSE ${cell} END AS ${quoteIdentifier(name)}`;
      });
      return { relation: `(SELECT ${cells.join(', ')} FROM prlx_csv)`, cells: new Map(needed.map((name) => [name, 'text' as CellKind])) };
    },
  };
}

/**
 * A file with the same cells that Spark's reader takes exactly: it knows neither a byte order mark nor a carriage return that is part of a
 * quoted cell, so a file that holds any is rewritten to `target` with line feeds between its records.
 */
async function plainCsv(file: string, target: string): Promise<string> {
  if (!(await holdsMarkOrReturn(file))) return file;
  await mkdir(dirname(target), { recursive: true });
  // A quoted empty cell must stay quoted, a bare one bare.
  const cells = parse({ bom: true, cast: (value, { quoting }) => (value === '' && !quoting ? null : value) });
  await pipe(createReadStream(file), cells, stringify({ quoted_string: true, record_delimiter: '\n' }), createWriteStream(target));
  return target;
}

async function holdsMarkOrReturn(file: string): Promise<boolean> {
  let first = true;
  for await (const chunk of createReadStream(file)) {
    const bytes = chunk as Buffer;
    if (bytes.includes(0x0d) || (first && bytes[0] === 0xef)) return true;
    first = false;
  }
  return false;
}

/** The names of a CSV file's columns. Throws PRLX_RECORDING when there are none or one stands twice. */
async function csvHeader(file: string): Promise<string[]> {
  const input = createReadStream(file);
  const parser = parse({ to: 1, bom: true, relax_column_count: true });
  // An error of either ends both; the loop below throws it.
  pipeline(input, parser, () => undefined);
  try {
    for await (const record of parser) {
      const header = (record as string[]).map(String);
      const twice = header.find((name, i) => header.indexOf(name) !== i);
      if (twice !== undefined)
        throw new ParallaxError('PRLX_RECORDING', `the column ${twice} stands twice`, { exitCode: 2, place: { file, line: 1 } });
      return header;
    }
  } finally {
    input.destroy();
  }
  throw new ParallaxError('PRLX_RECORDING', 'has no header', { exitCode: 2, place: { file, line: 1 } });
}
