import type { ClassCount } from '../accept/intake.ts';
import type { WindowName } from '../names.ts';
import { type Decimal, formatDecimal } from '../parse/decimal.ts';
import type { WindowColumn } from '../score/customer-view.ts';
import type { Decision } from '../score/decisions.ts';
import type { Result } from '../score/logic.ts';
import { valueJson } from '../score/values.ts';

/** The canonical lines of one project (contract, section 9), without line ends. `minute` is `YYYY-MM-DDTHH:MM:SSZ`. */
export class Lines {
  readonly #key: string;
  readonly #windowColumns: readonly { readonly prefix: string; readonly column: WindowColumn }[];

  constructor(keyName: string, columns: readonly WindowColumn[]) {
    this.#key = JSON.stringify(keyName);
    this.#windowColumns = columns.map((column) => ({ prefix: `,${JSON.stringify(column.name)}:`, column }));
  }

  event(minute: string, stream: string, { class: kind, reason, n }: ClassCount): string {
    return JSON.stringify({ minute, stream, class: kind, reason, n });
  }

  window(minute: string, key: string, slot: number, window: WindowName): string {
    let line = `${this.#head(minute, key)},"window":"${window}"`;
    for (const { prefix, column } of this.#windowColumns) {
      const value = column.read(slot, window);
      line += prefix;
      if (value === null) line += 'null';
      else line += column.places === null ? String(value) : `"${formatDecimal(value, column.places)}"`;
    }
    return `${line}}`;
  }

  result(minute: string, key: string, satisfaction: Decimal | null, columns: readonly string[], result: Result): string {
    let line = `${this.#head(minute, key)},"satisfaction":${valueJson(satisfaction)}`;
    for (const name of columns) line += `,${JSON.stringify(name)}:${valueJson(result[name] ?? null)}`;
    return `${line}}`;
  }

  action(minute: string, key: string, { action, reason, id }: Decision): string {
    return `${this.#head(minute, key)},"action":${JSON.stringify(action)},"reason":${valueJson(reason)},"id":"${id}"}`;
  }

  #head(minute: string, key: string): string {
    return `{"minute":"${minute}",${this.#key}:${JSON.stringify(key)}`;
  }
}
