import type { View } from '../view/view.ts';

/** Runs one step of the start with its time in the view. `tell` reports how far it is. */
export async function step<T>(
  view: View,
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
