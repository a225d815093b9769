/** Every bound of this package in one place, each with its unit in its name. */
export const limits = {
  /** The largest gRPC message that is read: one Arrow batch of Spark (4 MiB by its own estimate), or one enormous row. */
  messageBytesMax: 512 * 1024 * 1024,
  /** HTTP/2 flow control: how much of one stream may be on its way unread (back-pressure begins here). */
  streamWindowBytes: 4 * 1024 * 1024,
  /** Local data up to this size travels inside the plan, above it as cached artifacts. */
  localInlineBytesMax: 1024 * 1024,
  /** One cached artifact of local data: a whole Arrow stream of at most so many bytes (estimated before each row) … */
  localChunkBytesMax: 8 * 1024 * 1024,
  /** … and at most so many rows. */
  localChunkRowsMax: 100_000,
  /** The largest local data of one view. */
  localTotalBytesMax: 3 * 1024 * 1024 * 1024,
  /** An artifact is sent in pieces of this size, each with its CRC-32. */
  artifactPieceBytes: 256 * 1024,
  /** `collect` refuses more rows than this, unless the caller names another limit. */
  collectRowsMax: 100_000,
  /** How often one unary call is tried when the server is unavailable. */
  unaryAttemptsMax: 4,
  /** A unary call that takes longer is given up (an analysis of a wide plan can take its time). */
  unaryTimeoutMs: 180_000,
  /** How often a broken stream is reattached without one new response in between. */
  reattachesWithoutProgressMax: 6,
  /** A stream that ends in good order after at least this time was ended by the server's own limit; that is no failure. */
  gracefulStreamMs: 10_000,
  /** A stream on which nothing arrives for so long is taken for dead; the server ends its own after 2 minutes. */
  streamSilenceMs: 180_000,
  /** Back-off between tries: doubled from the first to the last. */
  backoffFirstMs: 50,
  backoffLastMs: 2_000,
  /** The calls that interrupt, release and explain an error are given up after this time. */
  releaseTimeoutMs: 10_000,
  /** An operation is not interrupted before this age, unless its stages were seen (Spark reports them every 2 s). */
  interruptAgeMs: 8_000,
  /** How long the end of an interrupted operation is waited for. */
  stopTimeoutMs: 30_000,
  /** How often a cancellation is repeated while the server does not know the operation yet. */
  interruptAttemptsMax: 5,
  /** Parsed DDL texts kept in one session. */
  ddlCacheEntriesMax: 1_000,
  /** How much of a statement an error message shows, in characters. */
  sqlInMessageCharsMax: 300,
} as const;
