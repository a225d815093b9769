/** Where in a project file an error stands. `line` counts from 1; `field` is a dotted path. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly field?: string;
}

/**
 * The exit code of the command line (design, section 8): 1 the answer is bad, 2 bad usage or project, 3 a dependency failed.
 */
export type ExitCode = 1 | 2 | 3;

export interface ParallaxErrorOptions {
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable?: boolean;
  readonly exitCode?: ExitCode;
  readonly place?: Place;
  /** What the reader can do about it, one sentence. */
  readonly advice?: string;
}

/** Every expected failure of Parallax: `code` is stable and starts with `PRLX_`; the message says what happened. */
export class ParallaxError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly exitCode: ExitCode;
  readonly place: Place | undefined;
  readonly advice: string | undefined;

  constructor(code: `PRLX_${string}`, message: string, options: ParallaxErrorOptions = {}) {
    const where = options.place === undefined ? '' : `${formatPlace(options.place)}: `;
    super(`${where}${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ParallaxError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.exitCode = options.exitCode ?? 3;
    this.place = options.place;
    this.advice = options.advice;
  }
}

/** `file:line (field)`, the parts that are known. */
export function formatPlace(place: Place): string {
  const line = place.line === undefined ? '' : `:${place.line}`;
  const field = place.field === undefined ? '' : ` (${place.field})`;
  return `${place.file}${line}${field}`;
}

/** For `switch` statements that must be exhaustive. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
