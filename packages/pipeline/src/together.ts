/** Waits for all of them to end before the failure of any is told: what is tried again must not meet what still runs of the attempt before. */
export async function together<T extends readonly Promise<unknown>[]>(...work: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}
