import { Code, ConnectError } from '@connectrpc/connect';
import { ParallaxError, type ParallaxErrorOptions } from '@parallax/core';
import { type ErrorInfo, ErrorInfoSchema } from './generated/google/rpc/error_details_pb.js';

/** Where in a statement, or in a view that it uses, Spark found the error. */
export interface SparkErrorContext {
  /** Empty for the statement itself, otherwise such as `VIEW`. */
  readonly objectType: string;
  readonly objectName: string;
  readonly fragment: string;
  /** From 1, in the text of that object; undefined when Spark does not say. */
  readonly line: number | undefined;
}

/** One of the exceptions that an error came of. */
export interface SparkErrorCause {
  /** Java's names of its class and of those above it, such as `java.util.concurrent.TimeoutException`; empty when Spark does not say. */
  readonly classes: readonly string[];
  /** Such as `KAFKA_DATA_LOSS`; undefined when it is none of Spark's own. */
  readonly errorClass: string | undefined;
  readonly message: string;
}

export interface SparkErrorParts {
  readonly message: string;
  readonly errorClass: string | undefined;
  readonly sqlState: string | undefined;
  readonly messageParameters: Readonly<Record<string, string>>;
  readonly contexts: readonly SparkErrorContext[];
  /** The first line of the statement that is to blame, from 1. */
  readonly line: number | undefined;
  /** The error itself, then what caused it and so on, as far as Spark tells it (five). */
  readonly causes: readonly SparkErrorCause[];
}

/** Spark understood the request and refused or failed it. `errorClass` such as `DIVIDE_BY_ZERO`, `sqlState` such as `22012`. */
export class SparkError extends ParallaxError {
  readonly errorClass: string | undefined;
  readonly sqlState: string | undefined;
  readonly messageParameters: Readonly<Record<string, string>>;
  readonly contexts: readonly SparkErrorContext[];
  readonly line: number | undefined;
  readonly causes: readonly SparkErrorCause[];

  constructor(parts: SparkErrorParts, options: ParallaxErrorOptions = {}) {
    // Class 42 is a syntax error or access rule violation: the statement is bad, whatever the data.
    super('PRLX_SPARK_ERROR', parts.message, { exitCode: parts.sqlState?.startsWith('42') === true ? 2 : 3, ...options });
    this.name = 'SparkError';
    this.errorClass = parts.errorClass;
    this.sqlState = parts.sqlState;
    this.messageParameters = parts.messageParameters;
    this.contexts = parts.contexts;
    this.line = parts.line;
    this.causes = parts.causes;
  }
}

/**
 * The connection failed, not the statement. `mayHaveRun` tells whether the server may have begun it all the same: then a command is
 * repeated only by a caller who knows that twice is harmless.
 */
export class SparkConnectionError extends ParallaxError {
  readonly mayHaveRun: boolean;

  constructor(code: `PRLX_SPARK_${string}`, message: string, mayHaveRun: boolean, options: ParallaxErrorOptions = {}) {
    super(code, message, options);
    this.name = 'SparkConnectionError';
    this.mayHaveRun = mayHaveRun;
  }
}

/** What a failed call means, before it is decided what to do about it. */
export type Failure =
  /** Nothing listens there: the request was never sent. */
  | { readonly kind: 'refused'; readonly error: ConnectError }
  /** The connection or the stream broke; the request may have arrived. */
  | { readonly kind: 'broken'; readonly error: ConnectError }
  /** The server does not know the session, or not any more. */
  | { readonly kind: 'session_lost'; readonly reason: string; readonly error: ConnectError }
  | { readonly kind: 'operation_not_found'; readonly error: ConnectError }
  | { readonly kind: 'operation_exists'; readonly error: ConnectError }
  /** The operation was interrupted, by this client or another. */
  | { readonly kind: 'operation_cancelled'; readonly error: ConnectError }
  | { readonly kind: 'unauthenticated'; readonly error: ConnectError }
  | { readonly kind: 'spark'; readonly info: ErrorInfo | undefined; readonly error: ConnectError };

const SESSION_LOST = /INVALID_HANDLE\.(SESSION_(?:NOT_FOUND|CHANGED|CLOSED))/;

/** A total function from whatever a call threw to what it means. */
export function classify(thrown: unknown): Failure {
  const error = ConnectError.from(thrown);
  const info = error.findDetails(ErrorInfoSchema)[0];
  const errorClass = info?.metadata.errorClass ?? '';
  const text = `${errorClass} ${error.rawMessage}`;
  const lost = SESSION_LOST.exec(text)?.[1];
  if (lost !== undefined) return { kind: 'session_lost', reason: lost, error };
  if (/INVALID_HANDLE\.OPERATION_(NOT_FOUND|ABANDONED)/.test(text)) return { kind: 'operation_not_found', error };
  if (text.includes('INVALID_HANDLE.OPERATION_ALREADY_EXISTS')) return { kind: 'operation_exists', error };
  if (/INVALID_CURSOR\.DISCONNECTED/.test(text)) return { kind: 'broken', error };
  if (errorClass === 'OPERATION_CANCELED' || /\[OPERATION_CANCELED\]/.test(error.rawMessage)) return { kind: 'operation_cancelled', error };
  if (info !== undefined) return { kind: 'spark', info, error };
  if (causedBy(error, ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH'])) return { kind: 'refused', error };
  if (error.code === Code.Unauthenticated || error.code === Code.PermissionDenied) return { kind: 'unauthenticated', error };
  const broken = [Code.Unavailable, Code.Aborted, Code.DeadlineExceeded, Code.Canceled, Code.Unknown].includes(error.code);
  // A stream cut short comes as an internal error of this side, one that no server sent.
  if (broken || (error.code === Code.Internal && !error.isWireError)) return { kind: 'broken', error };
  return { kind: 'spark', info: undefined, error };
}

function causedBy(error: Error, codes: readonly string[]): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && codes.includes(at.code)) return true;
  }
  return false;
}

/** The server is not there (any more). */
export function unreachable(display: string, error: ConnectError, mayHaveRun: boolean): SparkConnectionError {
  return new SparkConnectionError('PRLX_SPARK_UNREACHABLE', `Spark does not answer at ${display}: ${error.rawMessage}`, mayHaveRun, {
    cause: error,
    retryable: true,
    advice: 'See whether the Spark Connect server runs there, then connect again.',
  });
}

/** The session is gone, and all its views, functions and settings with it. */
export function restarted(display: string, reason: string, mayHaveRun: boolean, cause?: unknown): SparkConnectionError {
  return new SparkConnectionError('PRLX_SPARK_RESTARTED', `Spark at ${display} no longer has this session (${reason})`, mayHaveRun, {
    cause,
    retryable: true,
    advice: 'Connect again: a new session, in which views and functions are made anew.',
  });
}

/** It cannot be told whether the command ran, and running it again could run it twice. */
export function operationLost(display: string, mayHaveRun: boolean, cause: unknown): SparkConnectionError {
  return new SparkConnectionError('PRLX_SPARK_OPERATION_LOST', `Spark at ${display} no longer knows the operation`, mayHaveRun, {
    cause,
    retryable: !mayHaveRun,
    advice: mayHaveRun ? 'The command may have run: look at its effect before it is given again.' : 'Run the query again.',
  });
}

export function cancelled(operationId: string, cause?: unknown): ParallaxError {
  return new ParallaxError('PRLX_SPARK_CANCELLED', `the Spark operation ${operationId} was cancelled`, { cause });
}

export function unauthenticated(display: string, cause: ConnectError): ParallaxError {
  return new ParallaxError('PRLX_SPARK_UNAUTHENTICATED', `Spark at ${display} refuses the caller (${Code[cause.code]})`, {
    cause,
    advice: 'Give the right token in the address, as /;token=….',
  });
}
