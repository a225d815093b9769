import type { Micros, Project } from '@parallax/core';
import type { MinuteSource } from '@parallax/pipeline';
import type {
  CommandMetrics,
  ExplainMode,
  RelationDefinition,
  SourceDefinition,
  SparkSession,
  SparkValue,
  StatementOptions,
  StructType,
} from '@parallax/spark-connect';

/** What a fault does to the Spark side of a copy of the run. Everything is optional; nothing of it is in the product. */
export interface Injection {
  /** Another text for a statement that the pipeline sends to Spark in iteration `minute`. */
  readonly statement?: (sql: string, minute: Micros) => string;
  /** Other files for a relation of state that the pipeline opens. */
  readonly relation?: RelationChange;
  /** Another source of messages and online answers. */
  readonly source?: (source: MinuteSource, touched: Touched) => MinuteSource;
  /** Runs before the iteration `minute`: edits the copy's ledger by SQL. */
  readonly ledger?: (minute: Micros) => readonly string[];
  /** Other rules: a project that differs from the true one in its two queries only. */
  readonly project?: Project;
  /** A batch day whose view the copy makes itself, from the true run's reduced tables; without it the true view is used. */
  readonly ownBatchOf?: string;
  /** The folder of a recording that the Spark side reads in place of the true one. */
  readonly recording?: string;
  /** Settings of the engine's session. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type RelationChange = (name: string, relation: RelationDefinition, minute: Micros) => RelationDefinition;

/** A change of relations that are files; one without any stays as it is. */
export function changedFiles(change: (name: string, source: SourceDefinition, minute: Micros) => SourceDefinition): RelationChange {
  return (name, relation, minute) => ('sql' in relation ? relation : change(name, relation, minute));
}

/** Counts how often an injection changed something: a fault that changed nothing was never put in. */
export class Touched {
  count = 0;

  changed<T>(before: T, after: T): T {
    if (after !== before) this.count += 1;
    return after;
  }
}

/** A session whose statements and relations an injection may change on their way to Spark. */
export class EditedSession implements SparkSession {
  readonly #inner: SparkSession;
  readonly #injection: Injection;
  readonly #touched: Touched;
  readonly #minute: () => Micros;

  constructor(inner: SparkSession, injection: Injection, touched: Touched, minute: () => Micros) {
    this.#inner = inner;
    this.#injection = injection;
    this.#touched = touched;
    this.#minute = minute;
  }

  get sparkVersion(): string {
    return this.#inner.sparkVersion;
  }

  get sessionId(): string {
    return this.#inner.sessionId;
  }

  #edit(sql: string): string {
    return this.#touched.changed(sql, this.#injection.statement?.(sql, this.#minute()) ?? sql);
  }

  command(sql: string, options?: StatementOptions): Promise<CommandMetrics> {
    return this.#inner.command(this.#edit(sql), this.#given(options));
  }

  query(sql: string, options?: StatementOptions): ReturnType<SparkSession['query']> {
    return this.#inner.query(this.#edit(sql), this.#given(options));
  }

  queryBatches(sql: string, options?: StatementOptions): ReturnType<SparkSession['queryBatches']> {
    return this.#inner.queryBatches(this.#edit(sql), this.#given(options));
  }

  collect(sql: string, options?: StatementOptions & { readonly limitRows?: number }): ReturnType<SparkSession['collect']> {
    return this.#inner.collect(this.#edit(sql), this.#given(options));
  }

  schema(sql: string, options?: Pick<StatementOptions, 'args' | 'relations'>): Promise<StructType> {
    return this.#inner.schema(this.#edit(sql), this.#given(options));
  }

  explain(sql: string, mode?: ExplainMode, options?: Pick<StatementOptions, 'args' | 'relations'>): Promise<string> {
    return this.#inner.explain(this.#edit(sql), mode, this.#given(options));
  }

  createSourceView(name: string, source: SourceDefinition): Promise<void> {
    const opened = this.#opened(name, source);
    if ('sql' in opened) throw new Error(`${name} is opened as files, and no query can stand in for them`);
    return this.#inner.createSourceView(name, opened);
  }

  #opened(name: string, relation: RelationDefinition): RelationDefinition {
    return this.#touched.changed(relation, this.#injection.relation?.(name, relation, this.#minute()) ?? relation);
  }

  /** The options of a statement, its own relations changed as those that are opened for several are. */
  #given<T extends Pick<StatementOptions, 'relations'>>(options: T | undefined): T | undefined {
    if (options?.relations === undefined) return options;
    const relations: Record<string, RelationDefinition> = {};
    for (const [name, of] of Object.entries(options.relations)) relations[name] = this.#opened(name, of);
    return { ...options, relations };
  }

  startStreamingQuery(...args: Parameters<SparkSession['startStreamingQuery']>): ReturnType<SparkSession['startStreamingQuery']> {
    return this.#inner.startStreamingQuery(...args);
  }

  createLocalView(name: string, schema: StructType | string, rows: Iterable<readonly SparkValue[]>): Promise<void> {
    return this.#inner.createLocalView(name, schema, rows);
  }

  parseSchema(ddl: string): Promise<StructType> {
    return this.#inner.parseSchema(ddl);
  }

  dropView(name: string): Promise<boolean> {
    return this.#inner.dropView(name);
  }

  setConf(entries: Readonly<Record<string, string>>): Promise<void> {
    return this.#inner.setConf(entries);
  }

  addJar(path: string): Promise<void> {
    return this.#inner.addJar(path);
  }

  registerJavaFunction(name: string, className: string, returnTypeDdl: string): Promise<void> {
    return this.#inner.registerJavaFunction(name, className, returnTypeDdl);
  }

  interruptAll(): Promise<readonly string[]> {
    return this.#inner.interruptAll();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
