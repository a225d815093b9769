import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { JARS, type RunningService, startSpark } from '@parallax/local';
import { type Engine, type EngineProvider, openEngine } from '@parallax/pipeline';

export interface EngineKeeperOptions {
  /** A server that runs already (`sc://…`), or who knows its address when it is needed; null to start one here. */
  readonly url: string | (() => Promise<string>) | null;
  /** Folder for the data and logs of a server that is started here. */
  readonly home: string;
  /** A server that was started already and is this keeper's to start again when it dies. */
  readonly server?: RunningService;
  /** Tasks of a step at once; without it as many as a server of this machine has processors, on another the engine's own default. */
  readonly tasksMax?: number;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The jar of `packages/spark-functions`, where the launcher puts it. */
export const FUNCTIONS_JAR = join(JARS, 'functions', 'parallax-spark-functions.jar');

/** Sessions on one Spark server, which it starts, and starts again when it dies; or on a server that others keep. */
export class EngineKeeper implements EngineProvider {
  readonly #options: EngineKeeperOptions;
  #server: RunningService | null = null;
  #engine: Engine | null = null;
  #opening: Promise<Engine> | null = null;
  #beside: EngineKeeper | null = null;

  constructor(options: EngineKeeperOptions) {
    this.#options = options;
    this.#server = options.server ?? null;
  }

  engine(): Promise<Engine> {
    if (this.#engine !== null) return Promise.resolve(this.#engine);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** The address of the server, for sessions that the caller opens and closes. */
  async url(): Promise<string> {
    const { url } = this.#options;
    if (url === null) return this.#serverUrl();
    return typeof url === 'string' ? url : url();
  }

  async lost(engine: Engine, cause: unknown): Promise<void> {
    if (this.#engine !== engine) return;
    this.#engine = null;
    this.#options.note(`the engine's session was lost (${cause instanceof Error ? cause.message : String(cause)}); opening another`);
    await engine.session.close().catch((error: unknown) => this.#options.note(`the lost session could not be closed: ${String(error)}`));
  }

  /**
   * Another session on the same server, for work that must leave the minutes room: its steps have half as many tasks as the server runs at
   * once. Spark Connect has no scheduler pools, and a task keeps its core until it is done. Begin it once the server runs; it is closed with this one.
   */
  async beside(): Promise<EngineProvider> {
    const tasksMax = Math.max(1, Math.floor((await tasksAtOnce(await this.engine())) / 2));
    const { home, note } = this.#options;
    this.#beside ??= new EngineKeeper({ url: () => this.url(), home, note, tasksMax });
    return this.#beside;
  }

  /** Ends the session and the server, if it was started here. */
  async close(): Promise<void> {
    await this.#beside?.close();
    await this.#opening?.catch(() => undefined);
    await this.#engine?.session.close().catch((error: unknown) => this.#options.note(`the session could not be closed: ${String(error)}`));
    this.#engine = null;
    await this.#server?.stop();
    this.#server = null;
  }

  async #open(): Promise<Engine> {
    const url = await this.url();
    const { tasksMax } = this.#options;
    this.#engine = await openEngine({
      url,
      functionsJar: FUNCTIONS_JAR,
      // A server on this machine has its processors; for another the engine's own default holds.
      ...(onThisMachine(url) ? { shufflePartitions: availableParallelism() } : {}),
      ...(tasksMax === undefined ? {} : { shufflePartitions: tasksMax, scanTasksMax: tasksMax }),
    });
    return this.#engine;
  }

  async #serverUrl(): Promise<string> {
    if (this.#server !== null && (await this.#server.rssBytes()) === 0) this.#server = null;
    this.#server ??= await startSpark({
      home: this.#options.home,
      ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
    });
    return this.#server.url;
  }
}

/** How many tasks the server runs at once: by as many it counts, unless its operator said otherwise (`spark.default.parallelism`). */
async function tasksAtOnce({ session }: Engine): Promise<number> {
  const [row] = await session.collect('SELECT max(part) + 1 AS tasks FROM (SELECT spark_partition_id() AS part FROM range(0, 100000))');
  return Number(row?.tasks ?? 1);
}

function onThisMachine(url: string): boolean {
  return /^sc:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(url);
}
