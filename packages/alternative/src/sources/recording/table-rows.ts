import { createReadStream } from 'node:fs';
import { recordingError } from '../../errors.ts';
import { READ_BYTES } from '../../limits.ts';
import type { TableRows } from '../source.ts';
import { CsvFault, CsvReader } from './csv.ts';

type Row = readonly (string | null)[];

/** A CSV file's header and rows. Throws PRLX_RECORDING, naming the line, for a file that is not UTF-8 or not RFC 4180. */
export async function tableRows(file: string): Promise<TableRows> {
  const rows = readRows(file);
  const first = await rows.next();
  if (first.done) throw recordingError(file, 'has no header', { line: 1 });
  const columns = first.value.map((name) => name ?? '');
  const twice = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index);
  if (twice !== undefined) throw recordingError(file, `the column ${twice} stands twice`, { line: 1 });
  return { columns, rows, place: file };
}

async function* readRows(file: string): AsyncGenerator<Row> {
  let width = -1;
  let ready: Row[] = [];
  const reader = new CsvReader((row, line) => {
    // A blank line is no row, unless the file has one column only.
    if (row.length === 1 && row[0] === null && width > 1) return;
    if (width < 0) width = row.length;
    if (row.length !== width) throw new CsvFault(`has ${row.length} cells, the header ${width}`, line);
    ready.push(row);
  });
  // The byte order mark of the beginning is left out.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
      reader.push(decoder.decode(chunk as Buffer, { stream: true }));
      yield* ready;
      ready = [];
    }
    reader.push(decoder.decode());
    reader.end();
    yield* ready;
  } catch (cause) {
    if (cause instanceof CsvFault) throw recordingError(file, cause.message, { line: cause.line, cause });
    if (cause instanceof TypeError && 'code' in cause && cause.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw recordingError(file, 'is not UTF-8', { cause });
    throw cause;
  }
}
