/** The output files of one side, to be asked by minute and customer. */
import type { Output } from '../oracle/oracle.ts';
import { formatSecond } from '../oracle/time.ts';
import { instant } from './recording-builder.ts';

export type Row = Readonly<Record<string, unknown>>;

export class Outputs {
  readonly texts: Readonly<Record<Output, string>>;
  readonly #keyName: string;
  readonly #rows: Readonly<Record<Output, readonly Row[]>>;

  constructor(texts: Readonly<Record<Output, string>>, keyName = 'customer_id') {
    this.texts = texts;
    this.#keyName = keyName;
    const rows = (output: Output): Row[] =>
      texts[output]
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Row);
    this.#rows = { events: rows('events'), windows: rows('windows'), results: rows('results'), actions: rows('actions') };
  }

  #of(output: Output, minute: string): Row[] {
    const text = formatSecond(instant(minute));
    return this.#rows[output].filter((row) => row.minute === text);
  }

  /** Counts by class, an invalid message's by `invalid.<reason>`. */
  counts(minute: string, stream: string): Record<string, number> {
    const rows = this.#of('events', minute).filter((row) => row.stream === stream);
    return Object.fromEntries(rows.map((row) => [row.reason === null ? row.class : `${row.class}.${row.reason}`, row.n]));
  }

  /** One customer's line of a window, without its minute, key and window; null when there is none. */
  window(minute: string, key: string, window: 'hour_to_date' | 'last_hour'): Row | null {
    const found = this.#of('windows', minute).filter((row) => row[this.#keyName] === key && row.window === window);
    if (found.length > 1) throw new Error(`two lines of ${key} in ${window} of ${minute}`);
    return found[0] === undefined ? null : without(found[0], ['minute', this.#keyName, 'window']);
  }

  /** The named column in [hour_to_date, last_hour]; undefined where there is no line. */
  pair(minute: string, key: string, column: string): [unknown, unknown] {
    return [this.window(minute, key, 'hour_to_date')?.[column], this.window(minute, key, 'last_hour')?.[column]];
  }

  /** One customer's result, without its minute and key; null when there is none. */
  result(minute: string, key: string): Row | null {
    const found = this.#of('results', minute).find((row) => row[this.#keyName] === key);
    return found === undefined ? null : without(found, ['minute', this.#keyName]);
  }

  /** Keys of the results, in the order of the file. */
  population(minute: string): unknown[] {
    return this.#of('results', minute).map((row) => row[this.#keyName]);
  }

  /** `key action reason` of each action, in the order of the file. */
  actions(minute: string): string[] {
    return this.#of('actions', minute).map((row) => `${row[this.#keyName]} ${row.action} ${row.reason}`);
  }

  /** The id of a customer's action; undefined when it was not decided. */
  actionId(minute: string, key: string, action: string): unknown {
    return this.#of('actions', minute).find((row) => row[this.#keyName] === key && row.action === action)?.id;
  }

  /** The lines of a minute as they stand in the file. */
  lines(output: Output, minute: string): string[] {
    const start = `{"minute":"${formatSecond(instant(minute))}"`;
    return this.texts[output].split('\n').filter((line) => line.startsWith(start));
  }
}

function without(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
}
