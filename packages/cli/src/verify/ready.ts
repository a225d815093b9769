/** What `verify` says when its queues are attached: everything sent from then on reaches both sides. */
export const READY_LINE = 'the verifier is ready';

/** The environment variable that tells a child to stop when its standard input ends: its parent is gone. */
export const ENDS_WITH_INPUT = 'PARALLAX_ENDS_WITH_INPUT';
