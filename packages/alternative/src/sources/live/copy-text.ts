/** What stands behind a backslash in COPY's text format (PostgreSQL's documentation, COPY), where it is not the character itself. */
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The rows of a COPY in text format: a line a row, cells apart by tabs, `\N` for null. Line ends inside cells are escaped, so lines are rows. */
export async function* copyRows(chunks: AsyncIterable<unknown>): AsyncIterable<readonly (string | null)[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  for await (const chunk of chunks) {
    const text = rest + decoder.decode(chunk as Buffer, { stream: true });
    const lines = text.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield cellsOf(line);
  }
  if (rest !== '') yield cellsOf(rest);
}

/** The cells of one line. */
export function cellsOf(line: string): readonly (string | null)[] {
  const cells: (string | null)[] = line.split('\t');
  if (!line.includes('\\')) return cells;
  return cells.map((cell) => (cell === '\\N' ? null : unescaped(cell as string)));
}

function unescaped(cell: string): string {
  return cell.includes('\\') ? cell.replaceAll(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char) : cell;
}
