import { randomUUID } from 'node:crypto';
import { connectSpark, type SparkSession } from '@parallax/spark-connect';

/** Java functions of `packages/spark-functions`: name in SQL, class, result type. */
const FUNCTIONS: readonly (readonly [name: string, className: string, type: string])[] = [
  ['prlx_parse', 'EventParser', 'STRUCT<reason: STRING, key: STRING, time: BIGINT, id: STRING, vals: BINARY, drift: ARRAY<STRING>>'],
  ['prlx_pane', 'Pane', 'BINARY'],
  ['prlx_merge', 'Merge', 'BINARY'],
  ['prlx_values', 'Values', 'ARRAY<BIGINT>'],
  ['prlx_div', 'Div', 'DECIMAL(38,12)'],
  ['prlx_decimal', 'DecimalText', 'DECIMAL(38,12)'],
  ['prlx_int_key', 'IntKey', 'STRING'],
  ['prlx_answer', 'Answer', 'ARRAY<STRUCT<key: STRING, vals: ARRAY<BIGINT>>>'],
  ['prlx_line', 'RecordingLine', 'STRUCT<partition: INT, offset: BIGINT, id: STRING, payload: BINARY>'],
  ['prlx_call', 'RecordingCall', 'STRUCT<at: BIGINT, ids: ARRAY<STRING>, attempt: INT, status: INT, body: STRING>'],
  ['prlx_score', 'Score', 'ARRAY<DECIMAL(38,12)>'],
];

export interface EngineOptions {
  /** `sc://host:port[/;use_ssl=true;token=…]` */
  readonly url: string;
  /** The jar that `packages/spark-functions` builds; it reaches the server as a session artifact. */
  readonly functionsJar: string;
  /** Fresh UUIDs for sessions and operations. */
  readonly newId?: () => string;
  /** Partitions of a shuffle: a small multiple of the engine's cores. */
  readonly shufflePartitions?: number;
}

/** Opens a session on a Spark Connect server and teaches it Parallax's functions. Any server will do: nothing is preset there. */
export async function openEngine(options: EngineOptions): Promise<SparkSession> {
  const newId = options.newId ?? randomUUID;
  const session = await connectSpark({ url: options.url, sessionId: newId(), newOperationId: newId });
  try {
    await session.setConf({
      'spark.sql.session.timeZone': 'UTC',
      'spark.sql.ansi.enabled': 'true',
      // `${…}` in a user's text is text.
      'spark.sql.variable.substitute': 'false',
      'spark.sql.shuffle.partitions': String(options.shufflePartitions ?? 4),
      'spark.sql.adaptive.enabled': 'false',
      'spark.sql.parquet.compression.codec': 'lz4_raw',
      'spark.sql.sources.default': 'parquet',
    });
    await session.addJar(options.functionsJar);
    for (const [name, className, type] of FUNCTIONS) {
      await session.registerJavaFunction(name, `dev.parallax.functions.${className}`, type);
    }
  } catch (error) {
    await session.close().catch(() => undefined);
    throw error;
  }
  return session;
}
