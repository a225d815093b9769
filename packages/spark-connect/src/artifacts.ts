import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { ParallaxError } from '@parallax/core';
import type { AddArtifactsRequestSchema } from './generated/spark/connect/base_pb.js';
import { limits } from './limits.ts';
import type { Rpc } from './rpc.ts';

/** The bytes of an artifact, in pieces; called again for every try. */
interface ArtifactSource {
  readonly name: string;
  readonly totalBytes: number;
  readonly pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Adds a local jar to the session: its classes can be registered as functions. The server refuses other bytes under a known name. */
export async function addJar(rpc: Rpc, path: string): Promise<void> {
  const name = basename(path);
  if (!name.endsWith('.jar')) throw badJar(path, 'its name does not end in .jar');
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch (cause) {
    throw badJar(path, 'it cannot be read', cause);
  }
  try {
    const { size } = await file.stat();
    if (size === 0) throw badJar(path, 'it is empty');
    const pieces = () => file.createReadStream({ autoClose: false, start: 0, highWaterMark: limits.artifactPieceBytes });
    await upload(rpc, { name: `jars/${name}`, totalBytes: size, pieces });
  } finally {
    await file.close();
  }
}

/**
 * Keeps `bytes` in the session under their SHA-256, which it returns; bytes that the session has are not sent again. The server
 * frees them with the session.
 */
export async function cacheArtifact(rpc: Rpc, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex');
  const name = `cache/${hash}`;
  const { statuses } = await rpc.unary((options) => rpc.client.artifactStatus({ ...rpc.header(), names: [name] }, options));
  if (statuses[name]?.exists !== true) await upload(rpc, { name, totalBytes: bytes.length, pieces: () => slices(bytes) });
  return hash;
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += limits.artifactPieceBytes) yield bytes.subarray(at, at + limits.artifactPieceBytes);
}

async function upload(rpc: Rpc, source: ArtifactSource): Promise<void> {
  const response = await rpc.unary((options) => rpc.client.addArtifacts(requests(rpc, source), options));
  const failed = response.artifacts.find((artifact) => !artifact.isCrcSuccessful);
  if (failed === undefined) return;
  throw new ParallaxError('PRLX_SPARK_ARTIFACT', `the artifact ${failed.name} arrived at ${rpc.display} with another checksum`, {
    retryable: true,
  });
}

type AddArtifacts = MessageInitShape<typeof AddArtifactsRequestSchema>;

async function* requests(rpc: Rpc, source: ArtifactSource): AsyncGenerator<AddArtifacts, void> {
  const numChunks = Math.ceil(source.totalBytes / limits.artifactPieceBytes);
  let first = true;
  for await (const data of source.pieces()) {
    const chunk = { data: new Uint8Array(data), crc: BigInt(crc32(data)) };
    if (numChunks === 1) {
      yield { ...rpc.header(), payload: { case: 'batch', value: { artifacts: [{ name: source.name, data: chunk }] } } };
    } else if (first) {
      const begin = { name: source.name, totalBytes: BigInt(source.totalBytes), numChunks: BigInt(numChunks), initialChunk: chunk };
      yield { ...rpc.header(), payload: { case: 'beginChunk', value: begin } };
    } else {
      yield { ...rpc.header(), payload: { case: 'chunk', value: chunk } };
    }
    first = false;
  }
}

function badJar(path: string, what: string, cause?: unknown): ParallaxError {
  return new ParallaxError('PRLX_SPARK_JAR', `cannot add ${path} to the Spark session: ${what}`, { cause, exitCode: 2 });
}
