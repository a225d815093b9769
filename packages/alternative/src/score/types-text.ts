import { batchViewColumns, onlineViewColumns, type Project, streamViewColumns, type ViewColumn } from '../names.ts';

/** The file that `alternativeTypes` is written to, beside `alternative.ts`, which imports from it with `import type`. */
export const TYPES_FILE = 'customer.d.ts';

/** The TypeScript type of a view's column. */
function typeOf({ name, type }: ViewColumn): string {
  const text = type.kind === 'decimal' ? `Decimal<${type.places}>` : type.kind === 'text' ? 'string' : 'bigint';
  // A count is never null: the count of nothing is 0.
  return `    readonly ${propertyName(name)}: ${text}${type.kind === 'count' ? '' : ' | null'};`;
}

function propertyName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `'${name}'`;
}

/**
 * The declarations for a project's `alternative.ts`: the columns of its views, with the places of their decimals as part of the type, so that
 * adding numbers of different places without a thought does not compile.
 * @returns the text of TYPES_FILE; equal declarations give equal text
 */
export function alternativeTypes(project: Project): string {
  const view = (columns: readonly ViewColumn[]): string =>
    columns.length === 0 ? 'Readonly<Record<never, never>>' : `{\n${columns.map(typeOf).join('\n')}\n  }`;
  const key = project.key.type === 'bigint' ? 'bigint' : 'string';
  const alias =
    project.key.name === 'customer_id'
      ? ''
      : `  /** The same, by the name that the project gives it. */\n  readonly ${propertyName(project.key.name)}: ${key};\n`;
  return `// The views of the project ${project.name}, made from its declarations by \`parallax types\`: make it again when they change.

/** A DECIMAL with so many places: unscaled ÷ 10^places. */
export interface Decimal<Places extends number = number> {
  readonly unscaled: bigint;
  readonly places: Places;
}

/** A TIMESTAMP: microseconds since 1970, UTC. */
export interface Timestamp {
  readonly micros: bigint;
}

/** What a column of a result may hold: a DECIMAL, an integer, text (a DATE is YYYY-MM-DD), a boolean, a TIMESTAMP, or null. */
export type Value = Decimal | bigint | string | boolean | Timestamp | null;

/** One customer of one minute. */
export interface Customer {
  readonly customer_id: ${key};
${alias}  /** The clock hour so far; with _1h, the last 60 minutes. */
  readonly stream: ${view(streamViewColumns(project))};
  readonly batch: ${view(batchViewColumns(project))};
  readonly online: ${view(onlineViewColumns(project))};
  readonly iteration: {
    readonly minute: Timestamp;
    readonly hour_start: Timestamp;
    /** YYYY-MM-DD */
    readonly batch_day: string;
    readonly batch_age_days: bigint;
  };
}

/** What satisfaction(c) returns: 0 to 100 or null, then the columns of satisfaction.sql in their order, the same ones for every customer. */
export interface Result {
  readonly satisfaction: Decimal | bigint | null;
  readonly [column: string]: Value;
}

/** What actions(c, result) returns a list of. */
export interface Action {
  readonly action: string;
  readonly reason: string | null;
}
`;
}
