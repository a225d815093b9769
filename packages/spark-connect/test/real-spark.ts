import { randomUUID } from 'node:crypto';
import { type ConnectOptions, connectSpark } from '../src/connect.ts';
import type { SparkSession } from '../src/session.ts';

/** A new session with the server that the run's set-up started, or that the caller named. */
export async function realSession(options: Partial<ConnectOptions> = {}): Promise<SparkSession> {
  const url = process.env.PARALLAX_SPARK_URL;
  if (url === undefined) throw new Error('set PARALLAX_SPARK_URL=sc://host:port to a Spark Connect server');
  return await connectSpark({ url, sessionId: randomUUID(), newOperationId: randomUUID, ...options });
}
