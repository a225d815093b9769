import { ParallaxError } from '@parallax/core';

/** What was taken before its minute was sealed is not what the minute has: an alternative that goes on from before it reads what is right. */
export function aheadOfSeal(detail: string): ParallaxError {
  return new ParallaxError('PRLX_ALTERNATIVE_AHEAD', `what was read before the seal is not what was sealed: ${detail}`, {
    retryable: true,
  });
}
