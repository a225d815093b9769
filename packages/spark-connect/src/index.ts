/** A Spark Connect client: see README.md. */
export { DecodedBatch, type DecodedColumn } from './batch.ts';
export { type ConnectOptions, connectSpark } from './connect.ts';
export { SparkConnectionError, SparkError, type SparkErrorCause, type SparkErrorContext } from './errors.ts';
export { limits as sparkConnectLimits } from './limits.ts';
export type { CommandMetrics, ExplainMode, RelationDefinition, SourceDefinition, SparkSession, StatementOptions } from './session.ts';
export type { SqlArg, SqlArgs } from './sql-args.ts';
export type { StreamingProgress, StreamingQuery, StreamingQueryDefinition, StreamingTrigger } from './streaming.ts';
export { type SparkType, type StructField, type StructType, structToDdl, typeToDdl } from './types.ts';
export {
  decimalFromString,
  decimalToString,
  isSparkDecimal,
  quoteIdentifier,
  quoteText,
  type Row,
  type SparkDecimal,
  type SparkStruct,
  type SparkValue,
} from './values.ts';
