import { randomUUID } from 'node:crypto';
import { connectSpark, type SparkSession, type StructType } from '@parallax/spark-connect';
import { BROADCAST_BYTES_MAX, COMPILED_ROWS_MIN } from '../limits.ts';

/** Java functions of `packages/spark-functions`: name in SQL, class, result type. */
const FUNCTIONS: readonly (readonly [name: string, className: string, type: string])[] = [
  ['prlx_event', 'Event', 'STRUCT<bucket: INT, event: BINARY>'],
  ['prlx_topic', 'TopicEvents', 'ARRAY<STRUCT<bucket: INT, events: BINARY>>'],
  ['prlx_records', 'Records', 'BINARY'],
  [
    'prlx_claim',
    'Claim',
    'STRUCT<accepted: ARRAY<STRUCT<bucket: INT, events: BINARY>>, claims: BINARY, kept: BINARY, counts: BINARY, contested: BINARY, overtaken: BOOLEAN>',
  ],
  ['prlx_id_hashes', 'IdHashes', 'BINARY'],
  ['prlx_known', 'Known', 'BINARY'],
  ['prlx_contested', 'Contested', 'ARRAY<STRUCT<stream: INT, partition: INT, offset: BIGINT>>'],
  ['prlx_payload', 'Payload', 'BINARY'],
  ['prlx_counts', 'Counts', 'ARRAY<STRUCT<stream: INT, class: STRING, reason: STRING, field: STRING, n: BIGINT>>'],
  [
    'prlx_kept',
    'Kept',
    'ARRAY<STRUCT<stream: INT, partition: INT, offset: BIGINT, class: STRING, reason: STRING, key: STRING, time: BIGINT, id: STRING, payload: BINARY>>',
  ],
  ['prlx_panes', 'Panes', 'STRUCT<panes: ARRAY<STRUCT<minute: BIGINT, run: BINARY>>, pending: BINARY, touched: BINARY>'],
  ['prlx_windows', 'Windows', 'STRUCT<hour: BINARY, front: BINARY, last: BINARY, touched: BINARY>'],
  ['prlx_windows_amended', 'AmendedWindows', 'STRUCT<hour: BINARY, front: BINARY, last: BINARY, touched: BINARY>'],
  ['prlx_turn', 'Turn', 'ARRAY<STRUCT<from_minute: BIGINT, to_minute: BIGINT, run: BINARY>>'],
  ['prlx_div', 'Div', 'DECIMAL(38,12)'],
  ['prlx_decimal', 'DecimalText', 'DECIMAL(38,12)'],
  ['prlx_int_key', 'IntKey', 'STRING'],
  ['prlx_asked', 'Asked', 'STRUCT<unasked: INT, answers: ARRAY<STRUCT<bucket: INT, answers: BINARY>>>'],
  ['prlx_answers', 'Answers', 'BINARY'],
  ['prlx_keys', 'KeyUnion', 'BINARY'],
  ['prlx_key_list', 'KeyList', 'ARRAY<STRING>'],
  ['prlx_line', 'RecordingLine', 'STRUCT<partition: INT, offset: BIGINT, id: STRING, payload: BINARY>'],
  ['prlx_call', 'RecordingCall', 'STRUCT<at: BIGINT, ids: ARRAY<STRING>, attempt: INT, status: INT, body: STRING>'],
  ['prlx_files', 'ListFiles', 'ARRAY<STRUCT<path: STRING, bytes: BIGINT, modified: BIGINT>>'],
  ['prlx_row_groups', 'RowGroups', 'STRUCT<missing: STRING, groups: ARRAY<STRUCT<grp: INT, n: BIGINT, bytes: BIGINT>>>'],
  [
    'prlx_reduce',
    'Reduce',
    'STRUCT<n: BIGINT, runs: ARRAY<STRUCT<bucket: INT, lane: INT, run: BINARY>>, aside: ARRAY<STRUCT<key: STRING, reason: INT, col: INT, value: STRING>>, profile: ARRAY<STRUCT<col: INT, n: BIGINT, nulls: BIGINT, bad: BIGINT, broken: BIGINT, low: DOUBLE, high: DOUBLE, total: DOUBLE, squares: DOUBLE>>>',
  ],
  ['prlx_batch_missing', 'MissingRow', 'BINARY'],
  [
    'prlx_batch_join',
    'BatchJoin',
    'ARRAY<STRUCT<page: INT, customers: INT, run: BINARY, aside: ARRAY<STRUCT<tbl: INT, key: STRING, reason: INT>>>>',
  ],
  ['prlx_batch_union', 'BatchUnion', 'BINARY'],
  ['prlx_batch_beside', 'RowsBeside', 'STRUCT<run: BINARY, entrants: INT, pages: INT, bytes: BIGINT>'],
];

const INTERPRETED = { 'spark.sql.codegen.wholeStage': 'false', 'spark.sql.codegen.factoryMode': 'NO_CODEGEN' };

/** A method beyond the limit is never compiled by the JVM; Spark then splits it, operator by operator. */
const COMPILED = {
  'spark.sql.codegen.wholeStage': 'true',
  'spark.sql.codegen.factoryMode': 'FALLBACK',
  'spark.sql.codegen.hugeMethodLimit': '8000',
};

export interface EngineOptions {
  /** `sc://host:port[/;use_ssl=true;token=…]` */
  readonly url: string;
  /** The jar that `packages/spark-functions` builds; it reaches the server as a session artifact. */
  readonly functionsJar: string;
  /** Fresh UUIDs for sessions and operations. */
  readonly newId?: () => string;
  /** Partitions of a shuffle: a small multiple of the engine's cores. */
  readonly shufflePartitions?: number;
  /** About as many tasks read files at once, at the most; without it as many as there are cores. */
  readonly scanTasksMax?: number;
}

/** Names of columns by the name of their view. */
export type ColumnsByView = ReadonlyMap<string, ReadonlySet<string>>;

/** A session that knows Parallax's functions, and what it was taught since: views and schemas that outlast a minute. */
export class Engine {
  readonly session: SparkSession;
  /** Tasks that a step of this session has, at the most, when it has a choice; null: the engine's own measure. */
  readonly tasksMax: number | null;
  readonly #versions = new Map<string, string>();
  readonly #schemas = new Map<string, StructType>();
  readonly #columns = new Map<string, ColumnsByView>();
  readonly #keyLocal = new Map<string, boolean>();
  readonly #wide = new Set<string>();

  constructor(session: SparkSession, tasksMax: number | null = null) {
    this.session = session;
    this.tasksMax = tasksMax;
  }

  /** Runs `make` unless this session has done `name` in this `version` already. */
  async ensure(name: string, version: string, make: () => Promise<unknown>): Promise<void> {
    const before = this.#versions.get(name);
    if (before === version) return;
    await make();
    // What is made anew may have other columns, and queries over it too.
    if (before !== undefined) this.#schemas.clear();
    this.#versions.set(name, version);
  }

  /**
   * Runs `work` with generated code, which pays for its compilation from some tens of thousands of rows on, where the same plan comes back every
   * minute: its text may hold no constant of the minute.
   */
  async compiled<T>(rows: number, work: () => Promise<T>): Promise<T> {
    if (rows < COMPILED_ROWS_MIN) return work();
    await this.session.setConf(COMPILED);
    try {
      return await work();
    } finally {
      await this.session.setConf(INTERPRETED);
    }
  }

  /** What was done as `name` is done anew when it is next wanted. */
  forget(name: string): void {
    this.#versions.delete(name);
  }

  /** Whether a version of a project scores each customer from its own rows alone, found out once a session. */
  async keyLocal(version: string, find: () => Promise<boolean>): Promise<boolean> {
    let known = this.#keyLocal.get(version);
    if (known === undefined) {
      known = await find();
      this.#keyLocal.set(version, known);
    }
    return known;
  }

  /** Which columns of which view a version of a project uses, found out once a session. */
  async usedColumns(version: string, find: () => Promise<ColumnsByView>): Promise<ColumnsByView> {
    let columns = this.#columns.get(version);
    if (columns === undefined) {
      columns = await find();
      this.#columns.set(version, columns);
    }
    return columns;
  }

  /** Whether a version of a project has had a sum of more digits than Spark keeps in one integer. */
  needsAllDigits(version: string): boolean {
    return this.#wide.has(version);
  }

  useAllDigits(version: string): void {
    this.#wide.add(version);
  }

  /** The columns of a query, asked of Spark once a session. */
  async schema(sql: string): Promise<StructType> {
    let schema = this.#schemas.get(sql);
    if (schema === undefined) {
      schema = await this.session.schema(sql);
      this.#schemas.set(sql, schema);
    }
    return schema;
  }
}

/**
 * Opens a session on a Spark Connect server and teaches it Parallax's functions. Any server will do: nothing is preset there.
 *
 * Code generation is off: a minute's plans differ in their constants, so every minute would be compiled anew, which costs more
 * than it saves where the heavy work is done by the functions (measured: docs/benchmarks).
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const newId = options.newId ?? randomUUID;
  const session = await connectSpark({ url: options.url, sessionId: newId(), newOperationId: newId });
  try {
    await session.setConf({
      'spark.sql.session.timeZone': 'UTC',
      'spark.sql.ansi.enabled': 'true',
      // `${…}` in a user's text is text.
      'spark.sql.variable.substitute': 'false',
      'spark.sql.shuffle.partitions': String(options.shufflePartitions ?? 4),
      'spark.sql.adaptive.enabled': 'false',
      // A minute that meets an error is run again whole: stages need not be told apart by what their tasks wrote.
      'spark.sql.shuffle.orderIndependentChecksum.enabled': 'false',
      'spark.sql.autoBroadcastJoinThreshold': String(BROADCAST_BYTES_MAX),
      // Every statement's plan is written out for a page that nobody looks at: the shortest of its forms.
      'spark.sql.ui.explainMode': 'simple',
      // Looking through a plan after each of Spark's own rules is a sixteenth of what planning costs.
      'spark.sql.lightweightPlanChangeValidation': 'false',
      ...INTERPRETED,
      ...(options.scanTasksMax === undefined ? {} : { 'spark.sql.files.maxPartitionNum': String(options.scanTasksMax) }),
      'spark.sql.parquet.compression.codec': 'lz4_raw',
    });
    await session.addJar(options.functionsJar);
    await Promise.all(
      FUNCTIONS.map(([name, className, type]) => session.registerJavaFunction(name, `dev.parallax.functions.${className}`, type)),
    );
  } catch (error) {
    await session.close().catch(() => undefined);
    throw error;
  }
  return new Engine(session, options.shufflePartitions ?? null);
}
