import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Project } from '@parallax/core';
import type { Clock } from '@parallax/pipeline';
import { READY_MS_MAX, RETRY_MS, RETRY_MS_MAX, SEMI_SPACE_MIB, VERIFIER_NICENESS } from './limits.ts';
import { ENDS_WITH_INPUT, READY_LINE } from './ready.ts';

export interface VerifierChildOptions {
  readonly project: Project;
  readonly state: string;
  readonly kafka: string;
  readonly amqp: string | undefined;
  readonly metricsPort?: number;
  readonly clock: Clock;
  readonly note: (text: string) => void;
}

/** Bytes of a line of the child that are passed on. */
const LINE_MAX = 400;

/**
 * The verifier as a process of its own, beside the run that it verifies. It is started again when it ends by itself; minutes go on without it.
 */
export class VerifierChild {
  readonly #options: VerifierChildOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | null = null;
  #loop: Promise<void> = Promise.resolve();
  readonly #ready = Promise.withResolvers<void>();

  constructor(options: VerifierChildOptions) {
    this.#options = options;
  }

  /** Starts it; resolves when its queues are attached, or when that takes too long: then it goes on trying. */
  async start(): Promise<void> {
    this.#loop = this.#keepRunning();
    const { clock, note } = this.#options;
    const late = new AbortController();
    const timeout = clock.sleep(READY_MS_MAX, late.signal).then(() => {
      if (!late.signal.aborted) note('the verifier is not ready yet: minutes go on without it');
    });
    await Promise.race([this.#ready.promise, timeout]);
    late.abort();
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill('SIGTERM');
    await this.#loop;
  }

  async #keepRunning(): Promise<void> {
    let pauseMs = RETRY_MS;
    while (!this.#stopping.signal.aborted) {
      const begun = performance.now();
      const ended = await this.#runOnce();
      if (this.#stopping.signal.aborted) return;
      pauseMs = performance.now() - begun > RETRY_MS_MAX ? RETRY_MS : Math.min(pauseMs * 2, RETRY_MS_MAX);
      this.#options.note(`the verifier ended (${ended}); starting it again in ${pauseMs / 1000} s`);
      await this.#options.clock.sleep(pauseMs, this.#stopping.signal);
    }
  }

  /** Runs it to its end; returns how it ended. */
  #runOnce(): Promise<string> {
    const { project, state, kafka, amqp, metricsPort } = this.#options;
    const main = join(import.meta.dirname, '..', 'main.ts');
    const args = [
      '--disable-warning=ExperimentalWarning',
      // V8 sizes it once, as it starts; other commands have less (`./parallax`).
      `--max-semi-space-size=${SEMI_SPACE_MIB}`,
      main,
      'verify',
      '--project',
      project.directory,
      '--state',
      state,
      '--kafka',
      kafka,
    ];
    if (amqp !== undefined) args.push('--amqp', amqp);
    if (metricsPort !== undefined) args.push('--metrics-port', String(metricsPort));
    // Its standard input is ours: when it ends, however we end, so does the verifier.
    const child = spawn(process.execPath, args, {
      // A Ctrl-C is for us: we tell it when to stop.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, [ENDS_WITH_INPUT]: '1' },
    });
    this.#child = child;
    if (child.pid !== undefined) yieldTo(child.pid);
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line === READY_LINE) this.#ready.resolve();
      else this.#options.note(`verifier: ${line.slice(0, LINE_MAX)}`);
    });
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }
}

/** Lets everybody else on this machine go first: the minute that is verified must not wait for who verifies it. */
function yieldTo(pid: number): void {
  try {
    setPriority(pid, VERIFIER_NICENESS);
    // A session of its own is a group of its own, within which alone the priority would count (sched(7), autogroup).
    writeFileSync(`/proc/${pid}/autogroup`, String(VERIFIER_NICENESS));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Systems without it, or that do not allow it, share evenly.
    if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'EPERM' && code !== 'ESRCH' && code !== 'ERR_SYSTEM_ERROR') throw error;
  }
}

/** The verifier of a project that says its logic a second time; null when it does not, or nobody wants it. */
export async function startVerifier(wanted: boolean, options: VerifierChildOptions): Promise<VerifierChild | null> {
  if (!wanted) return null;
  if (options.project.alternative === null) {
    options.note('the project has no alternative.ts: its minutes are not verified');
    return null;
  }
  const child = new VerifierChild(options);
  await child.start();
  return child;
}
