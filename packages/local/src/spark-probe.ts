import { randomUUID } from 'node:crypto';
import { connect } from 'node:http2';
import { ParallaxError } from '@parallax/core';

/**
 * Asks a Spark Connect server for its version (AnalyzePlan) and closes the session again (ReleaseSession).
 *
 * The two messages are written here by hand, a few fields of Spark's `base.proto`, so that a server can be probed before the client's
 * stubs have been generated from its jar.
 */
export async function probeSparkConnect(port: number, signal: AbortSignal): Promise<void> {
  const session = Buffer.concat([stringField(1, randomUUID()), bytesField(2, stringField(1, 'parallax'))]);
  const emptySparkVersion = bytesField(10, Buffer.alloc(0));
  await call(port, 'AnalyzePlan', Buffer.concat([session, emptySparkVersion]), signal);
  await call(port, 'ReleaseSession', session, signal);
}

/** A length-delimited field (wire type 2) of fewer than 128 bytes: https://protobuf.dev/programming-guides/encoding/ */
function bytesField(field: number, value: Buffer): Buffer {
  if (field > 15 || value.length > 127) throw new RangeError('a field number or length of more than one byte');
  return Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), value]);
}

const stringField = (field: number, value: string): Buffer => bytesField(field, Buffer.from(value, 'utf8'));

/** One unary gRPC call, its answer dropped: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
function call(port: number, method: string, message: Buffer, signal: AbortSignal): Promise<void> {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  const connection = connect(`http://127.0.0.1:${port}`);
  return new Promise<void>((resolve, reject) => {
    // These listeners stay for good: after the first outcome both may still emit an error, which then says nothing new.
    connection.on('error', reject);
    const stream = connection.request(
      { ':method': 'POST', ':path': `/spark.connect.SparkConnectService/${method}`, 'content-type': 'application/grpc', te: 'trailers' },
      { signal },
    );
    let status: unknown;
    let detail: unknown;
    const note = (headers: Record<string, unknown>): void => {
      status ??= headers['grpc-status'];
      detail ??= headers['grpc-message'];
    };
    stream.on('error', reject);
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('close', () => {
      if (status === '0') resolve();
      else reject(new ParallaxError('PRLX_SERVICE_PROBE', `${method}: gRPC status ${String(status)} ${String(detail ?? '')}`));
    });
    stream.resume();
    stream.end(Buffer.concat([prefix, message]));
  }).finally(() => connection.destroy());
}
