import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { JARS, type RunningService, startSpark } from '@parallax/local';
import { type Engine, type EngineProvider, openEngine } from '@parallax/pipeline';

export interface EngineKeeperOptions {
  /** A server that runs already (`sc://…`), or null to start one here. */
  readonly url: string | null;
  /** Folder for the data and logs of a server that is started here. */
  readonly home: string;
  /** A server that was started already and is this keeper's to start again when it dies. */
  readonly server?: RunningService;
  readonly heapMb?: number;
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

  async lost(engine: Engine, cause: unknown): Promise<void> {
    if (this.#engine !== engine) return;
    this.#engine = null;
    this.#options.note(`the engine's session was lost (${cause instanceof Error ? cause.message : String(cause)}); opening another`);
    await engine.session.close().catch((error: unknown) => this.#options.note(`the lost session could not be closed: ${String(error)}`));
  }

  /** Ends the session and the server, if it was started here. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#engine?.session.close().catch((error: unknown) => this.#options.note(`the session could not be closed: ${String(error)}`));
    this.#engine = null;
    await this.#server?.stop();
    this.#server = null;
  }

  async #open(): Promise<Engine> {
    const url = this.#options.url ?? (await this.#serverUrl());
    this.#engine = await openEngine({
      url,
      functionsJar: FUNCTIONS_JAR,
      // A server on this machine has its processors; for another the engine's own default holds.
      ...(onThisMachine(url) ? { shufflePartitions: availableParallelism() } : {}),
    });
    return this.#engine;
  }

  async #serverUrl(): Promise<string> {
    if (this.#server !== null && (await this.#server.rssBytes()) === 0) this.#server = null;
    this.#server ??= await startSpark({
      home: this.#options.home,
      ...(this.#options.heapMb === undefined ? {} : { heapMb: this.#options.heapMb }),
      ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
    });
    return this.#server.url;
  }
}

function onThisMachine(url: string): boolean {
  return /^sc:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(url);
}
