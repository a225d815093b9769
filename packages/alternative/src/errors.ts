import { ParallaxError } from '@parallax/core';

/** A recording that is none, or lacks what it must have. */
export function recordingError(
  file: string,
  message: string,
  options: { readonly line?: number; readonly cause?: unknown } = {},
): ParallaxError {
  return new ParallaxError('PRLX_RECORDING', message, {
    exitCode: 2,
    place: options.line === undefined ? { file } : { file, line: options.line },
    advice: 'docs/contract.md, section 9, says what a recording holds.',
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}
