import { type Failure, SparkError, type SparkErrorCause, type SparkErrorContext } from './errors.ts';
import type { FetchErrorDetailsResponse, FetchErrorDetailsResponse_QueryContext } from './generated/spark/connect/base_pb.js';
import { FetchErrorDetailsResponse_QueryContext_ContextType as ContextType } from './generated/spark/connect/base_pb.js';

/**
 * Spark's error in full. The status of a call carries its class and state, shortened; `details` is the answer to FetchErrorDetails
 * (undefined when it could not be had), which has the whole message, the parameters and the place in the statement `sql`.
 */
export function sparkError(
  failure: Failure & { kind: 'spark' },
  details: FetchErrorDetailsResponse | undefined,
  sql: string | undefined,
): SparkError {
  const metadata = failure.info?.metadata ?? {};
  const root = details?.rootErrorIdx === undefined ? undefined : details.errors[details.rootErrorIdx];
  const throwable = root?.sparkThrowable;
  const message = root?.message || failure.error.rawMessage;
  const contexts = (throwable?.queryContexts ?? [])
    .filter((context) => context.contextType === ContextType.SQL)
    .map((context) => contextOf(context, sql));
  const errorClass = throwable?.errorClass ?? metadata.errorClass;
  return new SparkError(
    {
      message,
      errorClass,
      sqlState: throwable?.sqlState ?? metadata.sqlState,
      messageParameters: throwable?.messageParameters ?? parseParameters(metadata.messageParameters),
      contexts,
      line: contexts.find((context) => context.objectType === '' && context.line !== undefined)?.line ?? lineInMessage(message),
      causes: details === undefined || root === undefined ? [{ classes: [], errorClass, message }] : causesOf(details),
    },
    { cause: failure.error },
  );
}

/** The chain of exceptions from the root on. */
function causesOf({ rootErrorIdx, errors }: FetchErrorDetailsResponse): SparkErrorCause[] {
  const causes: SparkErrorCause[] = [];
  for (let at = rootErrorIdx; at !== undefined && causes.length < errors.length; ) {
    const error = errors[at];
    if (error === undefined) break;
    causes.push({ classes: error.errorTypeHierarchy, errorClass: error.sparkThrowable?.errorClass, message: error.message });
    at = error.causeIdx;
  }
  return causes;
}

function contextOf(context: FetchErrorDetailsResponse_QueryContext, sql: string | undefined): SparkErrorContext {
  // The index counts in the text of the object; only the statement's own text is at hand.
  const known = sql !== undefined && context.objectType === '' && context.startIndex >= 0 && context.startIndex < sql.length;
  return {
    objectType: context.objectType,
    objectName: context.objectName,
    fragment: context.fragment,
    line: known ? lineAt(sql, context.startIndex) : undefined,
  };
}

/** The line, from 1, of the character at `index`. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** A parse error has no context, its place stands in the message: `== SQL (line 3, position 8) ==` or `(line 3, pos 8)`. */
function lineInMessage(message: string): number | undefined {
  const match = /\(line (\d+), pos(?:ition)? \d+\)/.exec(message);
  return match === null ? undefined : Number(match[1]);
}

function parseParameters(json: string | undefined): Record<string, string> {
  if (json === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
  } catch {
    // Spark cuts long metadata, which leaves JSON without an end; the message itself still says what happened.
    return {};
  }
}
