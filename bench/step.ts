import type { BenchView } from './bench.ts';

/** Runs one step with its time in the view. */
export async function step<T>(
  view: BenchView,
  name: string,
  work: (tell: (progress: { done: number; of?: number; unit: string; detail?: string }) => void) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  view.progress({ kind: 'step', name, state: 'running' });
  try {
    const result = await work((progress) => view.progress({ kind: 'step', name, state: 'running', seconds: seconds(), ...progress }));
    view.progress({ kind: 'step', name, state: 'done', seconds: seconds() });
    return result;
  } catch (error) {
    view.progress({ kind: 'step', name, state: 'failed', seconds: seconds() });
    throw error;
  }
}
