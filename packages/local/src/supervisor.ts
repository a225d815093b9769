/**
 * The process behind `up`: starts the services named on its command line, records them, and stops them when it is told to end.
 * Until they are ready it reports to its parent, and gives up when the parent goes; from then on it stands alone.
 *
 * Usage: node supervisor.ts STATE_FILE HOME SERVICE…
 */
import { isAlive, startTicks } from './proc.ts';
import { type Services, startServices } from './services.ts';
import type { ProgressEvent, ServiceName } from './types.ts';
import { readUpState, removeUpState, writeUpState } from './up-state.ts';

/** What the supervisor tells the command that started it. */
export type SupervisorMessage =
  | { readonly kind: 'progress'; readonly event: ProgressEvent }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string; readonly advice: string | undefined };

const [stateFile = '', home = '', ...names] = process.argv.slice(2);
const self = { pid: process.pid, startTicks: startTicks(process.pid) ?? -1 };
const stop = new AbortController();
const giveUp = (): void => stop.abort(new Error('told to stop'));
process.on('SIGTERM', giveUp);
process.on('SIGINT', giveUp);
process.on('SIGHUP', giveUp);
process.on('disconnect', giveUp);

const tell = (message: SupervisorMessage): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });

async function supervise(): Promise<Services> {
  const other = readUpState(stateFile);
  if (other !== null && isAlive(other.supervisor)) throw new Error(`process ${other.supervisor.pid} already keeps the services up`);
  writeUpState({ supervisor: self, home, services: [] }, stateFile);
  const services = await startServices({
    names: names as ServiceName[],
    home,
    signal: stop.signal,
    onProgress: (event) => void tell({ kind: 'progress', event }),
  });
  const recorded = services.running.map(({ name, pid, startTicks: ticks, port, url, logFile }) => ({
    name,
    pid,
    startTicks: ticks,
    port,
    url,
    logFile,
  }));
  writeUpState({ supervisor: self, home, services: recorded }, stateFile);
  return services;
}

/** Removes the record if it is ours. */
function forget(): void {
  if (readUpState(stateFile)?.supervisor.pid === self.pid) removeUpState(stateFile);
}

try {
  const services = await supervise();
  await tell({ kind: 'ready' });
  process.off('disconnect', giveUp);
  if (process.connected) process.disconnect();
  for (const service of services.running) {
    void service.exited.then(({ code, signal }) => {
      if (!stop.signal.aborted)
        console.error(`${new Date().toISOString()} ${service.name} ended by itself: ${signal ?? `exit code ${code}`}`);
    });
  }
  if (!stop.signal.aborted) await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
  await services.stop();
  forget();
} catch (error) {
  forget();
  const advice = error instanceof Error && 'advice' in error && typeof error.advice === 'string' ? error.advice : undefined;
  await tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error), advice });
  process.exitCode = 3;
  if (process.connected) process.disconnect();
}
