import { ParallaxError, type Place } from '@parallax/core';
import { formatProblem, ProjectError, type ProjectProblem } from '@parallax/core/load-project.ts';
import { CommanderError } from 'commander';
import { Stopped } from './until-stopped.ts';

/** What a failure means to the person or script that called `parallax`. */
export interface Failure {
  /** 0 only for help and version, which commander reports as errors. */
  readonly exitCode: number;
  /** `PRLX_…`, or null when there is nothing to print. */
  readonly code: string | null;
  readonly message: string;
  readonly advice: string | null;
  readonly retryable: boolean;
  readonly place: Place | null;
  readonly problems: readonly ProjectProblem[];
  /** The messages of the causes, outermost first. */
  readonly causes: readonly string[];
  readonly stack: string | null;
}

/** Errors of the system that say what a reader can do. */
const SYSTEM_ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space.',
  EACCES: 'Check the permissions of that file or folder.',
  ENOENT: 'Check the path.',
  ECONNREFUSED: 'Nothing listens there: check the address and whether the service runs.',
  EMFILE: 'Too many open files: raise the limit (ulimit -n).',
};

/** Deepest chain of causes that is followed. */
const CAUSES_MAX = 8;

/** Turns whatever was thrown into what is printed and the exit code (design, section 8). Total: it never throws. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Stopped) return failure(error, { exitCode: error.exitCode });
  if (error instanceof CommanderError) return usageFailure(error);
  if (error instanceof ParallaxError) {
    return failure(error, {
      exitCode: error.exitCode,
      code: error.code,
      advice: error.advice ?? null,
      retryable: error.retryable,
      place: error.place ?? null,
      problems: error instanceof ProjectError ? error.problems : [],
    });
  }
  const systemCode = error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : null;
  if (systemCode !== null) {
    return failure(error, { exitCode: 3, code: 'PRLX_SYSTEM', advice: SYSTEM_ADVICE[systemCode] ?? null });
  }
  const advice = 'This is a defect of Parallax: please report it with the lines above and what you ran.';
  return failure(error, { exitCode: 3, code: 'PRLX_INTERNAL', advice });
}

/** Commander's own errors: unknown options, missing arguments; and its way to say that help was shown. */
function usageFailure(error: CommanderError): Failure {
  if (error.exitCode === 0) return failure(error, { exitCode: 0 });
  if (error.code === 'commander.help') return failure(error, { exitCode: 2 });
  const message = error.message.replace(/^error: /, '').trim();
  return { ...failure(error, { exitCode: 2, code: 'PRLX_USAGE', advice: 'parallax <command> --help explains each option.' }), message };
}

function failure(error: unknown, known: Partial<Failure> & Pick<Failure, 'exitCode'>): Failure {
  return {
    code: null,
    message: messageOf(error),
    advice: null,
    retryable: false,
    place: null,
    problems: [],
    causes: causesOf(error),
    stack: error instanceof Error ? (error.stack ?? null) : null,
    ...known,
  };
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message;
  try {
    return String(error);
  } catch {
    // An object whose toString throws or is missing: there is nothing to say about it but its kind.
    return `a thrown ${typeof error}`;
  }
}

function causesOf(error: unknown): readonly string[] {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && causes.length < CAUSES_MAX) {
    causes.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

/** The lines that a person reads; empty when there is nothing to say. `debug` adds the stack. */
export function formatFailure(found: Failure, debug: boolean): string {
  if (found.code === null) return '';
  const lines = [`error ${found.code}: ${found.message}`];
  for (const cause of found.causes) if (!found.message.includes(cause)) lines.push(`  because: ${cause}`);
  if ((debug || found.code === 'PRLX_INTERNAL') && found.stack !== null) lines.push(found.stack);
  if (found.advice !== null) lines.push(`→ ${found.advice}`);
  return `${lines.join('\n')}\n`;
}

/** The same as one JSON object on one line, for `--json`. */
export function formatFailureJson(found: Failure): string {
  if (found.code === null) return '';
  const problems = found.problems.map((problem) => ({ ...problem.place, message: problem.message, text: formatProblem(problem) }));
  return `${JSON.stringify({
    error: {
      code: found.code,
      message: found.message,
      exit_code: found.exitCode,
      retryable: found.retryable,
      advice: found.advice,
      place: found.place,
      causes: found.causes,
      ...(problems.length === 0 ? {} : { problems }),
    },
  })}\n`;
}
