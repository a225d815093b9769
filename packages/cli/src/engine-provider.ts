import { join } from 'node:path';
import { JARS, type RunningService, startSpark } from '@parallax/local';
import { openEngine, type SessionProvider } from '@parallax/pipeline';
import type { SparkSession } from '@parallax/spark-connect';

export interface EngineProviderOptions {
  /** A server that runs already (`sc://…`), or null to start one here. */
  readonly url: string | null;
  /** Folder for the data and logs of a server that is started here. */
  readonly home: string;
  readonly heapMb?: number;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The jar of `packages/spark-functions`, where the launcher puts it. */
export const FUNCTIONS_JAR = join(JARS, 'functions', 'parallax-spark-functions.jar');

/** Sessions on one Spark server, which it starts, and starts again when it dies; or on a server that others keep. */
export class EngineProvider implements SessionProvider {
  readonly #options: EngineProviderOptions;
  #server: RunningService | null = null;
  #session: SparkSession | null = null;
  #opening: Promise<SparkSession> | null = null;

  constructor(options: EngineProviderOptions) {
    this.#options = options;
  }

  session(): Promise<SparkSession> {
    if (this.#session !== null) return Promise.resolve(this.#session);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async lost(session: SparkSession, cause: unknown): Promise<void> {
    if (this.#session !== session) return;
    this.#session = null;
    this.#options.note(`the engine's session was lost (${cause instanceof Error ? cause.message : String(cause)}); opening another`);
    await session.close().catch((error: unknown) => this.#options.note(`the lost session could not be closed: ${String(error)}`));
  }

  /** Ends the session and the server, if it was started here. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#session?.close().catch((error: unknown) => this.#options.note(`the session could not be closed: ${String(error)}`));
    this.#session = null;
    await this.#server?.stop();
    this.#server = null;
  }

  async #open(): Promise<SparkSession> {
    const url = this.#options.url ?? (await this.#serverUrl());
    this.#session = await openEngine({ url, functionsJar: FUNCTIONS_JAR });
    return this.#session;
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
