import { Code, ConnectError } from '@connectrpc/connect';

/** Rejects as a broken connection when `next` settles not within `ms`: a peer that vanished sends no reset. */
export async function withSilenceLimit<T>(next: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectError(`nothing was received for ${ms} ms`, Code.Unavailable)), ms);
    timer.unref();
  });
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}
