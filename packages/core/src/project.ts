/**
 * A user's project, as declared by its files and after every check that needs no engine.
 * The schema is `docs/contract.md`, section 10; `load-project.ts` is the only reader of the files.
 * Durations are int64 microseconds (`bigint`), like every time in Parallax.
 */

/** The type of the one customer key. In every output the key is text; `bigint` keys are canonical decimal integers. */
export type KeyType = 'bigint' | 'text';

/** What a declared variable or column holds: an integer scaled by 10^places, or text (batch columns only). */
export type ColumnType = { readonly kind: 'decimal'; readonly places: number } | { readonly kind: 'text' };

/** A path into nested JSON objects: the declared `field` split at its dots. */
export type FieldPath = readonly string[];

export const AGGREGATES = ['sum', 'count', 'avg', 'min', 'max', 'last'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export const POPULATIONS = ['window', 'touched', 'base'] as const;
export type PopulationKind = (typeof POPULATIONS)[number];

export const TIME_FORMATS = ['rfc3339', 'epoch_ms', 'epoch_us'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

export interface StreamVariable {
  readonly name: string;
  readonly path: FieldPath;
  /** 0–6: the value is an integer scaled by 10^places from the parse on. */
  readonly places: number;
  readonly unit: string | null;
  /** In declared order, without repetition, at least one. */
  readonly aggregates: readonly Aggregate[];
}

export type StreamSource =
  | { readonly kind: 'kafka'; readonly topic: string; readonly bootstrap: SecretRef | null }
  | { readonly kind: 'amqp'; readonly address: string; readonly bridgeTopic: string; readonly url: SecretRef | null };

export interface Stream {
  /** The file's name without `.yaml`. */
  readonly name: string;
  readonly from: StreamSource | null;
  readonly keyPath: FieldPath;
  readonly time: { readonly path: FieldPath; readonly format: TimeFormat };
  /** Null: the transport's message id is the event id (AMQP only; `check` refuses it elsewhere). */
  readonly eventIdPath: FieldPath | null;
  readonly variables: readonly StreamVariable[];
}

/** A secret or address that stays out of the project's text: `env:NAME` or `file:/path`; a literal is allowed for what is no secret. */
export type SecretRef =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'literal'; readonly value: string };

export interface BatchColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Where the store holds it, when not under its name: a path into nested fields. A recording has the declared names. */
  readonly field: FieldPath | null;
}

/**
 * How the rows of a store's table make one row a customer. `rows`: each is one. `long`: a row a customer and type; the column named by `type`
 * says which of our columns it is, the one named by `value` what that holds. `latest`: of several rows the one with the greatest `by`.
 * `reduce`: of several rows each number's `sum`, `min` or `max`.
 */
export type BatchShape =
  | { readonly kind: 'rows' }
  | { readonly kind: 'long'; readonly type: string; readonly value: string }
  | { readonly kind: 'latest'; readonly by: string }
  | { readonly kind: 'reduce'; readonly how: 'sum' | 'min' | 'max' };

/** What a column must be. `aside`: a row that breaks it is kept aside for the reason `expected.<column>`; `refuse`: then the day is. */
export interface Expectation {
  readonly column: string;
  readonly notNull: boolean;
  readonly min: ExactDecimal | null;
  readonly max: ExactDecimal | null;
  readonly otherwise: 'aside' | 'refuse';
}

/** When a table's day is refused as a whole. Null: not asked. */
export interface DayRules {
  readonly rowsMin: number | null;
  readonly rowsMax: number | null;
  /** Most that the number of rows may differ from the day before, in percent. */
  readonly changePercentMax: number | null;
  /** How long after the day's end (24:00 UTC) the table may become complete. */
  readonly freshWithinUs: bigint | null;
  /** Most that a column's mean may differ from the day before, in standard deviations of that day. */
  readonly driftMax: number | null;
  /** Most rows that may have no key. */
  readonly keylessMax: number | null;
  /** Most rows whose key may stand twice. */
  readonly keyTwiceMax: number | null;
  /** What it means that its values are those of the day before. Null: the day is refused when no table has others. */
  readonly repeated: 'refuse' | 'accept' | null;
}

export interface BatchTable {
  readonly name: string;
  /** The name of the key column in this table. */
  readonly key: string;
  readonly columns: readonly BatchColumn[];
  /** What the table's keys begin with that is not of the customer key; a row without it has no key. Not in a recording. */
  readonly keyPrefix: string;
  /** Not in a recording, which has a row a customer. */
  readonly shape: BatchShape;
  readonly expect: readonly Expectation[];
  readonly day: DayRules;
  /** All numeric columns may be scorecard variables. */
  readonly scorecard: boolean;
}

export interface BatchSource {
  /** The file's name without `.yaml`. */
  readonly name: string;
  /** `kind` as declared (`postgres`, `cassandra`, `mongodb`, `parquet`); settings are the kind's own, strings only. */
  readonly from: { readonly kind: string; readonly settings: Readonly<Record<string, string>> } | null;
  readonly tables: readonly BatchTable[];
}

/** A decimal literal of a project file, exact: value = unscaled / 10^scale. */
export interface ExactDecimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

export type Transform =
  | { readonly kind: 'linear'; readonly center: ExactDecimal; readonly scale: ExactDecimal }
  | { readonly kind: 'cap'; readonly low: ExactDecimal; readonly high: ExactDecimal }
  | { readonly kind: 'bin'; readonly edges: readonly { readonly below: ExactDecimal | null; readonly value: ExactDecimal }[] }
  | { readonly kind: 'flag'; readonly value: ExactDecimal };

/** One row of `batch/scorecard.csv`. */
export interface ScorecardEntry {
  readonly source: string;
  readonly table: string;
  readonly column: string;
  readonly module: string;
  readonly transforms: readonly Transform[];
  readonly weight: ExactDecimal;
  readonly missingAs: ExactDecimal | null;
}

export interface OnlineField {
  readonly name: string;
  readonly path: FieldPath;
  readonly places: number;
}

export interface OnlineSource {
  /** The file's name without `.yaml`. */
  readonly name: string;
  readonly url: SecretRef | null;
  /** Where the array of rows stands in the answer. */
  readonly rowsPath: FieldPath;
  /** Where the key stands in a row. */
  readonly keyPath: FieldPath;
  readonly chunk: number;
  /** Minutes. */
  readonly maxAge: number;
  readonly fields: readonly OnlineField[];
}

export interface ActionRule {
  readonly coolDownUs: bigint;
  readonly waitUs: bigint;
  readonly then: 'hold' | 'drop';
  readonly validForUs: bigint;
}

export interface ApproximateColumn {
  readonly column: string;
  /** Source text of the declared decimals. */
  readonly tolerance: string;
  readonly band: readonly [string, string] | null;
}

export interface Project {
  readonly directory: string;
  readonly name: string;
  readonly key: { readonly name: string; readonly type: KeyType };
  /** The batch table whose keys are the base population. */
  readonly base: { readonly source: string; readonly table: string };
  readonly latenessUs: bigint;
  readonly maxAheadUs: bigint;
  readonly graceUs: bigint;
  readonly settleUs: bigint;
  readonly batchMaxAgeUs: bigint;
  readonly population: PopulationKind;
  readonly gate: { readonly waitUs: bigint; readonly validForUs: bigint };
  /** Declared actions by name; an undeclared one has `defaultAction`. */
  readonly actions: ReadonlyMap<string, ActionRule>;
  readonly defaultAction: ActionRule;
  readonly approximate: readonly ApproximateColumn[];
  /** Sorted by name (UTF-8 bytes). */
  readonly streams: readonly Stream[];
  /** Sorted by name (UTF-8 bytes). */
  readonly batch: readonly BatchSource[];
  readonly scorecard: readonly ScorecardEntry[];
  /** Sorted by name (UTF-8 bytes). */
  readonly online: readonly OnlineSource[];
  readonly satisfactionSql: string;
  readonly actionsSql: string;
  /** The text of `alternative.ts`, or null when the project has none. */
  readonly alternative: string | null;
  /** SHA-256 (hex) over the project's files, names and bytes in order; deployment files are not in it. */
  readonly hash: string;
}
