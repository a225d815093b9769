/** Waits for both to end before either's failure is told: what is tried again must not meet what still runs of the attempt before. */
export async function together<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}
