import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Interceptor, Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { ParallaxError } from '@parallax/core';
import { ConnectSession } from './connect-session.ts';
import { limits } from './limits.ts';
import { Rpc, type Timing } from './rpc.ts';
import type { SparkSession } from './session.ts';
import { type ConnectAddress, parseConnectUrl } from './url.ts';

export interface ConnectOptions extends Partial<Timing> {
  /** `sc://host:port/;use_ssl=true;token=…`, see {@link parseConnectUrl}. */
  readonly url: string;
  /** A UUID of this session. */
  readonly sessionId: string;
  /** Gives a fresh UUID for every operation. */
  readonly newOperationId: () => string;
  /** Certificates (PEM) to trust instead of the system's, for a server with a private authority. */
  readonly ca?: string;
  /** Called once when the server is found to have lost the session. */
  readonly onRestart?: () => void;
  /** Told of failures that cost the caller nothing, such as a release that did not arrive. */
  readonly onWarning?: (error: unknown) => void;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Opens a session with a Spark Connect server, in UTC and with ANSI semantics. Throws `PRLX_SPARK_URL` for a bad address,
 * `PRLX_SPARK_UNREACHABLE` (retryable) when nothing answers there.
 *
 * @example
 * const spark = await connectSpark({ url: 'sc://127.0.0.1:15002', sessionId: randomUUID(), newOperationId: randomUUID });
 * try { console.log(await spark.collect('SELECT 1 AS one')); } finally { await spark.close(); }
 */
export async function connectSpark(options: ConnectOptions): Promise<SparkSession> {
  const address = parseConnectUrl(options.url);
  const { transport, disconnect } = openTransport(address, options.ca);
  return await openSession(transport, disconnect, address, options);
}

/** The session over any transport; apart from {@link connectSpark} for tests. */
export async function openSession(
  transport: Transport,
  disconnect: () => void,
  address: Pick<ConnectAddress, 'display' | 'userId'>,
  options: Omit<ConnectOptions, 'url' | 'ca'>,
): Promise<SparkSession> {
  const { sessionId, newOperationId } = options;
  if (!UUID.test(sessionId)) throw new ParallaxError('PRLX_SPARK_ARGUMENT', 'the session id is not a lower-case UUID', { exitCode: 2 });
  const rpc = new Rpc({
    transport,
    display: address.display,
    userId: address.userId,
    sessionId,
    sleep: options.sleep ?? sleepAbortably,
    clock: options.clock ?? (() => performance.now()),
    onRestart: options.onRestart ?? (() => {}),
    onWarning: options.onWarning ?? (() => {}),
  });
  try {
    const analyze = { case: 'sparkVersion', value: {} } as const;
    const response = await rpc.unary((call) => rpc.client.analyzePlan({ ...rpc.header(), analyze }, call));
    const sparkVersion = response.result.case === 'sparkVersion' ? response.result.value.version : 'unknown';
    const session = new ConnectSession({ rpc, sessionId, sparkVersion, newOperationId, disconnect });
    await session.setConf({ 'spark.sql.session.timeZone': 'UTC', 'spark.sql.ansi.enabled': 'true' });
    return session;
  } catch (error) {
    disconnect();
    throw error;
  }
}

async function sleepAbortably(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

function openTransport(address: ConnectAddress, ca: string | undefined): { transport: Transport; disconnect: () => void } {
  const http2Options = { settings: { initialWindowSize: limits.streamWindowBytes }, ...(ca === undefined ? {} : { ca }) };
  const sessionManager = new Http2SessionManager(address.baseUrl, {}, http2Options);
  const transport = createGrpcTransport({
    baseUrl: address.baseUrl,
    sessionManager,
    interceptors: [withHeaders(address)],
    readMaxBytes: limits.messageBytesMax,
    // Loopback and data-centre links gain nothing from compressing what is columnar already.
    acceptCompression: [],
  });
  return { transport, disconnect: () => sessionManager.abort() };
}

function withHeaders(address: ConnectAddress): Interceptor {
  return (next) => (request) => {
    for (const [name, value] of address.headers) request.header.set(name, value);
    if (address.token !== undefined) request.header.set('authorization', `Bearer ${address.token}`);
    return next(request);
  };
}
