import { CELL_CHARS_MAX, COLUMNS_MAX } from '../../limits.ts';

/** What is wrong with a CSV text; `line` counts from 1. */
export class CsvFault extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Takes a row and the line on which it begins. */
export type TakeRow = (row: readonly (string | null)[], line: number) => void;

type State = 'start' | 'bare' | 'quoted' | 'quote' | 'return';

/**
 * RFC 4180 in pieces of any size: lines end with LF or CRLF, a quoted cell may hold quotes (doubled), commas and line ends. A bare empty cell is
 * null, `""` the empty text. Throws CsvFault.
 */
export class CsvReader {
  readonly #take: TakeRow;
  #state: State = 'start';
  #row: (string | null)[] = [];
  #cell = '';
  #line = 1;
  #rowLine = 1;

  constructor(take: TakeRow) {
    this.#take = take;
  }

  push(text: string): void {
    let at = 0;
    while (at < text.length) {
      switch (this.#state) {
        case 'start':
          this.#cell = '';
          this.#state = text[at] === '"' ? 'quoted' : 'bare';
          if (this.#state === 'quoted') at++;
          break;
        case 'bare':
          at = this.#bare(text, at);
          break;
        case 'quoted':
          at = this.#quoted(text, at);
          break;
        case 'quote':
          if (text[at] === '"') {
            this.#add('"');
            this.#state = 'quoted';
            at++;
          } else at = this.#endCell(text, at, this.#cell);
          break;
        case 'return':
          if (text[at] !== '\n') throw new CsvFault('a carriage return that ends no line', this.#line);
          at++;
          this.#endRow();
      }
    }
  }

  end(): void {
    if (this.#state === 'quoted') throw new CsvFault('a quoted cell has no end', this.#rowLine);
    if (this.#state === 'start' && this.#row.length === 0) return;
    if (this.#state !== 'return')
      this.#row.push(this.#state === 'start' || (this.#state === 'bare' && this.#cell === '') ? null : this.#cell);
    this.#endRow();
  }

  #bare(text: string, from: number): number {
    let at = from;
    for (; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char === 0x2c || char === 0x0a || char === 0x0d) break;
      if (char === 0x22) throw new CsvFault('a quote inside a bare cell', this.#line);
    }
    this.#add(text.slice(from, at));
    return at < text.length ? this.#endCell(text, at, this.#cell === '' ? null : this.#cell) : at;
  }

  #quoted(text: string, from: number): number {
    const quote = text.indexOf('"', from);
    const part = text.slice(from, quote < 0 ? text.length : quote);
    this.#add(part);
    for (let at = part.indexOf('\n'); at >= 0; at = part.indexOf('\n', at + 1)) this.#line++;
    if (quote < 0) return text.length;
    this.#state = 'quote';
    return quote + 1;
  }

  #add(text: string): void {
    this.#cell += text;
    if (this.#cell.length > CELL_CHARS_MAX) throw new CsvFault(`a cell is longer than ${CELL_CHARS_MAX} characters`, this.#rowLine);
  }

  #endCell(text: string, at: number, cell: string | null): number {
    const char = text[at];
    if (char !== ',' && char !== '\n' && char !== '\r') throw new CsvFault('text after the end of a quoted cell', this.#line);
    if (this.#row.push(cell) > COLUMNS_MAX) throw new CsvFault(`more than ${COLUMNS_MAX} columns`, this.#rowLine);
    if (char === '\n') this.#endRow();
    else this.#state = char === ',' ? 'start' : 'return';
    return at + 1;
  }

  #endRow(): void {
    const row = this.#row;
    this.#row = [];
    this.#state = 'start';
    const line = this.#rowLine;
    this.#line++;
    this.#rowLine = this.#line;
    this.#take(row, line);
  }
}
