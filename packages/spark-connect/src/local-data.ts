import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ParallaxError } from '@parallax/core';
import { ArrowStreamBuilder } from './arrow/encode.ts';
import { cacheArtifact } from './artifacts.ts';
import { type Relation, RelationSchema } from './generated/spark/connect/relations_pb.js';
import { limits } from './limits.ts';
import type { Rpc } from './rpc.ts';
import { type StructType, typeToJson } from './types.ts';
import type { SparkValue } from './values.ts';

/**
 * Local rows as a relation: up to `localInlineBytesMax` inside the plan, above it as cached artifacts, each a whole Arrow stream
 * (ChunkedCachedLocalRelation). At most one chunk is in memory at a time; the rows are read once.
 */
export async function localRelation(rpc: Rpc, schema: StructType, rows: Iterable<readonly SparkValue[]>): Promise<Relation> {
  refuseRepeatedNames(schema);
  const schemaText = JSON.stringify(typeToJson(schema));
  const hashes: string[] = [];
  let total = 0;
  let builder = new ArrowStreamBuilder(schema);
  const flush = async () => {
    const stream = builder.finish();
    total += stream.length;
    if (total > limits.localTotalBytesMax) throw tooLarge();
    hashes.push(await cacheArtifact(rpc, stream));
    builder = new ArrowStreamBuilder(schema);
  };
  for (const row of rows) {
    if (builder.rows >= limits.localChunkRowsMax || builder.bytes >= limits.localChunkBytesMax) await flush();
    builder.append(row);
  }
  if (hashes.length === 0 && builder.bytes <= limits.localInlineBytesMax) {
    const data = builder.rows === 0 ? {} : { data: builder.finish() };
    return relation({ case: 'localRelation', value: { schema: schemaText, ...data } });
  }
  if (builder.rows > 0) await flush();
  const schemaHash = await cacheArtifact(rpc, new TextEncoder().encode(schemaText));
  return relation({ case: 'chunkedCachedLocalRelation', value: { dataHashes: hashes, schemaHash } });
}

function relation(relType: NonNullable<MessageInitShape<typeof RelationSchema>['relType']>): Relation {
  return create(RelationSchema, { relType });
}

function refuseRepeatedNames(schema: StructType): void {
  const names = schema.fields.map((field) => field.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined) return;
  throw new ParallaxError('PRLX_SPARK_DUPLICATE_COLUMN', `the schema of the local rows has more than one column named ${repeated}`, {
    exitCode: 2,
  });
}

function tooLarge(): ParallaxError {
  return new ParallaxError('PRLX_SPARK_LOCAL_TOO_LARGE', `the local rows need more than ${limits.localTotalBytesMax} bytes`, {
    advice: 'Write them to files that Spark reads.',
    exitCode: 2,
  });
}
