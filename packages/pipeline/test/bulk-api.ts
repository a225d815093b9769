import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** One call as the server got it. */
export interface BulkCall {
  /** The body's bytes as text. */
  readonly text: string;
  /** The source texts of the ids. */
  readonly ids: readonly string[];
}

export type Answer = { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };

/** A real bulk API on loopback. `answer` may wait; a null answer keeps the connection open and says nothing. */
export async function startBulkApi(
  answer: (call: BulkCall, nth: number) => Answer | null | Promise<Answer | null>,
): Promise<{ readonly url: string; readonly calls: BulkCall[]; readonly mostAtOnce: () => number }> {
  const calls: BulkCall[] = [];
  let [running, most] = [0, 0];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    response.on('close', () => {
      running -= 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const call = { text, ids: (/\[(.*)\]/s.exec(text)?.[1] ?? '').split(',') };
    calls.push(call);
    const given = await answer(call, calls.length);
    if (given === null) return;
    response.writeHead(given.status, given.headers ?? {}).end(given.body);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}/bulk`, calls, mostAtOnce: () => most };
}

/** A valid answer for these ids. */
export function rows(ids: readonly string[]): string {
  return `{"customers":[${ids.map((id) => `{"customer_id":${id},"mood":1.5}`).join(',')}]}`;
}
