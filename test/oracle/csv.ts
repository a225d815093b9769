/** RFC 4180 with a header. An unquoted empty cell is null, `""` is empty text (contract, section 9). */

export type CsvRow = ReadonlyMap<string, string | null>;

/** Rows by column name. Lines end with CRLF or LF; a quoted cell may hold quotes (doubled), commas and line ends. */
export function parseCsv(text: string): CsvRow[] {
  const records = readRecords(text);
  const header = records.shift() ?? [];
  return records.map((cells) => new Map(header.map((name, index) => [name ?? '', cells[index] ?? null])));
}

function readRecords(text: string): (string | null)[][] {
  const records: (string | null)[][] = [];
  let position = 0;
  while (position < text.length) {
    const cells: (string | null)[] = [];
    for (;;) {
      let cell: string | null;
      if (text[position] === '"') {
        cell = '';
        position++;
        while (text[position] !== '"' || text[position + 1] === '"') {
          if (position >= text.length) throw new Error('CSV: a quoted cell has no end');
          if (text[position] === '"') position++;
          cell += text[position++];
        }
        position++;
      } else {
        const start = position;
        while (position < text.length && !',\r\n'.includes(text[position] ?? '')) position++;
        cell = position === start ? null : text.slice(start, position);
      }
      cells.push(cell);
      if (text[position] !== ',') break;
      position++;
    }
    records.push(cells);
    if (text[position] === '\r') position++;
    if (position < text.length && text[position] !== '\n') throw new Error(`CSV: unexpected text after a cell at ${position}`);
    position++;
  }
  return records;
}
