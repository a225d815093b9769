/** Milliseconds by phase, in the order in which the phases first ran. */
export class Phases {
  readonly #milliseconds: Record<string, number> = {};

  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#milliseconds[phase] = (this.#milliseconds[phase] ?? 0) + performance.now() - start;
    }
  }

  /** Whole milliseconds. */
  milliseconds(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#milliseconds).map(([phase, ms]) => [phase, Math.round(ms)]));
  }
}
