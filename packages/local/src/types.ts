/** The services that Parallax can start by itself, in the order in which they are listed. */
export const SERVICE_NAMES = ['kafka', 'artemis', 'postgres', 'cassandra', 'spark'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A service that has answered in its own protocol. */
export interface RunningService {
  readonly name: ServiceName;
  readonly pid: number;
  /** When `pid` was started, in clock ticks since boot: together they name one process for ever. */
  readonly startTicks: number;
  readonly port: number;
  /** `sc://127.0.0.1:p`, `127.0.0.1:p` (Kafka bootstrap, Cassandra contact), `amqp://127.0.0.1:p`, `postgres://user:password@127.0.0.1:p/db`. */
  readonly url: string;
  readonly logFile: string;
  /** Settles when the process ends, for whatever reason; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Resident memory of the service with its child processes, bytes; 0 once it is gone. */
  rssBytes(): Promise<number>;
  /** Asks politely, waits, kills; resolves when no process of the service is left. Safe to call again. */
  stop(): Promise<void>;
}

export type ProgressPhase = 'preparing' | 'starting' | 'ready' | 'stopping' | 'stopped' | 'failed';

export interface ProgressEvent {
  readonly service: ServiceName;
  readonly phase: ProgressPhase;
  /** Since the start (or the stop) of this service began. */
  readonly elapsedMs: number;
  readonly detail?: string;
}

export interface ServiceOptions {
  /** A folder that gets `data/<service>` and `log/<service>.log`; created when it is not there. Data found there is used again. */
  readonly home: string;
  /** Gives the start up; a service that is ready is stopped by `stop()` alone. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Folder with `spark/`, `kafka/`, `artemis/`, `cassandra/` jars; by default `.parallax/jars` of this checkout. */
  readonly jars?: string;
  readonly startMsMax?: number;
}

export interface JavaServiceOptions extends ServiceOptions {
  /** Largest Java heap, MiB. */
  readonly heapMb?: number;
}

export interface SparkOptions extends JavaServiceOptions {
  /** Task threads: `local[cores]`; all processors by default. */
  readonly cores?: number;
  /** Added to the server's configuration, and stronger than the defaults. */
  readonly conf?: Readonly<Record<string, string>>;
}
