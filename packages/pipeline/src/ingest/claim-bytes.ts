/** An id that an accepted event has claimed, and where that message lies. */
export interface ClaimedId {
  /** Its place in the project's streams. */
  readonly stream: number;
  readonly id: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** The entries of packed claims, whose layout the README of `packages/spark-functions` says. Throws RangeError where the bytes end too early. */
export function* claimsIn(bytes: Uint8Array): Iterable<ClaimedId> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const uvarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const next = buffer.readUInt8(at++);
      value |= BigInt(next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
  };
  while (at < buffer.length) {
    at += HASH_AND_TIME;
    const stream = Number(uvarint());
    const length = Number(uvarint());
    const id = buffer.toString('utf8', at, at + length);
    at += length + PAYLOAD_HASH;
    yield { stream, id, partition: Number(uvarint()), offset: uvarint() };
  }
}

const HASH_AND_TIME = 16;
const PAYLOAD_HASH = 8;
